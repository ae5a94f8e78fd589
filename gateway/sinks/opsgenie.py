"""Opsgenie's alerts, and those of its successor Jira Service Management: one per alias.

https://docs.opsgenie.com/docs/alert-api and
https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v2/api-group-integration-events
"""

from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import quote

from pydantic import AfterValidator, Field

from gateway.codec import decode_object, encode
from gateway.model.delivery import Action
from gateway.model.exchange import Delivered, Message, Outcome, Refused, Request, Response, TryAgain
from gateway.model.identity import digest
from gateway.model.secret import Concealed
from gateway.sandbox.marks import varies
from gateway.settings.problem import Loc
from gateway.settings.secrets import Secret
from gateway.settings.types import HttpUrl, SecretText, Truth, problem
from gateway.sinks.alert_fields import fit, is_id, responder
from gateway.sinks.headers import unsound
from gateway.sinks.opsgenie_status import LATER, WAITS, Promise, asked_to_wait, confirm
from gateway.sinks.sink import Exchange, Format, SinkSettings
from gateway.sinks.status import judge
from gateway.sinks.usual import NO_OBJECT, Usual

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
STATUS = "/requests/{id}"
# Documented for Opsgenie's API alone: there is no such thing at Jira Service Management.
IN_PLACE = ("message", "description", "priority")
END = "2027-04-05"
"""From then on Opsgenie's API answers nobody:
https://www.atlassian.com/software/opsgenie/migration"""
PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
BY_SEVERITY = {"critical": "P1", "high": "P2", "medium": "P3", "low": "P4"}
UNTITLED = "Snyk alert"
# Key, plan, right or region: no other alert would get through either.
ENDPOINT = frozenset({401, 402, 403})


def _responder(text: str) -> str:
    if not varies(text) and responder(text) is None:
        raise problem("not a responder; write team:NAME, user:…, schedule:… or escalation:…")
    return text


def _priority(text: str) -> str:
    if not varies(text) and text not in PRIORITIES:
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
    verify: Truth = Field(
        default=True, description="Ask what became of each request: to be accepted is a promise"
    )

    def warnings(self) -> list[tuple[Loc, str]]:
        """An API that ends, and responders by a name where only ids are documented."""
        if self.region != "jsm":
            text = (
                f"Opsgenie's API ends on {END}; move to Jira Service Management and write"
                " region: jsm, with the key of an API integration there"
            )
            return [(("region",), text)]
        text = "Jira Service Management takes responders by id; write team:ID"
        return [
            (("responders", number), text)
            for number, each in enumerate(self.responders)
            if not varies(each) and not is_id(each.partition(":")[2].strip())
        ]


