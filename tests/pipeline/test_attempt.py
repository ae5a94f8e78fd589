from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import pytest

from gateway.clock import SystemClock
from gateway.errors import TransportError
from gateway.model.delivery import Told
from gateway.model.exchange import AnyRequest, Delivered, Message, Recorded, Request, Response
from gateway.model.secret import Concealed
from gateway.pipeline.attempt import exchange
from gateway.sinks.http import Http
from gateway.sinks.http_settings import HttpSettings
from gateway.sinks.sink import Exchange, Sink
from tests.pipeline.conftest import Build

PROXY = "http://user:a-secret-of-the-proxy@proxy.example:3128"
MESSAGE = Message(action="create", alias="a1", identity="1d", timestamp=1, body="{}")


async def test_every_request_of_a_sink_goes_through_its_proxy(build: Build) -> None:
    parts = build(
        f"sinks: {{siem: {{type: http, url: 'https://siem.example/', proxy: '{PROXY}'}}}}\n"
        "route: {sinks: [siem]}\n"
    )
    sent: list[AnyRequest] = []

    async def send(request: AnyRequest) -> Response:
        sent.append(request)
        return Response(status=200)

    outcome = await exchange(parts.sinks["siem"], MESSAGE, Told(), send, clock=SystemClock())

    assert isinstance(outcome, Delivered)
    assert [each.proxy.reveal() for each in sent if isinstance(each, Request) and each.proxy] == [
        PROXY
    ]
    assert parts.redaction(f"cannot connect to {PROXY}") == "cannot connect to **********"


async def test_every_request_of_a_sink_is_secured_by_its_files() -> None:
    tls = {"ca": "ca.pem", "certificate": "cert.pem", "key": "key.pem"}
    section = {"type": "http", "url": "https://siem.example/", "tls": tls}
    sink = Http("siem", HttpSettings.model_validate(section))
    sent: list[AnyRequest] = []

    async def send(request: AnyRequest) -> Response:
        sent.append(request)
        return Response(status=200)

    await exchange(sink, MESSAGE, Told(), send, clock=SystemClock())

    assert [
        [path.name for path in each.tls.paths]
        for each in sent
        if isinstance(each, Request) and each.tls
    ] == [["ca.pem", "cert.pem", "key.pem"]]


class _Twice:
    """A sink of two requests, the second one later."""

    def __init__(self, sink: Sink) -> None:
        self.settings = sink.settings

    def deliver(self, message: Message, receipt: Mapping[str, str] | None) -> Exchange:
        del message, receipt
        yield Request(method="POST", url=Concealed("https://ops.example/"))
        yield Request(method="GET", url=Concealed("https://ops.example/1"), after=2.5)
        return Delivered()


class _Slept(SystemClock):
    """Notes how long it was asked to sleep."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def test_a_request_waits_as_long_as_its_sink_says(build: Build) -> None:
    parts = build(
        "sinks: {siem: {type: http, url: 'https://siem.example/'}}\nroute: {sinks: [siem]}\n"
    )
    clock, sent = _Slept(), []

    async def send(request: AnyRequest) -> Response:
        sent.append((request.method, list(clock.slept)))
        return Response(status=200)

    sink = cast("Sink", _Twice(parts.sinks["siem"]))
    await exchange(sink, MESSAGE, Told(), send, clock=clock)

    assert sent == [("POST", []), ("GET", [2.5])]


class _Forgiving(_Twice):
    """A sink whose second request may go unanswered."""

    def deliver(self, message: Message, receipt: Mapping[str, str] | None) -> Exchange:
        del message, receipt
        yield Request(method="POST", url=Concealed("https://ops.example/"))
        try:
            yield Request(method="GET", url=Concealed("https://ops.example/1"))
        except TransportError as error:
            return Delivered(detail=error.reason)
        return Delivered()


@pytest.mark.parametrize(("unanswered", "detail"), [("GET", "timeout"), ("POST", None)])
async def test_a_sink_may_go_on_without_an_answer(
    build: Build, unanswered: str, detail: str | None
) -> None:
    parts = build(
        "sinks: {siem: {type: http, url: 'https://siem.example/'}}\nroute: {sinks: [siem]}\n"
    )

    async def send(request: AnyRequest) -> Response:
        if request.method == unanswered:
            raise TransportError("timeout", "no answer")
        return Response(status=200)

    sink = cast("Sink", _Forgiving(parts.sinks["siem"]))
    trying = exchange(sink, MESSAGE, Told(), send, clock=SystemClock())

    if detail is None:
        with pytest.raises(TransportError):
            await trying
    else:
        assert await trying == Delivered(detail=detail)


async def test_a_sink_that_records_sends_nothing_and_shows_what_it_would_have_sent(
    build: Build,
) -> None:
    parts = build(
        "sinks: {siem: {type: http, url: 'https://siem.example/a-secret-path', mode: record}}\n"
        "route: {sinks: [siem]}\n"
    )

    async def send(_request: AnyRequest) -> Response:
        raise AssertionError("nothing is sent")

    outcome = await exchange(parts.sinks["siem"], MESSAGE, Told(), send, clock=SystemClock())

    assert outcome == Recorded(detail="POST https://siem.example/**********\n{}")


async def test_a_mail_that_is_only_recorded_shows_its_server_and_content(build: Build) -> None:
    parts = build(
        "sinks: {people: {type: email, host: smtp.example, from: a@corp.example, "
        "to: [b@corp.example], mode: record}}\nroute: {sinks: [people]}\n"
    )
    message = replace(MESSAGE, body="1 new", values={"to": ["b@corp.example"]})

    async def send(_request: AnyRequest) -> Response:
        raise AssertionError("nothing is sent")

    outcome = await exchange(parts.sinks["people"], message, Told(), send, clock=SystemClock())

    assert isinstance(outcome, Recorded)
    assert outcome.detail.startswith(
        "MAIL smtp://smtp.example:587/**********\nFrom: a@corp.example"
    )
    assert "Subject: 1 new" in outcome.detail
