"""Who of a mail's recipients has it: what an SMTP server replied about each, over all tries.

https://www.rfc-editor.org/rfc/rfc5321#section-4.2 and, for AUTH's replies,
https://www.rfc-editor.org/rfc/rfc4954#section-6
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from gateway.codec import decode
from gateway.errors import Unreadable
from gateway.model.exchange import Delivered, Outcome, Refused, Response, TryAgain
from gateway.settings.secrets import Secret
from gateway.sinks.status import detail

TAKEN, AGAIN = range(200, 300), range(400, 500)
CLOSING = 421
ACCOUNT = frozenset({530, 534, 535, 538})
"""The login is missing, wrong or not allowed so."""
TOO_LARGE = frozenset({523, 552})
NOBODY = frozenset({550, 551, 553})
# Replies to these say nothing of the recipients: nobody would get anything.
_BEFORE = frozenset({"CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL"})

Replies = Mapping[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Settled:
    """The recipients of one delivery that need no further try."""

    told: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()

    @classmethod
    def read(cls, receipt: Mapping[str, str] | None, identity: str) -> Self:
        """What a receipt says of the delivery; nothing where it is of another one."""
        if not receipt or receipt.get("mail") != identity:
            return cls()
        told, refused = (receipt.get(key, "").split() for key in ("told", "refused"))
        return cls(frozenset(told), frozenset(refused))

    def receipt(self, identity: str) -> dict[str, str]:
        """The same as a receipt."""
        told, refused = (" ".join(sorted(each)) for each in (self.told, self.refused))
        return {"mail": identity, "told": told, "refused": refused}

    def left(self, addresses: Iterable[str]) -> tuple[str, ...]:
        """Who of them has to be told yet, in order."""
        return tuple(each for each in addresses if each not in self.told | self.refused)

    def with_replies(self, replies: Replies) -> Self:
        """These and those whom the replies settle."""
        told = {each for each, (code, _) in replies.items() if code in TAKEN}
        refused = {each for each, (code, _) in replies.items() if code not in {*TAKEN, *AGAIN}}
        return replace(self, told=self.told | told, refused=self.refused | refused)


def outcome(
    response: Response,
    asked: Iterable[str],
    before: Settled,
    *,
    identity: str,
    secrets: Iterable[Secret | str],
) -> Outcome:
    """What the server's last word means for those who were asked for, and those before."""
    command = response.headers.get("command", "")
    replies = _replies(response, asked)
    now = before.with_replies(replies)
    again = {each: reply for each, reply in replies.items() if reply[0] in AGAIN}
    if again:
        code, said = _shown(again, "may have it later", len(replies), secrets)
        single = code != CLOSING and (command == "RCPT" or len(again) < len(replies))
        return TryAgain(
            # Of one recipient it says nothing about the server, which is well.
            reason="rate_limited" if single else "server_error",
            status=code,
            detail=said,
            receipt=now.receipt(identity) if now != before else None,
        )
    refused = {each: reply for each, reply in replies.items() if each in now.refused}
    code, said = _shown(refused or replies, "refused", len(replies), secrets)
    if now.told:
        return Delivered(status=response.status, detail=said)
    too_large = code in TOO_LARGE and command != "RCPT"
    return Refused(
        reason=_reason(code, command, too_large=too_large),
        status=code,
        detail=said,
        endpoint=code in ACCOUNT or (command in _BEFORE and not too_large),
    )


def _replies(response: Response, asked: Iterable[str]) -> Replies:
    """The last reply to each; one that was to all of them stands for each."""
    if response.headers.get("command") in {"RCPT", "DATA"}:
        try:
            return {each: (code, text) for each, (code, text) in decode(response.body).items()}
        except (Unreadable, AttributeError, TypeError, ValueError):
            pass
    return dict.fromkeys(asked, (response.status, response.body.decode(errors="replace")))


def _shown(
    replies: Replies, what: str, of: int, secrets: Iterable[Secret | str]
) -> tuple[int, str]:
    """The first of some replies, and it in words: `1 of 3 recipients refused: 550 no such user`."""
    code, text = next(iter(replies.values()))
    counted = f"{len(replies)} of {of} recipients {what}: " if len(replies) < of else ""
    words = f"{counted}{code} {text}"
    return code, detail(Response(status=code, body=words.encode(errors="replace")), secrets)


def _reason(code: int, command: str, *, too_large: bool) -> str:
    if code in ACCOUNT:
        return "unauthorised"
    if too_large:
        return "too_large"
    if command in _BEFORE:
        return "forbidden"
    return "not_found" if command == "RCPT" and code in NOBODY else "refused"