class Opsgenie(Usual):
    """Creates an alert, adds notes to it, closes it; the alias says which."""

    type: ClassVar[str] = "opsgenie"
    format: ClassVar[Format] = "json"
    lifecycle: ClassVar[bool] = True
    max_wait: ClassVar[float] = 120.0
    requests: ClassVar[int] = len(LATER) + len(IN_PLACE) + 1 + len(WAITS)

    def __init__(self, name: str, settings: OpsgenieSettings) -> None:
        super().__init__(name, settings)
        self._key = settings.api_key
        base, path = ADDRESSES[settings.region]
        self._url = (settings.url or base).rstrip("/") + path
        chosen = settings.model_dump(include={"responders", "priority", "tags", "details"})
        self._verify = settings.verify
        self._changes_in_place = settings.region != "jsm"
        self._values = {key: value for key, value in chosen.items() if value}

    @property
    def values(self) -> Mapping[str, Any]:
        """Responders, priority, tags and details, as far as they are set."""
        return self._values

    def deliver(self, message: Message, receipt: Mapping[str, str] | None) -> Exchange:
        """One POST, for which the alias is enough, and what becomes of it.

        An update is a note; before it, what has changed of the alert itself is put in its place.
        """
        made = decode_object(message.body)
        if made is None:
            return NO_OBJECT
        if refusal := unsound(self._headers()):
            return refusal
        known = receipt or {}
        fields = {} if message.action == "close" else shown(message, made)[0]
        promise = Promise.of(known, message)
        if promise is not None:
            outcome = yield from self._confirm(message, promise, known, LATER)
            # What failed in the meantime is asked for anew: perhaps somebody has mended it.
            if not isinstance(outcome, Refused):
                return _with(outcome, marked(fields))
        outcome, promise = yield from self._tell(message, made, fields, known)
        if not isinstance(outcome, Delivered):
            return outcome
        if promise is not None and self._verify:
            outcome = yield from self._confirm(message, promise, known, WAITS)
        return _with(outcome, marked(fields))

    def _confirm(
        self,
        message: Message,
        promise: Promise,
        known: Mapping[str, str],
        waits: tuple[float, ...],
    ) -> Exchange:
        ask = self._request("GET", STATUS.format(id=quote(promise.request_id, "")))
        return (yield from confirm(message, promise, ask, known, self._key, waits=waits))

    def _tell(
        self,
        message: Message,
        made: Mapping[str, Any],
        fields: Mapping[str, str],
        known: Mapping[str, str],
    ) -> Generator[Request, Response, tuple[Outcome, Promise | None]]:
        for name in self._changed(message, fields, known):
            step = f"/{{alias}}/{name}?identifierType=alias"
            outcome, promise = yield from self._call(message, "PUT", step, {name: fields[name]})
            if not isinstance(outcome, Delivered):
                return outcome, promise
        body = payload(message, made)[0]
        return (yield from self._call(message, "POST", STEPS[message.action], body))

    def _changed(
        self, message: Message, fields: Mapping[str, str], known: Mapping[str, str]
    ) -> list[str]:
        """What of the alert itself is not what Opsgenie was told."""
        if message.action != "update" or not self._changes_in_place:
            return []
        now = marked(fields)
        return [name for name in fields if name in known and known[name] != now[name]]

    def _call(
        self, message: Message, method: str, step: str, body: Mapping[str, Any]
    ) -> Generator[Request, Response, tuple[Outcome, Promise | None]]:
        """What the answer means; 202 is a promise."""
        response = yield replace(
            self._request(method, step.format(alias=quote(message.alias, ""))), body=encode(body)
        )
        request_id = (decode_object(response.body) or {}).get("requestId")
        promise = (
            Promise(request_id, message.identity, message.timestamp)
            if isinstance(request_id, str) and request_id
            else None
        )
        return outcome_of(response, message=message, key=self._key), promise

    def _request(self, method: str, path: str) -> Request:
        return Request(
            method=method,
            url=Concealed(self._url + path),
            headers=self._headers(),
            timeout=self.settings.timeout,
        )

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"GenieKey {self._key.reveal()}",
            "Content-Type": "application/json",
        }

    def faults(self, message: Message) -> list[str]:
        """What Opsgenie's limits would cut or refuse."""
        made = decode_object(message.body)
        if made is None:
            return [NO_OBJECT.detail]
        edits = self._changes_in_place and message.action == "update"
        cuts = shown(message, made)[1] if edits else []
        return list(dict.fromkeys([*payload(message, made)[1], *cuts]))


def payload(message: Message, made: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The body of the request: the template's fields and the settings', and what was cut."""
    if message.action != "create":
        note = made.get("note") or made.get("message")
        fitted, faults = fit({"note": note, "source": made.get("source")})
        return {"note": "Changed at Snyk", **fitted}, faults
    values = message.values
    fitted, faults = fit(
        {
            **made,
            "responders": values.get("responders"),
            "tags": [*_list(made.get("tags")), *_list(values.get("tags"))],
            "details": {**_map(made.get("details")), **_map(values.get("details"))},
        }
    )
    own = {"alias": message.alias, "priority": _priority_of(message)}
    return {"message": UNTITLED, **fitted, **own}, faults


def shown(message: Message, made: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """What the alert itself shows, as it is now, which can be changed later; and what was cut."""
    fitted, faults = fit({name: made.get(name) for name in ("message", "description")})
    return {"message": UNTITLED, **fitted, "priority": _priority_of(message)}, faults


def marked(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields in a form that tells whether they have changed, and is short enough to keep."""
    return {name: digest(text)[:16] for name, text in fields.items()}


def _priority_of(message: Message) -> str:
    priority = message.values.get("priority")
    return priority if priority in PRIORITIES else BY_SEVERITY.get(message.severity, "P3")


def outcome_of(response: Response, *, message: Message, key: Secret) -> Outcome:
    """What the answer means by itself."""
    judged = judge(response, now=message.timestamp, secrets=[key])
    match judged:
        case TryAgain(reason="rate_limited"):
            return replace(judged, retry_after=asked_to_wait(response, message.timestamp))
        case Refused():
            # A 404 once the alert exists may mean this alert only.
            missing = message.action == "create" and judged.endpoint
            return replace(judged, endpoint=missing or response.status in ENDPOINT)
    return judged


def _with(outcome: Outcome, receipt: Mapping[str, str]) -> Outcome:
    """The outcome with more in its receipt."""
    if isinstance(outcome, Delivered | TryAgain):
        return replace(outcome, receipt={**receipt, **(outcome.receipt or {})} or None)
    return outcome


def _made(message: Message) -> dict[str, Any] | None:
    return decode_object(message.body)


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _map(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}
