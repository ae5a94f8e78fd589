"""Slack's Web API: https://docs.slack.dev/reference/methods/chat.postMessage and chat.update."""

import hmac
from itertools import count
from typing import Any

from gateway import codec
from gateway.web.standins.slack import faults_of, message_of
from gateway.web.standins.standin import Answer, Call, Received

CHANNEL = "C0STANDIN"
"""The id of whatever channel is named."""
TEXT = 4000
"""What chat.update takes."""


class SlackWeb:
    """Keeps what it was told by `ts`, so that only a message that is there is changed."""

    def __init__(self, token: str) -> None:
        self.received: list[Received] = []
        self.messages: dict[str, dict[str, Any]] = {}
        """What stands in the channel now."""
        self.replies: dict[str, list[dict[str, Any]]] = {}
        """What was answered to each."""
        self._token = f"Bearer {token}".encode()
        self._numbers = count(1)

    def answer(self, call: Call) -> Answer:
        """Judges and keeps one call; a failure is a 200 too."""
        if not hmac.compare_digest(call.headers.get("authorization", "").encode(), self._token):
            return self._refused("invalid_auth", {})
        message, _ = message_of(call)
        if message is None:
            return self._refused("invalid_json", {})
        if faults := tuple(faults_of(message)):
            return self._refused("invalid_blocks", message, faults)
        match call.path.rpartition("/")[2]:
            case "chat.postMessage":
                return self._posted(message)
            case "chat.update":
                return self._updated(message)
        return self._refused("unknown_method", message)

    def _posted(self, message: dict[str, Any]) -> Answer:
        if not message.get("channel"):
            return self._refused("channel_not_found", message)
        ts = f"1790000000.{next(self._numbers):06}"
        thread = message.get("thread_ts")
        if thread in self.messages:
            # News of a change that was kept already when the message itself changed.
            self.replies.setdefault(str(thread), []).append(message)
            return _good(ts)
        self.messages[ts] = message
        return self._kept(ts, message)

    def _updated(self, message: dict[str, Any]) -> Answer:
        ts = str(message.get("ts"))
        if ts not in self.messages or message.get("channel") != CHANNEL:
            return self._refused("message_not_found", message)
        if len(message["text"]) > TEXT:
            return self._refused("msg_too_long", message)
        self.messages[ts] = message
        return self._kept(ts, message)

    def _kept(self, ts: str, message: dict[str, Any]) -> Answer:
        self.received.append(Received(what="message", text=message["text"], identity=ts))
        return _good(ts)

    def _refused(self, word: str, message: dict[str, Any], faults: tuple[str, ...] = ()) -> Answer:
        text = str(message.get("text") or "")
        self.received.append(Received(what="message", text=text, faults=faults or (word,)))
        return Answer(200, codec.encode({"ok": False, "error": word}).decode())


def _good(ts: str) -> Answer:
    return Answer(200, codec.encode({"ok": True, "channel": CHANNEL, "ts": ts}).decode())
