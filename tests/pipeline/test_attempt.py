from gateway.model.delivery import Told
from gateway.model.exchange import Delivered, Message, Recorded, Request, Response
from gateway.pipeline.attempt import exchange
from tests.pipeline.conftest import Build

PROXY = "http://user:a-secret-of-the-proxy@proxy.example:3128"
MESSAGE = Message(action="create", alias="a1", identity="1d", timestamp=1, body="{}")


async def test_every_request_of_a_sink_goes_through_its_proxy(build: Build) -> None:
    parts = build(
        f"sinks: {{siem: {{type: http, url: 'https://siem.example/', proxy: '{PROXY}'}}}}\n"
        "route: {sinks: [siem]}\n"
    )
    sent: list[Request] = []

    async def send(request: Request) -> Response:
        sent.append(request)
        return Response(status=200)

    outcome = await exchange(parts.sinks["siem"], MESSAGE, Told(), send)

    assert isinstance(outcome, Delivered)
    assert [each.proxy.reveal() for each in sent if each.proxy] == [PROXY]
    assert parts.redaction(f"cannot connect to {PROXY}") == "cannot connect to **********"


async def test_a_sink_that_records_sends_nothing_and_shows_what_it_would_have_sent(
    build: Build,
) -> None:
    parts = build(
        "sinks: {siem: {type: http, url: 'https://siem.example/a-secret-path', mode: record}}\n"
        "route: {sinks: [siem]}\n"
    )

    async def send(_request: Request) -> Response:
        raise AssertionError("nothing is sent")

    outcome = await exchange(parts.sinks["siem"], MESSAGE, Told(), send)

    assert outcome == Recorded(detail="POST https://siem.example/**********\n{}")
