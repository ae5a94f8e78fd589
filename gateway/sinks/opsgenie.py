"""Opsgenie's alerts, and those of its successor Jira Service Management: one per alias.

https://docs.opsgenie.com/docs/alert-api and
https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v2/api-group-integration-events
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import quote

from pydantic import AfterValidator, Field

from gateway.codec import decode, encode
from gateway.errors import Unreadable
from gateway.model.delivery import Action
from gateway.model.exchange import Delivered, Message, Outcome, Refused, Request, Response, TryAgain
from gateway.model.secret import Concealed
from gateway.settings.secrets import Secret
from gateway.settings.section import NotYet
from gateway.settings.types import HttpUrl, SecretText, problem
from gateway.sinks.alert_fields import fit, responder
from gateway.sinks.headers import unsound
from gateway.sinks.sink import Exchange, Format, SinkSettings
from gateway.sinks.status import judge, retry_after

ADDRESSES = {
    "us": ("https://api.opsgenie.com", "/v2/alerts"),
    "eu": ("https://api.eu.opsgenie.com", "/v2/alerts"),
    "jsm": ("https://api.atlassian.com", "/jsm/ops/integration/v2/alerts"),
}
STEPS: Mapping[Action, str] = {
    "create": "",
    "update": "/{alias}/notes?identifierType=alias",
    "close": "/{alias}/close?identifierType=alias",
}
PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
BY_SEVERITY = {"critical": "P1", "high": "P2", "medium": "P3", "low": "P4"}
# Key, plan, right or region: no other alert would get through either.
ENDPOINT = frozenset({401, 402, 403})


def _responder(text: str) -> str:
    if "{{" not in text and responder(text) is None:
        raise problem("not a responder; write team:NAME, user:…, schedule:… or escalation:…")
    return text


def _priority(text: str) -> str:
    if "{{" not in text and text not in PRIORITIES:
        raise problem("not a priority; write P1, P2, P3, P4 or P5")
    return text


class OpsgenieSettings(SinkSettings):
    """An API integration of Opsgenie, or of Jira Service Management (`region: jsm`)."""

    type: Literal["opsgenie"]
    api_key: SecretText
    region: Literal["us", "eu", "jsm"] = "us"
    url: HttpUrl | None = Field(default=None, repr=False, description="Replaces the address")
    responders: list[Annotated[str, AfterValidator(_responder)]] = Field(default_factory=list)
    priority: Annotated[str, AfterValidator(_priority)] | None = None
    tags: list[str] = Field(default_factory=list)
    details: dict[str, str] = Field(default_factory=dict, repr=False)
    verify: NotYet = None


class Opsgenie:
    """Creates an alert, adds notes to it, closes it; the alias says which."""

    type: ClassVar[str] = "opsgenie"
    format: ClassVar[Format] = "json"
    lifecycle: ClassVar[bool] = True
    max_wait: ClassVar[float] = 120.0
    lane = ""
    requests: ClassVar[int] = 1

    def __init__(self, name: str, settings: OpsgenieSettings) -> None:
        self.name = name
        self.settings: SinkSettings = settings
        self.send_resolved = settings.send_resolved is not False
        self._key = settings.api_key
        base, path = ADDRESSES[settings.region]
        self._url = (settings.url or base).rstrip("/") + path
        chosen = settings.model_dump(include={"responders", "priority", "tags", "details"})
        self._values = {key: value for key, value in chosen.items() if value}

    @property
    def values(self) -> Mapping[str, Any]:
        """Responders, priority, tags and details, as far as they are set."""
        return self._values

    def deliver(self, message: Message, receipt: Mapping[str, str] | None) -> Exchange:
        """One POST, for which the alias is enough: no receipt is needed."""
        del receipt
        made = _made(message)
        headers = {
            "Authorization": f"GenieKey {self._key.reveal()}",
            "Content-Type": "application/json",
        }
        if made is None:
            return Refused(reason="bad_request", detail="the message is not a JSON object")
        if refusal := unsound(headers):
            return refusal
        response = yield Request(
            method="POST",
            url=Concealed(self._url + STEPS[message.action].format(alias=quote(message.alias, ""))),
            headers=headers,
            body=encode(payload(message, made)[0]),
            timeout=self.settings.timeout,
        )
        return outcome(response, message=message, key=self._key)

    def faults(self, message: Message) -> list[str]:
        """What Opsgenie's limits would cut or refuse."""
        made = _made(message)
        return ["the message is not a JSON object"] if made is None else payload(message, made)[1]


def payload(message: Message, made: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The body of the request: the template's fields and the settings', and what was cut."""
    if message.action != "create":
        note = made.get("note") or made.get("message") or "Changed at Snyk"
        return fit({"note": note, "source": made.get("source")})
    values = message.values
    fitted, faults = fit(
        {
            **made,
            "message": made.get("message") or "Snyk alert",
            "responders": values.get("responders"),
            "tags": [*_list(made.get("tags")), *_list(values.get("tags"))],
            "details": {**_map(made.get("details")), **_map(values.get("details"))},
        }
    )
    priority = values.get("priority")
    if priority not in PRIORITIES:
        priority = BY_SEVERITY.get(message.severity, "P3")
    return {**fitted, "alias": message.alias, "priority": priority}, faults


def outcome(response: Response, *, message: Message, key: Secret) -> Outcome:
    """What the answer means; 202 is a promise, its request id the receipt."""
    judged = judge(response, now=message.timestamp, secrets=[key])
    match judged:
        case Delivered():
            return replace(judged, receipt=_receipt(response))
        case TryAgain(reason="rate_limited", retry_after=None):
            period = {"retry-after": response.headers.get("x-ratelimit-period-in-sec", "")}
            return replace(judged, retry_after=retry_after(period, message.timestamp))
        case Refused():
            # A 404 once the alert exists may mean this alert only.
            missing = message.action == "create" and judged.endpoint
            return replace(judged, endpoint=missing or response.status in ENDPOINT)
    return judged


def _receipt(response: Response) -> dict[str, str] | None:
    answer = _object(response.body)
    request_id = answer.get("requestId") if answer else None
    return {"request_id": request_id} if isinstance(request_id, str) else None


def _made(message: Message) -> dict[str, Any] | None:
    return _object(message.body)


def _object(text: str | bytes) -> dict[str, Any] | None:
    try:
        value = decode(text)
    except Unreadable:
        return None
    return value if isinstance(value, dict) else None


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _map(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}
