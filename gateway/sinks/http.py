"""Any HTTP endpoint: a message, signed or with a credential, and shaped by a preset.

https://www.standardwebhooks.com and
https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header
"""

from collections.abc import Generator, Mapping
from dataclasses import replace
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
    TryAgain,
)
from gateway.model.secret import Concealed
from gateway.settings.secrets import Secret, revealed
from gateway.sinks import cloudevents
from gateway.sinks.authorization import authorization, concealed
from gateway.sinks.headers import unsound
from gateway.sinks.http_settings import IDEMPOTENCY, EndpointSettings
from gateway.sinks.oauth2 import REQUESTS, NoToken, Tokens
from gateway.sinks.preset import Preset
from gateway.sinks.query import with_query
from gateway.sinks.sink import Exchange, Format, SinkSettings
from gateway.sinks.status import credentials, detail, judge
from gateway.sinks.usual import NO_OBJECT
from gateway.sinks.varying import merged, varying, worked_out

PLAIN = Preset(lifecycle=True)
"""Nothing is kept at an endpoint that nothing is known of, but updates and closes are told too."""


class Http:
    """Sends each message once per try, under the same `webhook-id`."""

    also: ClassVar[tuple[Format, ...]] = ()
    max_wait: ClassVar[float] = 3600.0
    lane = ""

    def __init__(self, name: str, settings: EndpointSettings, preset: Preset = PLAIN) -> None:
        self.name = name
        self.type = settings.type
        self.format: Format = preset.format
        self.settings: SinkSettings = settings
        self.lifecycle = preset.lifecycle
        said = (settings.send_resolved, preset.send_resolved, preset.lifecycle)
        self.send_resolved = next(each for each in said if each is not None)
        self.requests = REQUESTS if settings.oauth2 else 1
        self._own = settings
        self._preset = preset
        self._headers = merged(preset.headers, settings.headers)
        self._success = settings.success or preset.success
        self._query = {**preset.query, **settings.query}
        oauth2 = settings.oauth2
        self._tokens = Tokens(oauth2, timeout=settings.timeout) if oauth2 else None

    @property
    def values(self) -> Mapping[str, Any]:
        """A URL that is no secret, and what else may hold expressions."""
        url = self._own.url
        given = {
            "url": url if isinstance(url, str) else "",
            "headers": varying(self._headers),
            "query": varying(self._query),
            "always": self._preset.always,
        }
        return {key: each for key, each in given.items() if each}

    def deliver(self, message: Message, receipt: Mapping[str, str] | None) -> Exchange:
        """One request with the message; the endpoint gives nothing back to keep."""
        del receipt
        own = revealed(self._own.url)
        url = str(message.values.get("url", own))
        if _host(url) != _host(own):
            return Refused(reason="bad_request", detail="the worked-out URL leaves its host")
        body = self._body(message)
        if body is None:
            return NO_OBJECT
        url = with_query(url, worked_out(self._query, message.values.get("query")))
        headers, body = self._signed(message, body)
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
        return self._outcome(response, message.timestamp, url)

    def faults(self, message: Message) -> list[str]:
        """What the preset's limits would cut or refuse.

        Where no limit is known nothing is cut; a body that claims to be JSON should be it, unless
        it is Snyk's.
        """
        if self._preset is not PLAIN:
            fitted = self._preset.fitted(message)
            return [NO_OBJECT.detail] if fitted is None else fitted[1]
        return [] if message.payload is not None else _flaws(message.body)

    def _body(self, message: Message) -> bytes | None:
        """The template's bytes, or Snyk's; None where they are not what the service reads."""
        if self._preset is not PLAIN:
            fitted = self._preset.fitted(message)
            return fitted[0] if fitted else None
        return message.body.encode() if message.payload is None else message.payload

    def _signed(self, message: Message, body: bytes) -> tuple[dict[str, str], bytes]:
        """Headers and body as they go out."""
        own, headers = self._own, self._said(message)
        if own.cloudevents == "binary":
            headers |= cloudevents.headers(message)
        elif own.cloudevents == "structured":
            body = cloudevents.envelope(message, body, self._preset.content_type)
            headers["Content-Type"] = cloudevents.STRUCTURED
        if own.sign:
            headers |= own.sign.headers(message.identity, message.timestamp, body)
        return headers, body

    def _said(self, message: Message) -> dict[str, str]:
        """The headers that do not depend on the body."""
        own, identity = self._own, message.identity
        headers = {
            "webhook-id": identity,
            **_idempotency(own.idempotency_header, identity),
            **worked_out(self._headers, message.values.get("headers")),
        }
        if not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = self._preset.content_type
        return headers | authorization(own.bearer, own.basic)

    def _sent(self, request: Request, now: int) -> Generator[Request, Response, Response]:
        """The answer; what is only recorded needs no token."""
        if self._tokens is None or self._own.mode == "record":
            return (yield request)
        return (yield from self._tokens.send(request, now))

    def _outcome(self, response: Response, now: int, url: str) -> Outcome:
        secrets = [*credentials(url), *_secrets(self._own)]
        secrets += self._tokens.secrets if self._tokens else []
        said = detail(response, secrets)
        if self._success.holds(response):
            return Delivered(status=response.status, detail=said)
        if response.status in SUCCESSES:
            return Refused(reason="refused", status=response.status, detail=said)
        judged = judge(response, now=now, secrets=secrets)
        if isinstance(judged, TryAgain) and (wait := self._preset.wait(response)) is not None:
            return replace(judged, retry_after=max(wait, judged.retry_after or 0.0))
        return judged


def _flaws(body: str) -> list[str]:
    try:
        decode(body)
    except Unreadable as error:
        return [str(error)]
    return []


def _idempotency(name: str, identity: str) -> dict[str, str]:
    """The draft's header holds a quoted string; what others expect in theirs is not known."""
    if not name:
        return {}
    return {name: f'"{identity}"' if name.lower() == IDEMPOTENCY.lower() else identity}


def _secrets(settings: EndpointSettings) -> list[Secret | str]:
    """Whatever of the settings must not come back in an answer's text."""
    secrets: list[Secret | str] = [*settings.headers.values()]
    secrets += [each for each in settings.query.values() if isinstance(each, Secret)]
    secrets += settings.sign.secrets if settings.sign else []
    return secrets + concealed(settings.bearer, settings.basic)


def _host(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
