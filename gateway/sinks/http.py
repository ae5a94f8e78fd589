"""Any HTTP endpoint: the template's bytes, signed or with a credential.

https://www.standardwebhooks.com and
https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header
"""

from collections.abc import Generator, Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from gateway.codec import decode
from gateway.errors import Unreadable
from gateway.model.exchange import (
    SUCCESSES,
    Delivered,
    Message,
    Outcome,
    Refused,
    Request,
    Response,
)
from gateway.model.secret import Concealed
from gateway.sandbox.marks import varies
from gateway.settings.secrets import Secret, revealed
from gateway.sinks import cloudevents
from gateway.sinks.headers import unsound
from gateway.sinks.http_settings import IDEMPOTENCY, EndpointSettings, HttpSettings
from gateway.sinks.oauth2 import REQUESTS, NoToken, Tokens
from gateway.sinks.query import with_query
from gateway.sinks.sink import Exchange, Format, SinkSettings
from gateway.sinks.status import credentials, detail, judge


class Http:
    """Sends each message once per try, under the same `webhook-id`."""

    type: ClassVar[str] = "http"
    format: ClassVar[Format] = "json"
    also: ClassVar[tuple[Format, ...]] = ()
    lifecycle: ClassVar[bool] = True
    """Nothing is kept there, but updates and closes are told too."""
    max_wait: ClassVar[float] = 3600.0
    lane = ""

    def __init__(self, name: str, settings: HttpSettings) -> None:
        self.name = name
        self.settings: SinkSettings = settings
        self.send_resolved = settings.send_resolved is not False
        self.requests = REQUESTS if settings.oauth2 else 1
        self._own = settings
        oauth2 = settings.oauth2
        self._tokens = Tokens(oauth2, timeout=settings.timeout) if oauth2 else None

    @property
    def values(self) -> Mapping[str, Any]:
        """The URL, whose path and query may hold expressions, and what else holds any."""
        varying = {"headers": _varying(self._own.headers), "query": _varying(self._own.query)}
        return {"url": self._own.url, **{key: each for key, each in varying.items() if each}}

    def deliver(self, message: Message, receipt: Mapping[str, str] | None) -> Exchange:
        """One request with the template's bytes; the endpoint gives nothing back to keep."""
        del receipt
        url = str(message.values.get("url", self._own.url))
        if _host(url) != _host(self._own.url):
            return Refused(reason="bad_request", detail="the worked-out URL leaves its host")
        url = with_query(url, _worked_out(self._own.query, message.values.get("query")))
        body = message.body.encode() if message.payload is None else message.payload
        headers, body = _enveloped(self._own, message, body)
        if refusal := unsound(headers):
            return refusal
        request = Request(
            method=self._own.method,
            url=Concealed(url),
            headers=headers,
            body=body,
            timeout=self._own.timeout,
        )
        try:
            response = yield from self._sent(request, message.timestamp)
        except NoToken as none:
            return none.outcome
        return self._outcome(response, message, url)

    def faults(self, message: Message) -> list[str]:
        """Nothing is cut here; a body that claims to be JSON should be it, unless it is Snyk's."""
        if message.payload is not None:
            return []
        try:
            decode(message.body)
        except Unreadable as error:
            return [str(error)]
        return []

    def _sent(self, request: Request, now: int) -> Generator[Request, Response, Response]:
        """The answer; what is only recorded needs no token."""
        if self._tokens is None or self._own.mode == "record":
            return (yield request)
        return (yield from self._tokens.send(request, now))

    def _outcome(self, response: Response, message: Message, url: str) -> Outcome:
        secrets = [*credentials(url), *_secrets(self._own)]
        secrets += self._tokens.secrets if self._tokens else []
        if self._own.success.holds(response):
            return Delivered(status=response.status, detail=detail(response, secrets))
        if response.status in SUCCESSES:
            text = detail(response, secrets)
            return Refused(reason="refused", status=response.status, detail=text)
        return judge(response, now=message.timestamp, secrets=secrets)


def _enveloped(
    settings: EndpointSettings, message: Message, body: bytes
) -> tuple[dict[str, str], bytes]:
    """Headers and body as they go out, signed."""
    headers = _headers(settings, message)
    if settings.cloudevents == "binary":
        headers |= cloudevents.headers(message)
    elif settings.cloudevents == "structured":
        body = cloudevents.envelope(message, body, headers["Content-Type"])
        headers["Content-Type"] = cloudevents.STRUCTURED
    if settings.sign:
        headers |= settings.sign.headers(message.identity, message.timestamp, body)
    return headers, body


def _headers(settings: EndpointSettings, message: Message) -> dict[str, str]:
    own = {
        "webhook-id": message.identity,
        **_idempotency(settings.idempotency_header, message.identity),
        **_worked_out(settings.headers, message.values.get("headers")),
    }
    if not any(name.lower() == "content-type" for name in own):
        own["Content-Type"] = "application/json"
    if settings.bearer:
        own["Authorization"] = f"Bearer {settings.bearer.reveal()}"
    if settings.basic:
        own["Authorization"] = f"Basic {settings.basic.pair}"
    return own


def _idempotency(name: str, identity: str) -> dict[str, str]:
    """The draft's header holds a quoted string; what others expect in theirs is not known."""
    if not name:
        return {}
    return {name: f'"{identity}"' if name.lower() == IDEMPOTENCY.lower() else identity}


def _varying(setting: Mapping[str, str | Secret]) -> dict[str, str]:
    return {
        name: value for name, value in setting.items() if isinstance(value, str) and varies(value)
    }


def _worked_out(setting: Mapping[str, str | Secret], worked: Any) -> dict[str, str]:
    """The setting's texts, those with expressions as they were worked out."""
    known: Mapping[str, str] = worked or {}
    return {name: known.get(name, revealed(value)) for name, value in setting.items()}


def _secrets(settings: EndpointSettings) -> list[Secret | str]:
    """Whatever of the settings must not come back in an answer's text."""
    secrets: list[Secret | str] = [*settings.headers.values()]
    secrets += [each for each in settings.query.values() if isinstance(each, Secret)]
    secrets += settings.sign.secrets if settings.sign else []
    secrets += [settings.bearer] if settings.bearer else []
    if settings.basic:
        secrets += [settings.basic.password, settings.basic.pair]
    return secrets


def _host(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
