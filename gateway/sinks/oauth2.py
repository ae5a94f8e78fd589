"""OAuth 2.0 client credentials: a token is fetched when it is needed, and kept while it lasts.

https://datatracker.ietf.org/doc/html/rfc6749#section-4.4
"""

from collections.abc import Generator
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import quote_plus, urlencode

from pydantic import Field

from gateway.codec import decode_object
from gateway.errors import Blocked, TransportError
from gateway.model.exchange import Delivered, Refused, Request, Response, TryAgain
from gateway.model.secret import Concealed
from gateway.settings.secrets import Secret
from gateway.settings.section import Section
from gateway.settings.types import HttpUrl, SecretText
from gateway.sinks.authorization import encoded
from gateway.sinks.headers import is_value
from gateway.sinks.status import credentials, judge

REQUESTS = 4
"""Token and message, and once more where the endpoint does not know the token any longer."""
_FORM = "application/x-www-form-urlencoded"
# A token is renewed so many seconds before it ends.
_SPARE = 60


class OAuth2(Section):
    """Where tokens come from, and who asks for them."""

    token_url: HttpUrl = Field(repr=False)
    client_id: str = Field(min_length=1)
    client_secret: SecretText
    scope: str = ""
    audience: str = ""
    credentials_in: Literal["header", "body"] = Field(
        default="header", description="Where the token endpoint looks for id and secret"
    )


class NoToken(Exception):
    """The token endpoint gave none."""

    def __init__(self, outcome: Refused | TryAgain) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class _Kept:
    token: str
    until: float


class Tokens:
    """The token of one sink."""

    def __init__(self, settings: OAuth2, *, timeout: float) -> None:
        self._own = settings
        self._timeout = timeout
        self._kept: _Kept | None = None

    def send(self, request: Request, now: int) -> Generator[Request, Response, Response]:
        """The endpoint's answer to the request under a token; `now` is the time of the try.

        Where it answers 401 it gets a new token, once. Raises NoToken.
        """
        kept = self._kept
        token = kept.token if kept and now < kept.until else (yield from self._fetched(now))
        response = yield _under(token, request)
        if response.status == HTTPStatus.UNAUTHORIZED:
            response = yield _under((yield from self._fetched(now)), request)
        return response

    @property
    def secrets(self) -> list[Secret | str]:
        """What must not come back in an answer's text."""
        kept = [self._kept.token] if self._kept else []
        return [self._own.client_secret, *kept]

    def _fetched(self, now: int) -> Generator[Request, Response, str]:
        self._kept = None
        try:
            response = yield self._asking()
        except Blocked:
            raise
        except TransportError as error:
            # However far that came, the endpoint has not been told anything yet.
            raise TransportError(error.reason, f"the token endpoint: {error}") from None
        answer = decode_object(response.body) or {}
        token = answer.get("access_token")
        if response.status != HTTPStatus.OK or not isinstance(token, str) or not token:
            raise NoToken(self._outcome(response, now))
        if not is_value(token):
            text = "the token endpoint: the token holds control characters"
            raise NoToken(Refused(reason="unauthorised", detail=text, endpoint=True))
        self._kept = _Kept(token, now + _lasts(answer.get("expires_in")) - _SPARE)
        return token

    def _asking(self) -> Request:
        own = self._own
        headers = {"Content-Type": _FORM, "Accept": "application/json"}
        form = {"grant_type": "client_credentials", "scope": own.scope, "audience": own.audience}
        secret = own.client_secret.reveal()
        if own.credentials_in == "header":
            # RFC 6749, section 2.3.1: both are encoded as in forms first.
            pair = encoded(quote_plus(own.client_id), quote_plus(secret))
            headers["Authorization"] = f"Basic {pair}"
        else:
            form |= {"client_id": own.client_id, "client_secret": secret}
        return Request(
            method="POST",
            url=Concealed(own.token_url),
            headers=headers,
            body=urlencode({key: value for key, value in form.items() if value}).encode(),
            timeout=self._timeout,
        )

    def _outcome(self, response: Response, now: int) -> Refused | TryAgain:
        """What it means that there is no token: nothing else would get through either."""
        secrets = [*self.secrets, *credentials(self._own.token_url)]
        judged = judge(response, now=now, secrets=secrets)
        if isinstance(judged, TryAgain):
            return replace(judged, detail=f"the token endpoint: {judged.detail}")
        # What comes with a 2xx may be a token all the same, under another name.
        said = "no access_token" if isinstance(judged, Delivered) else judged.detail
        return Refused(
            reason="unauthorised",
            status=response.status,
            detail=f"the token endpoint: {said}",
            endpoint=True,
        )


def _under(token: str, request: Request) -> Request:
    return replace(request, headers={**request.headers, "Authorization": f"Bearer {token}"})


def _lasts(seconds: Any) -> float:
    """Seconds; 0 where nothing sound is said, so that the token serves one exchange."""
    if isinstance(seconds, str) and seconds.isdecimal():
        return float(seconds[:9])
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    return float(seconds) if is_number else 0.0
