from gateway.model.delivery import Told
from gateway.model.exchange import Delivered, Message, Request, Response
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
