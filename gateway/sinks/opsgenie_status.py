"""What became of a request that Opsgenie has accepted: 202 is only a promise.

https://docs.opsgenie.com/docs/alert-api#get-request-status and
https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v2/api-group-integration-events
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self

from gateway.codec import decode
from gateway.errors import Unreadable
from gateway.model.delivery import Action
from gateway.model.exchange import Delivered, Message, Outcome, Refused, Request, Response, TryAgain
from gateway.settings.secrets import Secret
from gateway.sinks.status import detail

WAITS = (1.0, 2.0, 3.0)
"""Seconds before each look in one try."""
LONGEST_WAIT = 60
"""Seconds after which a promise counts as kept: a close must not wait for it for ever."""
_GONE = "alert does not exist"


@dataclass(frozen=True, slots=True)
class Promise:
    """A request that was accepted, and for which delivery, when."""

    request_id: str
    identity: str
    at: int
    """Seconds since 1970."""

    @classmethod
    def of(cls, receipt: Mapping[str, str], identity: str) -> Self | None:
        """What an earlier try of this delivery was promised; None where it was promised nothing."""
        request_id, at = receipt.get("request_id", ""), receipt.get("promised_at", "")
        if not request_id or not at.isdecimal() or receipt.get("promised_to") != identity:
            return None
        return cls(request_id, identity, int(at))

    @property
    def receipt(self) -> dict[str, str]:
        """What a later try needs to ask on."""
        return {
            "request_id": self.request_id,
            "promised_at": str(self.at),
            "promised_to": self.identity,
        }


def confirm(
    message: Message, promise: Promise, ask: Request, key: Secret
) -> Generator[Request, Response, Outcome]:
    """Asks a few times what became of it; still nothing is to be asked again by a later try."""
    for wait in WAITS:
        response = yield Request(
            method=ask.method, url=ask.url, headers=ask.headers, timeout=ask.timeout, after=wait
        )
        outcome = judged(response, message.action, key)
        if outcome is not None:
            return outcome
    if message.timestamp - promise.at >= LONGEST_WAIT:
        return Delivered(detail=f"accepted, and not confirmed within {LONGEST_WAIT} s")
    return TryAgain(
        reason="unconfirmed", detail="accepted, not confirmed yet", receipt=promise.receipt
    )


def judged(response: Response, action: Action, key: Secret) -> Outcome | None:
    """What the status of a request says; None where it is not known yet.

    Who may not read it takes the promise for the deed. What does not exist any more needs no close,
    and no note: whoever closed it by hand is not paged again.
    """
    status, text = response.status, detail(response, [key])
    again = status in {HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS}
    if again or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return None
    if status != HTTPStatus.OK:
        return Delivered(status=status, detail=f"accepted; its status cannot be read: {text}")
    said = _said(response.body)
    if said.get("isSuccess") is True:
        return Delivered(status=status, detail=text)
    if "isSuccess" not in said:
        return None
    if action != "create" and _GONE in str(said.get("status", "")).lower():
        return Delivered(status=status, detail=text)
    return Refused(reason="refused", status=status, detail=text)


def _said(body: bytes) -> Mapping[str, object]:
    """Opsgenie wraps it in `data`, Jira Service Management does not."""
    try:
        said = decode(body)
    except Unreadable:
        return {}
    inner = said.get("data", said) if isinstance(said, dict) else {}
    return inner if isinstance(inner, dict) else {}
