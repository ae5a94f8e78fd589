"""Alertmanager: what is posted, and where its program is at hand, what becomes of it."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import ValidationError

from gateway.codec import decode, encode
from gateway.errors import Blocked, TransportError
from gateway.model.delivery import Action
from gateway.model.exchange import (
    Delivered,
    Message,
    Outcome,
    Refused,
    Request,
    Response,
    TryAgain,
)
from gateway.sinks.alertmanager import Alertmanager, AlertmanagerSettings
from tests.exchanges import exchanged
from tests.rendering.conftest import HOSTILE, finding, notice
from tests.rendering.test_shapes import SHAPES, rendered

PROGRAM = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
URL = "http://alerts.example"
ALIAS = "a1" * 32
OPENED = {
    "labels": {"alertname": "SnykFindings", "severity": "high", "route": "root", "org": ""},
    "annotations": {"summary": "1 new issue", "open": ""},
    "startsAt": "2026-09-21T14:00:00Z",
    "generatorURL": "https://app.snyk.example/p",
}
WORSE = {**OPENED, "labels": {"severity": "critical"}, "annotations": {"summary": "2 issues"}}
TAKEN = Response(status=200)
Make = Callable[..., Message]
Run = Callable[..., tuple[list[Any], Outcome]]


def alertmanager(**settings: Any) -> Alertmanager:
    section = {"type": "alertmanager", "url": URL, **settings}
    return Alertmanager("alerts", AlertmanagerSettings.model_validate(section))


def told(
    sink: Alertmanager,
    message: Message,
    receipt: Mapping[str, str] | None = None,
    answer: Response = TAKEN,
) -> tuple[dict[str, Any], Outcome]:
    """The alert that is posted, and the outcome."""
    (request,), outcome = exchanged(sink.deliver(message, receipt), answer)
    (alert,) = decode(request.body)
    return alert, outcome


def test_an_open_alert_has_its_labels_and_an_end_that_is_far_away(message: Make) -> None:
    sink = alertmanager(labels={"team": "payments"})
    opened = message(body=encode(OPENED).decode(), values=sink.values)

    alert, outcome = told(sink, opened)

    assert alert == {
        "labels": {
            "alertname": "SnykFindings",
            "severity": "high",
            "route": "root",
            "alert": ALIAS,
            "team": "payments",
        },
        "annotations": {"summary": "1 new issue"},
        "startsAt": "2026-09-21T14:00:00Z",
        "endsAt": "2036-09-18T14:13:20Z",
        "generatorURL": "https://app.snyk.example/p",
    }
    assert isinstance(outcome, Delivered)


def test_what_changes_is_told_under_the_labels_that_it_was_opened_with(message: Make) -> None:
    sink = alertmanager()
    first, outcome = told(sink, message(body=encode(OPENED).decode()))
    assert isinstance(outcome, Delivered)

    worse = message(action="update", body=encode(WORSE).decode())
    second, _ = told(sink, worse, outcome.receipt)
    fixed = message(action="close", body=encode(WORSE).decode())
    third, _ = told(sink, fixed, outcome.receipt)

    assert first["labels"] == second["labels"] == third["labels"]
    assert second["annotations"] == {"summary": "2 issues"}
    assert third["endsAt"] == "2026-09-21T14:13:20Z"


def test_an_alert_that_may_have_been_opened_can_be_closed(message: Make) -> None:
    first, outcome = told(
        alertmanager(), message(body=encode(OPENED).decode()), answer=Response(status=503)
    )

    fixed = message(action="close", body=encode(WORSE).decode())
    closed, _ = told(alertmanager(), fixed, getattr(outcome, "receipt", None))

    assert closed["labels"] == first["labels"]


def test_labels_are_kept_over_a_try_that_got_no_answer(message: Make) -> None:
    opened = message(body=encode(OPENED).decode())
    steps = alertmanager().deliver(opened, None)
    next(steps)

    with pytest.raises(StopIteration) as stop:
        steps.throw(TransportError("timeout", "no answer", ambiguous=True))

    outcome = stop.value.value
    assert isinstance(outcome, TryAgain)
    assert (outcome.reason, outcome.ambiguous) == ("timeout", True)
    assert '"severity":"high"' in (outcome.receipt or {})["labels"]


def test_an_address_that_may_not_be_reached_is_the_pipelines_affair(message: Make) -> None:
    steps = alertmanager().deliver(message(), None)
    next(steps)

    with pytest.raises(Blocked):
        steps.throw(Blocked("denied"))


STARTS = ["2026-09-21T14:13:20.700000+00:00", "2126-01-01T00:00:00Z", "2026-09-21T14:00", "", None]


@pytest.mark.parametrize("text", STARTS)
@pytest.mark.parametrize("action", ["create", "close"])
def test_an_alert_starts_now_at_the_latest(message: Make, action: str, text: str | None) -> None:
    """Alertmanager refuses one that ends before it starts, and it would stay open."""
    body = encode({**OPENED, "startsAt": text}).decode()

    alert, _ = told(alertmanager(), message(action=action, body=body))

    assert alert["startsAt"] == "2026-09-21T14:13:20Z"


def test_what_nobody_will_close_has_no_end_of_ours(message: Make) -> None:
    alert, _ = told(alertmanager(), message(body=encode({**OPENED, "once": True}).decode()))

    assert not {"startsAt", "endsAt"} & alert.keys()


@pytest.mark.parametrize("link", ["no url", "https://x.example/%zz", "javascript:alert(1)", 7])
def test_a_link_that_is_no_url_is_left_out_and_said(message: Make, link: object) -> None:
    made = message(body=encode({**OPENED, "generatorURL": link}).decode())

    alert, _ = told(alertmanager(), made)

    assert "generatorURL" not in alert
    assert alertmanager().faults(made) == ["generatorURL is no URL; it is left out"]


@pytest.mark.parametrize(
    ("settings", "header"),
    [
        ({}, None),
        ({"bearer": "made-up-token"}, "Bearer made-up-token"),
        ({"basic": {"username": "u", "password": "made-up"}}, "Basic dTptYWRlLXVw"),
    ],
)
def test_the_credential_is_a_header(
    message: Make, exchange: Run, settings: dict[str, Any], header: str | None
) -> None:
    (request,), _ = exchange(alertmanager(**settings), message(), Response(status=200))

    assert request.headers.get("Authorization") == header


def test_two_credentials_are_a_problem() -> None:
    with pytest.raises(ValidationError, match="exclude each other"):
        alertmanager(bearer="t", basic={"username": "u", "password": "p"})


def test_a_label_that_alertmanager_would_refuse_is_left_out(message: Make) -> None:
    made = {"labels": {"bad-name": "x", "good": 7}, "annotations": "none"}

    alert, _ = told(alertmanager(), message(body=encode(made).decode()))

    assert alert["labels"] == {"alertname": "SnykFindings", "good": "7", "alert": ALIAS}
    assert alert["annotations"] == {}


def test_a_message_that_is_no_object_is_refused_unsent(message: Make, exchange: Run) -> None:
    requests, outcome = exchange(alertmanager(), message(body="[]"), Response(status=200))

    assert requests == []
    assert isinstance(outcome, Refused)


@pytest.mark.parametrize("name", ["bad-name", "alertname", "alert", "1st"])
def test_a_label_that_cannot_be_set_is_a_problem(name: str) -> None:
    with pytest.raises(ValidationError, match="not a label of yours"):
        alertmanager(labels={name: "x"})


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[str]:
    """The address of a real Alertmanager that tells nobody."""
    if PROGRAM is None:
        pytest.skip("Alertmanager is not installed: apt-get install prometheus-alertmanager")
    (tmp_path / "am.yml").write_text("route: {receiver: none}\nreceivers: [{name: none}]\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"127.0.0.1:{port}"
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        f"--config.file={tmp_path / 'am.yml'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
        f"--storage.path={tmp_path}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(30), aiohttp.ClientSession() as client:
            while True:
                with suppress(aiohttp.ClientError):
                    if (await client.get(f"http://{address}/-/ready")).status == 200:
                        break
                await asyncio.sleep(0.1)
        yield f"http://{address}"
    finally:
        process.terminate()
        await process.wait()


async def post(sink: Alertmanager, message: Message, receipt: Mapping[str, str] | None) -> Outcome:
    """The outcome of one exchange with a real server."""
    steps = sink.deliver(message, receipt)
    request: Request = next(steps)
    async with (
        aiohttp.ClientSession() as client,
        client.post(request.url.reveal(), data=request.body, headers=request.headers) as answer,
    ):
        response = Response(status=answer.status, body=await answer.read())
    with pytest.raises(StopIteration) as stop:
        steps.send(response)
    outcome: Outcome = stop.value.value
    return outcome


async def firing(server: str) -> list[dict[str, Any]]:
    """The alerts that are open."""
    async with (
        aiohttp.ClientSession() as client,
        client.get(f"{server}/api/v2/alerts?active=true") as answer,
    ):
        found: list[dict[str, Any]] = await answer.json()
    return found


async def test_a_real_alertmanager_opens_changes_and_closes_one_alert(
    server: str, message: Make
) -> None:
    sink = alertmanager(url=server)
    now = datetime.now(UTC)
    opened = {**OPENED, "startsAt": (now - timedelta(minutes=1)).isoformat()}
    worse = {**WORSE, "startsAt": opened["startsAt"]}
    receipt: Mapping[str, str] | None = None
    seen = []

    for action, made in (("create", opened), ("update", worse), ("close", worse)):
        body = encode(made).decode()
        said = message(action=action, body=body, timestamp=int(now.timestamp()))
        outcome = await post(sink, said, receipt)
        assert isinstance(outcome, Delivered), outcome
        receipt = outcome.receipt
        seen.append([each["annotations"]["summary"] for each in await firing(server)])

    assert seen == [["1 new issue"], ["2 issues"], []]


async def test_a_real_alertmanager_closes_what_opened_in_the_same_second(
    server: str, message: Make
) -> None:
    second = int(datetime.now(UTC).timestamp())
    start = datetime.fromtimestamp(second + 0.7, UTC).isoformat()
    body = encode({**OPENED, "startsAt": start}).decode()

    for action in ("create", "close"):
        told = message(action=action, body=body, timestamp=second)
        assert isinstance(await post(alertmanager(url=server), told, None), Delivered)

    assert await firing(server) == []


async def test_a_real_alertmanager_ends_by_itself_what_nobody_closes(
    server: str, message: Make
) -> None:
    now = int(datetime.now(UTC).timestamp())
    told = message(body=encode({**OPENED, "once": True}).decode(), timestamp=now)

    assert isinstance(await post(alertmanager(url=server), told, None), Delivered)

    (alert,) = await firing(server)
    began, ends = (datetime.fromisoformat(alert[key]) for key in ("startsAt", "endsAt"))
    assert ends - began < timedelta(minutes=10)


@pytest.mark.parametrize("action", ["create", "update", "close"])
async def test_a_real_alertmanager_takes_every_shape_of_the_built_in_message(
    server: str, message: Make, action: Action
) -> None:
    some = [finding(each, title=HOSTILE * 9) for each in range(30)]
    made = notice(action, findings=[] if action == "close" else some, fixed=some, name=HOSTILE)
    now = int(datetime.now(UTC).timestamp())

    for number, shape in enumerate(SHAPES.values()):
        body = rendered(shape(made), "alertmanager")
        told = message(action=action, alias=f"{number:064}", body=body, timestamp=now)
        assert isinstance(await post(alertmanager(url=server), told, None), Delivered)
