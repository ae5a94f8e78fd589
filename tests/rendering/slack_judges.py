"""What Slack would refuse in a message, by two third parties and by rules that neither has."""

from collections.abc import Iterator, Mapping
from typing import Any

import slackblocks
from slack_sdk.models.blocks import Block

Payload = Mapping[str, Any]

# Undocumented: `msg_blocks_too_long` from about 13,200 characters on (slackapi/bolt-js#2509).
ALL_TEXT = 13_000
TEXT = 4000
BLOCKS = 50
KEYS = frozenset(
    {"text", "blocks", "attachments", "unfurl_links", "unfurl_media", "channel", "ts", "thread_ts",
     "reply_broadcast"}
)  # fmt: skip
"""What chat.postMessage and chat.update know, as far as the gateway says it."""


def faults(message: Payload) -> list[str]:
    """What any of the three has against the message; empty where Slack would take it."""
    return [*_own(message), *_of_slack_sdk(message), *_of_slackblocks(message)]


def blocks(message: Payload) -> list[dict[str, Any]]:
    """Every block, those of its attachments too."""
    holders = [message, *message.get("attachments", [])]
    return [block for holder in holders for block in holder.get("blocks", [])]


def words(value: Any) -> Iterator[str]:
    """Every text of a block, in reading order."""
    if isinstance(value, list):
        for each in value:
            yield from words(each)
    elif isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for each in value.values():
            yield from words(each)


def _own(message: Payload) -> Iterator[str]:
    if unknown := set(message) - KEYS:
        yield f"unknown keys {unknown}"
    if not 0 < len(message.get("text", "")) <= TEXT:
        yield "text is empty or too long for chat.update"
    found = blocks(message)
    if len(found) > BLOCKS:
        yield f"{len(found)} blocks in all"
    texts = list(words(found))
    if not all(texts):
        yield "an empty text"
    if sum(map(len, texts)) > ALL_TEXT:
        yield "too much text in all blocks"
    yield from (
        f"a field of {len(field['text'])} characters"
        for block in found
        for field in block.get("fields", [])
        if len(field["text"]) > 2000
    )


def _of_slack_sdk(message: Payload) -> Iterator[str]:
    for block in blocks(message):
        try:
            parsed = Block.parse(block)
            lost = parsed is None or parsed.to_dict() != block
        except Exception as error:  # noqa: BLE001 - whatever it raises is its verdict
            yield f"slack_sdk: {error}"
            continue
        if lost:
            yield f"slack_sdk does not know all of {block}"


def _of_slackblocks(message: Payload) -> Iterator[str]:
    """It builds and does not parse: the message is built anew of its classes."""
    try:
        slackblocks.Message(
            channel="C0MADEUP",
            text=message.get("text"),
            blocks=[_block(each) for each in message.get("blocks", [])],
            attachments=[
                slackblocks.Attachment(
                    color=each["color"], blocks=[_block(block) for block in each["blocks"]]
                )
                for each in message.get("attachments", [])
            ],
        ).to_dict()
    except Exception as error:  # noqa: BLE001 - whatever it raises is its verdict
        yield f"slackblocks: {type(error).__name__}: {error}"


def _block(block: Payload) -> slackblocks.Block:
    match block["type"]:
        case "header":
            return slackblocks.HeaderBlock(text=_text(block["text"]))
        case "section":
            fields: list[str | slackblocks.Text] = [_text(each) for each in block.get("fields", [])]
            text = _text(block["text"]) if "text" in block else None
            return slackblocks.SectionBlock(text=text, fields=fields or None)
        case "context":
            return slackblocks.ContextBlock(elements=[_text(each) for each in block["elements"]])
        case "actions":
            return slackblocks.ActionsBlock(elements=[_button(each) for each in block["elements"]])
        case "divider":
            return slackblocks.DividerBlock()
    raise ValueError(block["type"])


def _text(text: Payload) -> slackblocks.Text:
    if text["type"] == "plain_text":
        return slackblocks.PlainText(text["text"], emoji=text.get("emoji", False))
    return slackblocks.Text(text["text"], verbatim=text.get("verbatim", False))


def _button(button: Payload) -> slackblocks.Button:
    return slackblocks.Button(text=_text(button["text"]), url=button.get("url"), action_id="open")
