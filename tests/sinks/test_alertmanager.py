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
from gateway.model.exchange import Delivered, Message, Outcome, Refused, Request, Response
from gateway.sinks.alertmanager import Alertmanager, AlertmanagerSettings

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
Make = Callable[..., Message]
Run = Callable[..., tuple[list[Any], Outcome]]


def alertmanager(**settings: Any) -> Alertmanager:
    section = {"type": "alertmanager", "url": URL, **settings}
    return Alertmanager("alerts", AlertmanagerSettings.model_validate(section))


def told(
    sink: Alertmanager,
    message: Message,
    receipt: Mapping[str, str] | None = None,
    answer: Response = Response(status=200),  # noqa: B008 - immutable
) -> tuple[dict[str, Any], Outcome]:
    """The alert that is posted, and the outcome."""
    steps = sink.deliver(message, receipt)
    request: Request = next(steps)
    (alert,) = decode(request.body)
    try:
        steps.send(answer)
    except StopIteration as stop:
        return alert, stop.value
    raise AssertionError("one request is enough")


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
    async with asyncio.timeout(30), aiohttp.ClientSession() as client:
        while True:
            with suppress(aiohttp.ClientError):
                if (await client.get(f"http://{address}/-/ready")).status == 200:
                    break
            await asyncio.sleep(0.1)
    yield f"http://{address}"
    process.terminate()
    await process.wait()


async def test_a_real_alertmanager_opens_changes_and_closes_one_alert(
    server: str, message: Make
) -> None:
    sink = alertmanager(url=server)
    now = datetime.now(UTC)
    opened = {**OPENED, "startsAt": (now - timedelta(minutes=1)).isoformat()}
    worse = {**WORSE, "startsAt": opened["startsAt"]}
    receipt: Mapping[str, str] | None = None
    seen = []

    async with aiohttp.ClientSession() as client:
        for action, made in (("create", opened), ("update", worse), ("close", worse)):
            body = encode(made).decode()
            said = message(action=action, body=body, timestamp=int(now.timestamp()))
            steps = sink.deliver(said, receipt)
            request: Request = next(steps)
            async with client.post(
                request.url.reveal(), data=request.body, headers=request.headers
            ) as answer:
                with pytest.raises(StopIteration) as stop:
                    steps.send(Response(status=answer.status, body=await answer.read()))
            outcome = stop.value.value
            assert isinstance(outcome, Delivered), outcome
            receipt = outcome.receipt
            async with client.get(f"{server}/api/v2/alerts") as answer:
                seen.append([each["annotations"]["summary"] for each in await answer.json()])

    assert seen == [["1 new issue"], ["2 issues"], []]
