"""What an HTTP answer means where a sink knows no better."""

import re
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl, urlsplit

from gateway.model.exchange import SUCCESSES, Delivered, Outcome, Refused, Response, TryAgain
from gateway.settings.secrets import Redaction, Secret

LONGEST_WAIT = 3600.0
"""A sink's wish to wait counts up to an hour."""
LONGEST_DETAIL = 300

# Path segments and query values as long as this may be the credential of a URL.
_CREDENTIAL = 8

_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
_AGAIN = {408: "timeout", 409: "conflict", 425: "rate_limited", 429: "rate_limited"}
_REFUSED = {
    400: "bad_request",
    401: "unauthorised",
    403: "forbidden",
    404: "not_found",
    410: "gone",
    413: "too_large",
    422: "bad_request",
}
_ENDPOINT = frozenset({401, 403, 404, 410})
_NOT_IMPLEMENTED = 501
# RFC 9110, section 15. Redirects are never followed.
_REDIRECTS, _SERVER_ERRORS = range(300, 400), range(500, 600)


def judge(response: Response, *, now: int, secrets: Iterable[Secret | str] = ()) -> Outcome:
    """The outcome that the status alone tells; `now` is the time of the try.

    The detail has stars where the answer repeats one of the secrets.
    """
    status, text = response.status, detail(response, secrets)
    if status in SUCCESSES:
        return Delivered(status=status, detail=text)
    reason = _again(status)
    if reason:
        wait = retry_after(response.headers, now)
        return TryAgain(reason=reason, status=status, detail=text, retry_after=wait)
    return Refused(
        reason=_refused(status), status=status, detail=text, endpoint=status in _ENDPOINT
    )


def retry_after(headers: Mapping[str, str], now: int) -> float | None:
    """Seconds that `Retry-After` asks for, at most an hour; None where it says nothing sound."""
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), LONGEST_WAIT)
    try:
        seconds = parsedate_to_datetime(text).timestamp() - now
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


def detail(response: Response, secrets: Iterable[Secret | str] = ()) -> str:
    """The answer's first words, secrets starred, without control and bidi characters."""
    redact = Redaction()
    redact.add(*secrets)
    # Stars come before the cut: half a secret would not be found any more.
    text = redact(response.body.decode(errors="replace"))
    shown = "".join(each if each.isprintable() else " " for each in text)
    return redact(" ".join(shown.split()))[:LONGEST_DETAIL]


def credentials(url: str) -> list[str]:
    """Every part of a URL that may be a credential, the URL itself first."""
    parts = urlsplit(url)
    pieces = [*parts.path.split("/"), *(value for _, value in parse_qsl(parts.query))]
    return [url, *(piece for piece in pieces if len(piece) >= _CREDENTIAL)]


def _again(status: int) -> str:
    if status in _SERVER_ERRORS and status != _NOT_IMPLEMENTED:
        return "server_error"
    return _AGAIN.get(status, "")


def _refused(status: int) -> str:
    if status in _REDIRECTS:
        return "redirect"
    return _REFUSED.get(status, "refused")
