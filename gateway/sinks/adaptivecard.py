"""An Adaptive Card in the message that Teams takes, within its size.

https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using;
a workflow fails on more than about 28 KB, and says so after it has answered 202.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.codec import encode
from gateway.model.limits import ELLIPSIS

MAX_BYTES = 27 * 1024
"""Of the whole message: what the flow adds to it needs the rest."""
VERSION = "1.5"
"""The newest one that every Teams shows."""
# Of a card that stands for one that could not go: two such links and the text always fit.
_LONGEST_TEXT = 1000
_LONGEST_LABEL = 100
_MOST_LINKS = 2
_LINK = re.compile(r"https?://[!-~]{1,2000}")

JsonObject = dict[str, Any]


def fit(made: Mapping[str, Any]) -> tuple[bytes, list[str]]:
    """The message for Teams, and a sentence for each reason why it is not what was made.

    What was made is a card, or a whole message with cards. One that Teams could not show is
    replaced by a small card with its first text and its links.
    """
    message = made if made.get("type") == "message" else _around(made)
    body = encode(message)
    faults = []
    if not any(each.get("type") == "AdaptiveCard" for each in _objects(message)):
        faults.append("there is no Adaptive Card in it: Teams would show nothing")
    if len(body) > MAX_BYTES:
        faults.append(f"{len(body)} bytes, Teams takes about {MAX_BYTES}")
    return (encode(_around(_small(made))) if faults else body), faults


def _around(card: Mapping[str, Any]) -> JsonObject:
    """The message that holds the card."""
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


def _small(made: Mapping[str, Any]) -> JsonObject:
    """A card of the first text that is found, and the first links."""
    found = list(_objects(made))
    texts = (each.get(key) for each in found for key in ("fallbackText", "text"))
    text = next((each for each in texts if isinstance(each, str) and each), "Snyk alert")
    links = [each for each in found if each.get("type") == "Action.OpenUrl" and _leads(each)]
    return {
        "type": "AdaptiveCard",
        "version": VERSION,
        "body": [
            _block(_cut(text, _LONGEST_TEXT), weight="bolder"),
            _block("There is more than Teams can show."),
        ],
        "actions": [_button(each) for each in links[:_MOST_LINKS]],
    }


def _block(text: str, **looks: str) -> JsonObject:
    return {"type": "TextBlock", "text": text, "wrap": True, **looks}


def _button(action: Mapping[str, Any]) -> JsonObject:
    title = _cut(str(action.get("title") or "Open"), _LONGEST_LABEL)
    return {"type": "Action.OpenUrl", "title": title, "url": action["url"]}


def _leads(action: Mapping[str, Any]) -> bool:
    return isinstance(action.get("url"), str) and bool(_LINK.fullmatch(action["url"]))


def _cut(text: str, limit: int) -> str:
    """Markdown in so many characters; no backslash is left without what it escapes."""
    return text if len(text) <= limit else text[: limit - 1].rstrip("\\") + ELLIPSIS


def _objects(value: Any) -> Iterator[JsonObject]:
    """Every object inside, in reading order."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield each
            waiting += reversed(each.values())
        elif isinstance(each, list):
            waiting += reversed(each)
