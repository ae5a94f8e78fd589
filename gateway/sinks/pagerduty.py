"""PagerDuty's Events API v2: one alert per dedup key, triggered, told again and resolved.

https://developer.pagerduty.com/docs/events-api-v2-overview
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from gateway.codec import decode, encode
from gateway.errors import Unreadable
from gateway.model.exchange import Message, Refused, Request
from gateway.model.limits import cut
from gateway.model.secret import Concealed
from gateway.settings.types import HttpUrl, RateText, SecretText, problem
from gateway.sinks.sink import Exchange, Format, SinkSettings
from gateway.sinks.status import judge

ADDRESSES = {"us": "https://events.pagerduty.com", "eu": "https://events.eu.pagerduty.com"}
PATH = "/v2/enqueue"
SEVERITIES = ("critical", "error", "warning", "info")
BY_SEVERITY = {"critical": "critical", "high": "error", "medium": "warning", "low": "info"}
MAX_SUMMARY = 1024
MAX_BYTES = 512 * 1000
"""Of a whole event; the documentation says 512 KB."""
# No limits are published for these; they are names of things, and are shown in a narrow column.
_MAX_NAME = 255
_NAMES = ("component", "group", "class")
_MAX_LINKS = 10

Json = dict[str, Any]


def _severity(text: str) -> str:
    if "{" not in text and text not in SEVERITIES:
        raise problem("not a severity of PagerDuty; write critical, error, warning or info")
    return text


class PagerdutySettings(SinkSettings):
    """A service's integration "Events API v2", by its key."""

    type: Literal["pagerduty"]
    routing_key: SecretText = Field(description="The integration's key, 32 characters")
    region: Literal["us", "eu"] = "us"
    url: HttpUrl | None = Field(default=None, repr=False, description="Replaces the address")
    severity: Annotated[str, AfterValidator(_severity)] | None = Field(
        default=None,
        description="critical, error, warning or info; by the worst finding unless set",
    )
    rate: RateText | None = Field(
        default="120/m",
        validate_default=True,
        description="PagerDuty takes about 120 a minute for each key",
    )


class Pagerduty:
    """Triggers an alert, triggers it again with what changed, and resolves it."""

    type: ClassVar[str] = "pagerduty"
    format: ClassVar[Format] = "json"
    also: ClassVar[tuple[Format, ...]] = ()
    lifecycle: ClassVar[bool] = True
    max_wait: ClassVar[float] = 120.0
    lane = ""
    requests: ClassVar[int] = 1

    def __init__(self, name: str, settings: PagerdutySettings) -> None:
        self.name = name
        self.settings: SinkSettings = settings
        self.send_resolved = settings.send_resolved is not False
        self._key = settings.routing_key
        self._url = (settings.url or ADDRESSES[settings.region]).rstrip("/") + PATH
        self._severity = settings.severity

    @property
    def values(self) -> Mapping[str, Any]:
        """The severity, as far as it is set."""
        return {"severity": self._severity} if self._severity else {}

    def deliver(self, message: Message, receipt: Mapping[str, str] | None) -> Exchange:
        """One POST, for which the dedup key is enough: no receipt is needed."""
        del receipt
        made = _object(message.body)
        if made is None:
            return Refused(reason="bad_request", detail="the message is not a JSON object")
        response = yield Request(
            method="POST",
            url=Concealed(self._url),
            headers={"Content-Type": "application/json"},
            body=encode({"routing_key": self._key.reveal(), **event(message, made)[0]}),
            timeout=self.settings.timeout,
        )
        return judge(response, now=message.timestamp, secrets=[self._key])

    def faults(self, message: Message) -> list[str]:
        """What PagerDuty's limits would cut or refuse."""
        made = _object(message.body)
        return ["the message is not a JSON object"] if made is None else event(message, made)[1]


def event(message: Message, made: Mapping[str, Any]) -> tuple[Json, list[str]]:
    """The event but for its key, and a sentence for each thing in it that did not fit."""
    action = "resolve" if message.action == "close" else "trigger"
    head = {"event_action": action, "dedup_key": message.alias}
    if message.action == "close":
        return head, []
    faults: list[str] = []
    payload, links = _payload(message, made, faults), _links(made)
    whole = {**head, "payload": payload, "links": links, "client": "snyk-gateway"}
    size = len(encode(whole))
    if size > MAX_BYTES:
        faults.append(f"the event has {size} bytes, PagerDuty takes {MAX_BYTES}")
        payload["custom_details"] = {"left out": "more than PagerDuty takes"}
    return whole, faults


def _payload(message: Message, made: Mapping[str, Any], faults: list[str]) -> Json:
    summary = str(made.get("summary") or "Snyk alert")
    if len(summary) > MAX_SUMMARY:
        faults.append(f"summary has {len(summary)} characters, PagerDuty takes {MAX_SUMMARY}")
    severity = message.values.get("severity")
    if severity not in SEVERITIES:
        severity = BY_SEVERITY.get(message.severity, "warning")
    names = {name: cut(str(made.get(name) or ""), _MAX_NAME) for name in _NAMES}
    details = made.get("custom_details")
    return {
        "summary": cut(summary, MAX_SUMMARY),
        "source": cut(str(made.get("source") or "Snyk"), _MAX_NAME),
        "severity": severity,
        **{name: text for name, text in names.items() if text},
        **({"custom_details": details} if details else {}),
    }


def _links(made: Mapping[str, Any]) -> list[Json]:
    """The links that lead somewhere."""
    links = made.get("links")
    found = [each for each in links if isinstance(each, dict)] if isinstance(links, list) else []
    return [
        {"href": str(each["href"]), "text": str(each.get("text") or each["href"])}
        for each in found
        if each.get("href")
    ][:_MAX_LINKS]


def _object(text: str) -> Json | None:
    try:
        value = decode(text)
    except Unreadable:
        return None
    return value if isinstance(value, dict) else None
