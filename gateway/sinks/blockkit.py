"""Slack's Block Kit within its limits.

https://docs.slack.dev/reference/block-kit/blocks; the limit on all text together is undocumented,
measured at about 13,200 characters (slackapi/bolt-js#2509).
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.model.limits import cut_mrkdwn

MAX_TEXT = 4000
MAX_BLOCKS = 50
MAX_ATTACHMENTS = 100
MAX_BLOCK_BYTES = 12_000
# Kept free for the line that says how much is missing.
_RESERVE = 50
# Text objects of a block that would spend more than is left; eleven of them always fit.
_SHORT = 200

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the parts of one kind of block or element may be."""

    texts: Mapping[str, int] = field(default_factory=dict)
    """Cut where they are longer."""
    links: Mapping[str, int] = field(default_factory=dict)
    """Nothing can be cut off these: what holds a longer one is left out."""
    items: tuple[str, int, int] | None = None
    """A list: its key, the most items, the longest text of one."""
    needs: tuple[str, ...] = ()
    """Without any of these it is left out: one empty text and Slack refuses the whole message."""


KINDS: Mapping[str, Limits] = {
    "section": Limits({"text": 3000}, items=("fields", 10, 2000), needs=("text", "fields")),
    "header": Limits({"text": 150}, needs=("text",)),
    "context": Limits(items=("elements", 10, 3000), needs=("elements",)),
    "actions": Limits(items=("elements", 25, 3000), needs=("elements",)),
    "markdown": Limits({"text": 11_900}, needs=("text",)),
    "button": Limits(
        {"text": 75, "value": 2000, "accessibility_label": 75, "action_id": 255},
        {"url": 3000},
        needs=("text",),
    ),
    "image": Limits({"alt_text": 2000, "title": 2000}, {"image_url": 3000}),
    "attachment": Limits({"title": 1024, "footer": 300}),
}


def fit(payload: Mapping[str, Any]) -> tuple[JsonObject, list[str]]:
    """The payload within Slack's limits, and a sentence for each thing that had to give."""
    faults: list[str] = []
    text = _cut(payload.get("text", ""), MAX_TEXT, "text", faults)
    if not text:
        faults.append("there is no top-level text: notifications would show nothing")
    attachments = _objects(payload.get("attachments"))
    if len(attachments) > MAX_ATTACHMENTS:
        faults.append(f"{len(attachments)} attachments, Slack takes {MAX_ATTACHMENTS}")
    attachments = [
        _texts(each, "attachment", faults, sys.maxsize) for each in attachments[:MAX_ATTACHMENTS]
    ]
    groups = [_sound(each.get("blocks"), faults) for each in (payload, *attachments)]
    kept = _together(groups, faults)
    coloured = [
        {**each, "blocks": blocks} if "blocks" in each else each
        for each, blocks in zip(attachments, kept[1:], strict=True)
        if blocks or "blocks" not in each
    ]
    fitted = {**payload, "text": text, "blocks": kept[0], "attachments": coloured}
    fitted = {key: value for key, value in fitted.items() if value not in ("", [], None)}
    return fitted, list(dict.fromkeys(faults))


def _sound(blocks: Any, faults: list[str]) -> list[JsonObject]:
    """The blocks within their own limits, without those of which nothing is left."""
    shortened = (_shortened(block, faults) for block in _objects(blocks))
    return [block for block in shortened if block]


