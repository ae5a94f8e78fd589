"""What became of a request that Opsgenie has accepted: 202 is only a promise.

https://docs.opsgenie.com/docs/alert-api#get-request-status and
https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v2/api-group-integration-events
"""

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Self

from gateway.codec import decode_object
from gateway.errors import TransportError
from gateway.model.delivery import Action
from gateway.model.exchange import Delivered, Message, Outcome, Refused, Request, Response, TryAgain
from gateway.settings.secrets import Secret
from gateway.sinks.status import detail, retry_after

WAITS = (1.0, 2.0, 3.0)
"""Seconds before each look that follows a request."""
LATER = (0.0,)
"""The same in a later try, which has waited already."""
LONGEST_WAIT = 60
"""Seconds after which a promise counts as kept: a close must not wait for it for ever."""
DOUBTED = "doubted"
"""The receipt's word for an alert that counts as opened and was never confirmed."""
_GONE = "alert does not exist"
# Seconds; what is tried once more after a day is to be asked for anew, and not asked after.
_OLDEST = 600


@dataclass(frozen=True, slots=True)
class Promise:
    """A request that was accepted, and for which delivery, when."""

    request_id: str
    identity: str
    at: int
    """Seconds since 1970."""

    @classmethod
    def of(cls, receipt: Mapping[str, str], message: Message) -> Self | None:
        """What an earlier try of this delivery was promised; None where that is nothing, or old."""
        request_id, at = receipt.get("request_id", ""), receipt.get("promised_at", "")
        if not request_id or not at.isdecimal() or receipt.get("promised_to") != message.identity:
            return None
        if message.timestamp - int(at) > _OLDEST:
            return None
        return cls(request_id, message.identity, int(at))

    @property
    def receipt(self) -> dict[str, str]:
        """What a later try needs to ask on."""
        return {
            "request_id": self.request_id,
            "promised_at": str(self.at),
            "promised_to": self.identity,
        }


def confirm(
    message: Message,
    promise: Promise,
    ask: Request,
    known: Mapping[str, str],
    key: Secret,
    *,
    waits: Iterable[float],
) -> Generator[Request, Response, Outcome]:
    """Asks a few times what became of it; still nothing is to be asked again by a later try.

    Until then nothing may overtake it, a close least of all: it would find no alert yet.
    """
    again = TryAgain(reason="unconfirmed", detail="accepted, not confirmed yet")
    for wait in waits:
        try:
            response = yield replace(ask, after=wait)
        except TransportError as error:
            again = TryAgain(reason=error.reason, detail=str(error))
            break
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            pause = asked_to_wait(response, message.timestamp)
            again = replace(again, reason="rate_limited", status=429, retry_after=pause)
            break
        outcome = judged(response, message.action, known, key)
        if outcome is not None:
            return outcome
    if message.timestamp - promise.at >= LONGEST_WAIT:
        text = f"accepted, and not confirmed within {LONGEST_WAIT} s"
        doubted = {DOUBTED: "true"} if message.action == "create" else None
        return Delivered(detail=text, receipt=doubted)
    return replace(again, ambiguous=True, receipt=promise.receipt)


def asked_to_wait(response: Response, now: int) -> float | None:
    """Seconds that a throttled request is to wait: Retry-After is not promised, its period is."""
    period = {"retry-after": response.headers.get("x-ratelimit-period-in-sec", "")}
    asked = retry_after(response.headers, now)
    return retry_after(period, now) if asked is None else asked


def judged(
    response: Response, action: Action, known: Mapping[str, str], key: Secret
) -> Outcome | None:
    """What the status of a request says; None where it is not known yet.

    Who may not read it takes the promise for the deed. What does not exist any more needs no close,
    and no note: whoever closed it by hand is not paged again. But a note on what was never
    confirmed is refused: then nobody has heard of it.
    """
    status, text = response.status, detail(response, [key])
    if status == HTTPStatus.NOT_FOUND or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return None
    if status != HTTPStatus.OK:
        return Delivered(status=status, detail=f"accepted; its status cannot be read: {text}")
    said = _said(response.body)
    if said.get("isSuccess") is True:
        believed = {DOUBTED: ""} if known.get(DOUBTED) else None
        return Delivered(status=status, detail=text, receipt=believed)
    if said.get("isSuccess") is not False:
        return None
    gone = _GONE in str(said.get("status", "")).lower()
    if gone and (action == "close" or (action == "update" and not known.get(DOUBTED))):
        return Delivered(status=status, detail=text)
    return Refused(reason="refused", status=status, detail=text)


def _said(body: bytes) -> Mapping[str, object]:
    """Opsgenie wraps it in `data`, Jira Service Management does not."""
    said = decode_object(body) or {}
    inner = said.get("data", said)
    return inner if isinstance(inner, dict) else {}
