"""What the contract suite must know of each sink to try it; a new sink is a line here.

A sink that can be set up in several ways has a line for each.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gateway.model.exchange import Response
from gateway.sinks.catalogue import SINKS
from gateway.sinks.sink import Sink

SECRET = "made-up-credential"
SIGNING = "whsec_bWFkZS11cC1zaWduaW5nLXNlY3JldC0x"


ACCEPTED = Response(status=202)


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """One sink, and the other end of it."""

    type: str = ""
    """Its type; empty: the name of its line."""
    section: Mapping[str, Any]
    """Minimal settings, its secrets all in."""
    host: str
    """The only one that it may talk to."""
    success: Response = ACCEPTED
    """The answer that means that it has the message; it stands for all that are asked for."""
    any_2xx: bool = True
    """Whether every 2xx without a body is a success."""
    scheme: str = "https"
    """How it is spoken to."""
    replies: Literal["http", "smtp"] = "http"
    """Whose numbers its answers have."""
    timeout: float = 15.0
    """Seconds, unless the settings say otherwise."""
    connects: bool = True
    """Whether the gateway itself makes its connections."""


SPECIMENS: Mapping[str, Specimen] = {
    "slack": Specimen(
        section={"url": f"https://hooks.slack.example/services/T0MADEUP/{SECRET}"},
        host="hooks.slack.example",
        success=Response(status=200, body=b"ok"),
        any_2xx=False,
    ),
    "slack-token": Specimen(
        type="slack",
        section={"token": SECRET, "channel": "C0MADEUP"},
        host="slack.com",
        success=Response(
            status=200, body=b'{"ok":true,"channel":"C0MADEUP","ts":"1790000000.000100"}'
        ),
        any_2xx=False,
    ),
    "teams": Specimen(
        section={"url": f"https://flows.logic.azure.example/workflows/{SECRET}?sig={SECRET}"},
        host="flows.logic.azure.example",
    ),
    "opsgenie": Specimen(
        section={"api_key": SECRET, "region": "eu", "responders": ["team:payments"]},
        host="api.eu.opsgenie.com",
    ),
    "pagerduty": Specimen(section={"routing_key": SECRET}, host="events.pagerduty.com"),
    "alertmanager": Specimen(
        section={"url": "https://alerts.example", "bearer": SECRET},
        host="alerts.example",
        success=Response(status=200),
    ),
    "http": Specimen(
        section={
            "url": f"https://siem.example/ingest/{SECRET}?key={SECRET}",
            "headers": {"X-Key": SECRET},
            "basic": {"username": "gateway", "password": SECRET},
            "sign": {"standard_webhooks": SIGNING},
        },
        host="siem.example",
    ),
    "email": Specimen(
        section={
            "host": "smtp.example",
            "username": "gateway",
            "password": SECRET,
            "from": "Gateway <gateway@corp.example>",
            "to": ["security@corp.example", "{{ labels.team }}@corp.example"],
        },
        host="smtp.example:587",
        success=Response(status=250, body=b"2.0.0 Ok: queued"),
        scheme="smtp",
        replies="smtp",
        timeout=60.0,
    ),
    "discord": Specimen(
        section={"url": f"https://discord.com/api/webhooks/123456789012345678/{SECRET}"},
        host="discord.com",
        success=Response(status=200, body=b'{"id":"223456789012345678","content":""}'),
        any_2xx=False,
    ),
    "googlechat": Specimen(
        section={
            "url": f"https://chat.googleapis.com/v1/spaces/AAAA/messages?key=k-{SECRET}&token={SECRET}"
        },
        host="chat.googleapis.com",
        success=Response(status=200, body=b'{"name":"spaces/AAAA/messages/B.B"}'),
        any_2xx=False,
    ),
    "mattermost": Specimen(
        section={"url": f"https://mattermost.example/hooks/{SECRET}"},
        host="mattermost.example",
        success=Response(status=200, body=b"ok"),
        any_2xx=False,
    ),
    "apprise": Specimen(
        section={"url": f"jsons://gateway:{SECRET}@push.example/{SECRET}"},
        host="",  # it may be a credential
        success=Response(status=200, body=b"sent"),
        scheme="jsons",
        connects=False,
    ),
}


def type_of(kind: str) -> str:
    """The type that a line's sink has."""
    return SPECIMENS[kind].type or kind


def built(kind: str, name: str = "made-up-name", **more: Any) -> Sink:
    """The sink of a line, with more settings."""
    section = {"type": type_of(kind), **SPECIMENS[kind].section, **more}
    of_type = SINKS[type_of(kind)]
    made: Sink = of_type.build(name, of_type.settings.model_validate(section))
    return made
