"""Which stand-in stands for which sink."""

from collections.abc import Callable, Mapping
from typing import Any

from gateway.clock import Clock
from gateway.errors import CannotStart
from gateway.web.standins.http import Http
from gateway.web.standins.opsgenie import Opsgenie
from gateway.web.standins.slack import Slack
from gateway.web.standins.slack_web import SlackWeb
from gateway.web.standins.standin import Standin

Settings = Mapping[str, Any]


def standins_for(sinks: Mapping[str, Settings], clock: Clock) -> dict[str, Standin]:
    """A stand-in for every sink, by its name."""
    return {name: _standin(name, settings, clock) for name, settings in sinks.items()}


def _standin(name: str, settings: Settings, clock: Clock) -> Standin:
    build = _STANDINS.get(str(settings.get("type")))
    if build is None:
        raise CannotStart(f"the demo has no stand-in for {name}, a sink of type {settings['type']}")
    return build(settings, clock)


def _http(settings: Settings, clock: Clock) -> Standin:
    sign = settings.get("sign") or {}
    return Http(str(sign.get("standard_webhooks") or ""), lambda: clock.now().timestamp())


def _slack(settings: Settings, _clock: Clock) -> Standin:
    token = settings.get("token")
    return SlackWeb(str(token)) if token else Slack()


_STANDINS: Mapping[str, Callable[[Settings, Clock], Standin]] = {
    "slack": _slack,
    "opsgenie": lambda settings, _clock: Opsgenie(str(settings.get("api_key", ""))),
    "http": _http,
}