def _together(groups: list[list[JsonObject]], faults: list[str]) -> list[list[JsonObject]]:
    """As many blocks as one message takes, in reading order; the last one counts the rest."""
    queue = [(number, block) for number, group in enumerate(groups) for block in group]
    spent = sum(_weight(block) for _, block in queue)
    whole = len(queue) <= MAX_BLOCKS and spent <= MAX_BLOCK_BYTES
    room = MAX_BLOCKS if whole else MAX_BLOCKS - 1
    left = MAX_BLOCK_BYTES if whole else MAX_BLOCK_BYTES - _RESERVE
    taken, last = 0, 0
    kept: list[list[JsonObject]] = [[] for _ in groups]
    for number, block in queue[:room]:
        fitting = _affordable(block, left)
        if not fitting:
            break
        kept[number].append(fitting)
        left, taken, last = left - _weight(fitting), taken + 1, number
    if len(queue) > MAX_BLOCKS:
        faults.append(f"{len(queue)} blocks, Slack takes {MAX_BLOCKS}")
    if spent > MAX_BLOCK_BYTES:
        faults.append(f"{spent} bytes of text in all blocks, Slack takes about {MAX_BLOCK_BYTES}")
    missing = sum(block.get("type") != "divider" for _, block in queue[taken:])
    if missing:
        more = {"type": "mrkdwn", "text": f"… {missing} more"}
        kept[last].append({"type": "context", "elements": [more]})
    return kept


def _affordable(block: JsonObject, left: int) -> JsonObject | None:
    """The block, or its short form, if its text costs no more than is left."""
    if _weight(block) <= left:
        return block
    short = _shortened(block, [], _SHORT)
    return short if short and _weight(short) <= left else None


def _weight(value: Any) -> int:
    """Bytes of all text inside."""
    if isinstance(value, list):
        return sum(map(_weight, value))
    if not isinstance(value, dict):
        return 0
    own = value.get("text")
    return (len(own.encode()) if isinstance(own, str) else 0) + sum(map(_weight, value.values()))


def _shortened(item: JsonObject, faults: list[str], most: int = sys.maxsize) -> JsonObject | None:
    """A block or an element within its own limits, None where it must be left out."""
    kind = str(item.get("type"))
    limits = KINDS.get(kind, Limits())
    for key, limit in limits.links.items():
        if len(str(item.get(key, ""))) > limit:
            faults.append(f"{kind}.{key} is too long, Slack takes {limit} characters")
            return None
    fitted = _texts(item, kind, faults, most)
    if limits.items and limits.items[0] in item:
        key, count, limit = limits.items
        fitted[key] = _items(item[key], f"{kind}.{key}", faults, count, min(limit, most))
    if isinstance(item.get("accessory"), dict):
        fitted["accessory"] = _shortened(item["accessory"], faults, most)
    fitted = {key: value for key, value in fitted.items() if value not in (None, [])}
    if limits.needs and not any(key in fitted for key in limits.needs):
        faults.append(f"a {kind} is empty, Slack would refuse it")
        return None
    return fitted


def _texts(item: JsonObject, kind: str, faults: list[str], most: int) -> JsonObject:
    """The item with its texts cut; an empty one is None."""
    texts = {"block_id": 255, **KINDS.get(kind, Limits()).texts}
    return item | {
        key: _cut(item[key], min(limit, most), f"{kind}.{key}", faults) or None
        for key, limit in texts.items()
        if key in item
    }


def _items(items: Any, what: str, faults: list[str], count: int, limit: int) -> list[JsonObject]:
    """The elements or fields of a block."""
    found = _objects(items)
    if len(found) > count:
        faults.append(f"{len(found)} {what}, Slack takes {count}")
    shortened = (
        _cut(each, limit, what, faults) if "text" in each and each.get("type") not in KINDS
        else _shortened(each, faults)
        for each in found[:count]
    )  # fmt: skip
    return [each for each in shortened if each]


def _cut(value: Any, limit: int, what: str, faults: list[str]) -> Any:
    """A text, or an object that holds one, within the limit; None for an empty object."""
    if isinstance(value, dict):
        text = _cut(value.get("text", ""), limit, what, faults)
        return {**value, "text": text} if text else None
    if isinstance(value, str) and len(value) > limit:
        faults.append(f"{what} has {len(value)} characters, Slack takes {limit}")
        # Plain text is escaped too, so that it may be cut like mrkdwn.
        return cut_mrkdwn(value, limit)
    return value


def _objects(value: Any) -> list[JsonObject]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
