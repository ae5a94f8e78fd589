"""Slack's incoming webhook: https://docs.slack.dev/reference/block-kit/blocks."""

from collections.abc import Iterator
from typing import Any

from gateway import codec
from gateway.errors import Unreadable
from gateway.web.standins.standin import Answer, Call, Received

BLOCKS = 50
TEXT = 40_000
# Undocumented: Slack answers msg_blocks_too_long from about 13,200 characters of text.
ALL_TEXT = 13_000
_TEXT_LIMIT = {"section": 3000, "header": 150}
_FIELDS = (10, 2000)
_ELEMENTS = {"context": 10, "actions": 25}


class Slack:
    """Answers `ok`, or 400 with the word that Slack has for it."""

    def __init__(self) -> None:
        self.received: list[Received] = []

    def answer(self, call: Call) -> Answer:
        """Judges and keeps one message."""
        message, word = message_of(call)
        faults = tuple(faults_of(message)) if message is not None else (word,)
        text = str((message or {}).get("text") or "")
        self.received.append(Received(what="message", text=text, faults=faults))
        if not faults:
            return Answer(200, "ok", "text/plain")
        return Answer(400, word or "invalid_blocks", "text/plain")


def message_of(call: Call) -> tuple[dict[str, Any] | None, str]:
    """The message that a call posts; else None, and Slack's word for that."""
    if call.method != "POST" or not call.headers.get("content-type", "").startswith(
        "application/json"
    ):
        return None, "invalid_payload"
    try:
        message = codec.decode(call.body)
    except Unreadable:
        return None, "invalid_payload"
    return (message, "") if isinstance(message, dict) else (None, "invalid_payload")


def faults_of(message: dict[str, Any]) -> Iterator[str]:
    """Whatever Slack would refuse in a message, or cut."""
    text = message.get("text")
    if not isinstance(text, str) or not text:
        yield "no text: notifications and screen readers show it"
    elif len(text) > TEXT:
        yield f"text of {len(text)} characters"
    attached = message.get("attachments") or []
    blocks = list(message.get("blocks") or [])
    blocks += [block for attachment in attached for block in attachment.get("blocks") or []]
    if len(blocks) > BLOCKS:
        yield f"{len(blocks)} blocks"
    for block in blocks:
        yield from _block_faults(block)
    if sum(len(text) for text in _texts(blocks)) > ALL_TEXT:
        yield "more text in its blocks than Slack takes"


def _block_faults(block: dict[str, Any]) -> Iterator[str]:
    kind = block.get("type")
    if not isinstance(kind, str):
        yield "a block without a type"
        return
    text = block.get("text")
    if kind == "header" or (kind == "section" and "fields" not in block) or text is not None:
        yield from _text_faults(kind, text, _TEXT_LIMIT.get(kind, 3000))
    fields = block.get("fields") or []
    if len(fields) > _FIELDS[0]:
        yield f"{len(fields)} fields in a section"
    for field in fields:
        yield from _text_faults("field", field, _FIELDS[1])
    if len(block.get("elements") or []) > _ELEMENTS.get(kind, BLOCKS):
        yield f"too many elements in {kind}"


def _text_faults(kind: str, text: Any, limit: int) -> Iterator[str]:
    words = text.get("text") if isinstance(text, dict) else None
    if not isinstance(words, str) or not words:
        yield f"{kind} without text"
    elif len(words) > limit:
        yield f"{kind} of {len(words)} characters"


def _texts(value: Any) -> Iterator[str]:
    """Every text below a value."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
