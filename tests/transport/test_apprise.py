import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.errors import TransportError
from gateway.model.exchange import Notification, Response
from gateway.transport import apprise
from gateway.transport.apprise import notify, objection

SECRET = "made-up-credential"

# One of its plugins imports a part of the standard library that Python 3.13 has not.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@dataclass(slots=True)
class Service:
    """A web server on loopback that Apprise posts JSON to."""

    port: int = 0
    status: int = 200
    got: list[dict[str, Any]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        self.got.append(await request.json())
        await self.gate.wait()
        return web.Response(status=self.status)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    made = Service()
    made.gate.set()
    app = web.Application()
    app.router.add_post("/{any:.*}", made.answer)
    async with TestServer(app) as server:
        made.port = server.port or 0
        yield made


def notification(port: int, **changes: Any) -> Notification:
    said: dict[str, Any] = {
        "address": f"json://gateway:{SECRET}@127.0.0.1:{port}/{SECRET}",
        "title": "1 new",
        "text": "a <b> & file:///etc/passwd",
        "kind": "failure",
    }
    return Notification(**{**said, **changes})


async def test_a_notification_arrives_with_nothing_attached(service: Service) -> None:
    answer = await notify(notification(service.port))

    assert answer == Response(status=200, body=b"sent")
    (got,) = service.got
    assert (got["title"], got["message"]) == ("1 new", "a <b> & file:///etc/passwd")
    assert (got["type"], got["attachments"]) == ("failure", [])


@pytest.mark.parametrize("query", ["", "?retry=2&wait=0"])
async def test_what_fails_is_tried_once(service: Service, query: str) -> None:
    service.status = 500

    answer = await notify(
        notification(service.port, address=f"json://127.0.0.1:{service.port}/{query}")
    )

    assert answer.status == 502
    assert len(service.got) == 1


async def test_what_is_too_long_is_cut_and_sent_once(service: Service) -> None:
    answer = await notify(notification(service.port, text="x" * 100_000))

    assert answer.status == 200
    (got,) = service.got
    assert 0 < len(got["message"]) < 100_000


async def test_an_answer_that_does_not_come_is_an_ambiguous_timeout(service: Service) -> None:
    service.gate.clear()

    with pytest.raises(TransportError) as caught:
        await notify(notification(service.port, timeout=0.2))
    service.gate.set()

    assert (caught.value.reason, caught.value.ambiguous) == ("timeout", True)


async def test_nothing_that_it_logs_gets_out(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    service.status = 403

    answer = await notify(notification(service.port))
    await notify(notification(service.port, address=f"no-such://{SECRET}"))

    own = [each.getMessage() for each in caplog.records if each.name != "aiohttp.access"]
    assert SECRET not in str(own)
    assert SECRET.encode() not in answer.body


@pytest.mark.parametrize("address", [f"no-such://{SECRET}", "tgram://", "https://"])
async def test_an_address_that_it_cannot_use_is_a_problem_and_refused(address: str) -> None:
    said = objection(address)

    assert said is not None
    assert "knows no such service" in said
    assert (await notify(notification(9, address=address))).status == 400


@pytest.mark.parametrize("address", ["ntfys://push.example/topic", "unset-PUSH-placeholder"])
def test_an_address_that_it_can_use_is_none(address: str) -> None:
    assert objection(address) is None


async def test_without_the_library_there_is_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apprise, "_library", lambda: None)

    assert objection("ntfys://push.example/topic") == (
        "Apprise is not installed: pip install 'snyk-gateway[apprise]'"
    )
    assert (await notify(notification(9))).status == 400


async def test_a_plugin_that_breaks_is_refused(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        class Broken:
            async def async_notify(self, **_: Any) -> bool:
                raise KeyError(SECRET)

        return Broken()

    monkeypatch.setattr(apprise, "_service", broken)

    answer = await notify(notification(service.port))

    assert answer == Response(status=400, body=b"Apprise failed: KeyError")
