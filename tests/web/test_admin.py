from typing import Any

from gateway.metrics import Metrics


async def test_prometheus_reads_the_metrics(admin: Any, metrics: Metrics) -> None:
    metrics.template_errors.inc()

    answer = await (await admin()).get("/metrics")

    assert answer.status == 200
    assert answer.content_type == "text/plain"
    assert "gateway_template_errors_total 1.0" in await answer.text()


async def test_readiness_names_its_parts(admin: Any, readiness: Any) -> None:
    client = await admin()
    ready = await client.get("/readyz")
    assert (ready.status, await ready.json()) == (200, {"store": True, "configuration": True})

    readiness.parts["store"] = False
    unready = await client.get("/readyz")
    assert (unready.status, await unready.json()) == (
        503,
        {"store": False, "configuration": True},
    )


async def test_health_is_the_process(admin: Any, readiness: Any) -> None:
    readiness.parts["store"] = False

    assert (await (await admin()).get("/healthz")).status == 200


async def test_another_method_is_a_problem_with_the_right_ones(admin: Any) -> None:
    answer = await (await admin()).options("/metrics")

    assert (answer.status, answer.headers["Allow"]) == (405, "GET,HEAD")
    assert answer.content_type == "application/problem+json"
