"""PagerDuty's Events API v2: one alert per dedup key, triggered, told again and resolved.

https://developer.pagerduty.com/docs/events-api-v2-overview
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from gateway.codec import decode_object, encode
from gateway.model.exchange import Message, Outcome, Refused, Request, Response
from gateway.model.limits import cut
from gateway.model.secret import Concealed
from gateway.sandbox.marks import varies
from gateway.settings.interpolation import is_placeholder
from gateway.settings.problem import Loc
from gateway.settings.secrets import Secret
from gateway.settings.types import HttpUrl, RateText, SecretText, problem
from gateway.sinks.sink import Exchange, Format, SinkSettings
from gateway.sinks.status import judge
from gateway.sinks.usual import NO_OBJECT, Usual

ADDRESSES = {"us": "https://events.pagerduty.com", "eu": "https://events.eu.pagerduty.com"}
PATH = "/v2/enqueue"
SEVERITIES = ("critical", "error", "warning", "info")
BY_SEVERITY = {"critical": "critical", "high": "error", "medium": "warning", "low": "info"}
MAX_SUMMARY = 1024
MAX_BYTES = 511 * 1000
"""Of an event but for its key; the documentation says 512 KB of the whole."""
# No limits are published for these; they are names of things, and are shown in a narrow column.
_MAX_NAME = 255
_NAMES = ("component", "group", "class")
_MAX_LINKS, _MAX_LINK = 10, 2048
KEY_LENGTH = 32

Json = dict[str, Any]


def _severity(text: str) -> str:
    if not varies(text) and text not in SEVERITIES:
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

    def warnings(self) -> list[tuple[Loc, str]]:
        """A key that is another kind of key."""
        key = self.routing_key.reveal()
        if is_placeholder(key) or len(key) == KEY_LENGTH:
            return super().warnings()
        text = f"has {len(key)} characters; a key of Events API v2 has {KEY_LENGTH}"
        return [*super().warnings(), (("routing_key",), text)]


class Pagerduty(Usual):
    """Triggers an alert, triggers it again with what changed, and resolves it."""

    type: ClassVar[str] = "pagerduty"
    format: ClassVar[Format] = "json"
    lifecycle: ClassVar[bool] = True
    max_wait: ClassVar[float] = 120.0

    def __init__(self, name: str, settings: PagerdutySettings) -> None:
        super().__init__(name, settings)
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
        made = decode_object(message.body)
        if made is None:
            return NO_OBJECT
        response = yield Request(
            method="POST",
            url=Concealed(self._url),
            headers={"Content-Type": "application/json"},
            body=encode({"routing_key": self._key.reveal(), **event(message, made)[0]}),
            timeout=self.settings.timeout,
        )
        return outcome(response, now=message.timestamp, key=self._key)

    def faults(self, message: Message) -> list[str]:
        """What PagerDuty's limits would cut or refuse."""
        made = decode_object(message.body)
        return [NO_OBJECT.detail] if made is None else event(message, made)[1]


def outcome(response: Response, *, now: int, key: Secret) -> Outcome:
    """What the answer means; a 400 about the routing key is about every event."""
    judged = judge(response, now=now, secrets=[key])
    if isinstance(judged, Refused) and response.status == HTTPStatus.BAD_REQUEST:
        words = response.body.decode(errors="replace").lower().replace("_", " ")
        return replace(judged, endpoint="routing key" in words)
    return judged


def event(message: Message, made: Mapping[str, Any]) -> tuple[Json, list[str]]:
    """The event but for its key, and a sentence for each thing in it that did not fit."""
    action = "resolve" if message.action == "close" else "trigger"
    head = {"event_action": action, "dedup_key": message.alias}
    if message.action == "close":
        return head, []
    faults: list[str] = []
    payload, links = _payload(message, made, faults), _links(made)
    head |= {"client": "snyk-gateway"}
    ladder = ({**head, "payload": each, "links": links} for each in _shorter(payload))
    whole = next(ladder)
    size = len(encode(whole))
    if size > MAX_BYTES:
        faults.append(f"the event has {size} bytes, PagerDuty takes {MAX_BYTES}")
        whole = next(each for each in ladder if len(encode(each)) <= MAX_BYTES)
    return whole, faults


def _shorter(payload: Json) -> Iterator[Json]:
    """The payload, then with its lists counted, then without details: the last one always fits."""
    yield payload
    details = payload.get("custom_details")
    if isinstance(details, dict):
        counted = {
            name: f"{len(each)} more" if isinstance(each, list) else each
            for name, each in details.items()
        }
        yield {**payload, "custom_details": counted}
    yield {**payload, "custom_details": {"left out": "more than PagerDuty takes"}}


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
        {"href": href, "text": cut(str(each.get("text") or href), _MAX_NAME)}
        for each in found
        if (href := str(each.get("href") or "")) and len(href) <= _MAX_LINK
    ][:_MAX_LINKS]
