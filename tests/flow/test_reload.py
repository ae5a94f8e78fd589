"""Rules that change while the gateway works: nothing is lost, cancelled or told twice."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway import samples
from tests.flow.conftest import SECRET, Receiver, Running, configuration

Start = Callable[..., Awaitable[Receiver]]
Run = Callable[[Path], Awaitable[Running]]
RELOADS = 100
Changed = dict[str, Any]


def sections(siem: Receiver, number: int = 0) -> Changed:
    """A configuration that differs from the one before, each time in another way."""
    http: Changed = {"type": "http", "url": siem.url}
    sinks: Changed = {"siem": http}
    route: Changed = {"sinks": ["siem"], "group_by": ["finding"], "max_alerts": "1000/1h"}
    source: Changed = {"type": "snyk", "secrets": [SECRET]}
    match number % 5:
        case 1:
            sinks["spare"] = {"type": "http", "url": f"{siem.url}/spare"}
        case 2:
            route["routes"] = [{"name": f"kind-{number}", "matchers": ["severity = critical"]}]
        case 3:
            route["group_by"] = ["project.id"]
        case 4:
            http["template"] = "mine"
    if number % 2:
        source["secrets"] = ["another-secret-of-sixteen", SECRET]
    return {"sinks": sinks, "route": route, "sources": {"snyk": source}, "instance": "a"}


def write(folder: Path, siem: Receiver, number: int) -> None:
    templates = folder / "config" / "templates"
    templates.mkdir(exist_ok=True)
    text = f'{{"number": {number}, "project": {{"id": "{{{{ project.id }}}}"}}}}'
    fresh = folder / "mine.json.j2"
    fresh.write_text(text)
    fresh.replace(templates / "mine.json.j2")
    configuration(folder, **sections(siem, number))


async def test_a_hundred_reloads_under_load_lose_nothing_and_tell_nothing_twice(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem = await receiver(204, "")
    gateway = await run(configuration(tmp_path, **sections(siem)))

    async def load() -> None:
        for number in range(RELOADS):
            await gateway.send("new-critical", number=number)

    async def reload() -> Counter[str]:
        came = Counter[str]()
        for number in range(1, RELOADS + 1):
            write(tmp_path, siem, number)
            status, answer = await gateway.change("reload")
            assert status == 200, answer
            came[answer["status"]] += 1
        return came

    _, came = await asyncio.gather(load(), reload())

    sent = {sample_project(number) for number in range(RELOADS)}
    await gateway.until("/api/v1/events?status=pending", lambda page: not page["items"])
    for status in ("pending", "sending"):
        await gateway.until(f"/api/v1/deliveries?status={status}", lambda page: not page["items"])
    told = Counter(got.headers["webhook-id"] for got in siem.got)
    assert set(told.values()) == {1}
    assert {got.json["project"]["id"] for got in siem.got if "project" in got.json} == sent
    assert came.total() == RELOADS
    for status in ("dead", "cancelled"):
        assert (await gateway.admin(f"/api/v1/deliveries?status={status}"))["items"] == []


def sample_project(number: int) -> str:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return str(samples.bodies("new-critical", number=number, at=at)[0]["project"]["id"])


async def test_what_was_opened_under_rules_that_are_gone_is_closed_where_it_was_told(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    genie, siem = await receiver(202, '{"requestId": "r-1"}'), await receiver(204, "")
    oncall = {"type": "opsgenie", "api_key": "genie-key-genie-key", "url": genie.url}
    sinks = {"oncall": oncall, "siem": {"type": "http", "url": siem.url}}
    route = {"sinks": ["oncall"], "group_by": ["finding"]}
    gateway = await run(configuration(tmp_path, sinks=sinks, route=route))
    await gateway.send("new-critical")
    await gateway.settled(1)

    configuration(tmp_path, sinks=sinks, route={"sinks": ["siem"], "group_by": ["event"]})
    status, answer = await gateway.change("reload")
    await gateway.send("fixed", hours=1)

    assert (status, answer["status"]) == (200, "reloaded")
    opened, closed = await genie.wait_for(2)
    assert closed.path == f"/v2/alerts/{opened.json['alias']}/close"
    await gateway.settled(2)
    assert siem.got == []


async def test_a_broken_configuration_is_refused_and_the_old_one_goes_on(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem = await receiver(204, "")
    config = configuration(tmp_path, **sections(siem))
    gateway = await run(config)

    config.joinpath("gateway.yaml").write_text("route: {sinks: [nobody]}\n")
    status, problem = await gateway.change("reload")
    await gateway.send("new-critical")

    assert status == 409
    assert any("sources: no source" in each for each in problem["problems"]), problem
    await siem.wait_for(2)  # that it was refused, and the finding
    assert {"internal", "alert.opened"} <= {kind(got.json) for got in siem.got}
    metrics = await gateway.admin("/metrics")
    assert "gateway_config_reload_success 0.0" in metrics
    state = await gateway.admin("/api/v1/config")
    assert (state["source"], bool(state["error"])) == ("files", True)


def kind(said: Any) -> str:
    event = said.get("event") or {}
    return str(event.get("type") or said["type"])


async def test_a_failing_routing_test_keeps_new_rules_out(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem = await receiver(204, "")
    config = configuration(tmp_path, **sections(siem))
    gateway = await run(config)

    tests = config / "tests"
    tests.mkdir()
    (tests / "rules.yaml").write_text(
        "- name: nobody hears of it\n  event: {sample: new-critical}\n  expect_none: [siem]\n"
    )
    status, problem = await gateway.change("reload")

    assert status == 409
    assert any("routing test failed" in each for each in problem["problems"])


@pytest.mark.parametrize("how", ["atomic rename", "symbolic link"])
async def test_changed_files_are_noticed_without_a_signal(
    tmp_path: Path, receiver: Start, run: Run, how: str
) -> None:
    siem = await receiver(204, "")
    one, other = tmp_path / "one", tmp_path / "other"
    for folder, name in ((one, "before"), (other, "after")):
        folder.mkdir()
        rules = sections(siem)
        rules["route"]["routes"] = [{"name": name}]
        configuration(folder, **rules, store={"url": f"sqlite:///{tmp_path}/gateway.db"})
    link = tmp_path / "config"
    link.symlink_to(one / "config")
    gateway = await run(link)

    if how == "symbolic link":
        fresh = tmp_path / "fresh"
        fresh.symlink_to(other / "config")
        fresh.replace(link)
    else:
        (other / "config" / "gateway.yaml").replace(one / "config" / "gateway.yaml")

    routes = await gateway.until("/api/v1/routes", lambda said: "after" in str(said))
    assert "before" not in str(routes)
