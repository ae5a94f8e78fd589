"""The fields of an Opsgenie alert within its limits.

Message, alias, description and tags: https://docs.opsgenie.com/docs/alert-api; the other numbers
are the commonly quoted ones.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from gateway.codec import encode
from gateway.model.limits import cut

MAX_TEXTS = {"message": 130, "description": 15_000, "entity": 512, "source": 100, "note": 25_000}
MAX_TAGS, MAX_TAG = 20, 50
MAX_RESPONDERS = 50
MAX_DETAILS = 8000
RESPONDERS = ("team", "user", "schedule", "escalation")

Fields = dict[str, Any]


def fit(fields: Mapping[str, Any]) -> tuple[Fields, list[str]]:
    """The fields that Opsgenie takes, empty ones left out, and a sentence for each that gave."""
    faults: list[str] = []
    fitted: Fields = {
        key: _cut(_text(fields.get(key)), limit, key, faults) for key, limit in MAX_TEXTS.items()
    }
    fitted["tags"] = _tags(fields.get("tags"), faults)
    fitted["details"] = _details(fields.get("details"), faults)
    fitted["responders"] = _responders(fields.get("responders"), faults)
    return {key: value for key, value in fitted.items() if value}, faults


def responder(text: str) -> Fields | None:
    """`team:payments` as Opsgenie writes it, by name or id; None where it is none."""
    kind, _, name = text.partition(":")
    name = name.strip()
    if kind not in RESPONDERS or not name:
        return None
    if is_id(name):
        return {"type": kind, "id": name}
    return {"type": kind, "username" if kind == "user" else "name": name}


def is_id(text: str) -> bool:
    """Whether it is an id, not a name."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _tags(value: Any, faults: list[str]) -> list[str]:
    tags = dict.fromkeys(_cut(tag, MAX_TAG, "a tag", faults) for tag in _texts(value))
    return _few(list(tags), MAX_TAGS, "tags", faults)


def _details(value: Any, faults: list[str]) -> dict[str, str]:
    """As many details as fit; the last one is cut."""
    given = {str(key): _text(each) for key, each in value.items()} if _is_map(value) else {}
    details: dict[str, str] = {}
    left = MAX_DETAILS
    for key, text in given.items():
        left -= len(key)
        if left <= 0:
            break
        details[key] = cut(text, left)
        left -= len(details[key])
    if details != given:
        faults.append(f"details are longer than {MAX_DETAILS} characters in all")
    return details


def _responders(value: Any, faults: list[str]) -> list[Fields]:
    responders = []
    for text in dict.fromkeys(_texts(value)):
        found = responder(text)
        if found:
            responders.append(found)
        else:
            faults.append(f"{text!r} is not a responder; it is left out")
    return _few(responders, MAX_RESPONDERS, "responders", faults)


def _cut(text: str, limit: int, what: str, faults: list[str]) -> str:
    if len(text) > limit:
        faults.append(f"{what} has {len(text)} characters, Opsgenie takes {limit}")
    return cut(text, limit)


def _few(items: list[Any], most: int, what: str, faults: list[str]) -> list[Any]:
    if len(items) > most:
        faults.append(f"{len(items)} {what}, Opsgenie takes {most}")
    return items[:most]


def _texts(value: Any) -> Iterable[str]:
    items = value if isinstance(value, list | tuple) else []
    return [text for text in map(_text, items) if text]


def _text(value: Any) -> str:
    """Opsgenie refuses an alert in which anything but text stands for text."""
    if value is None:
        return ""
    return value.strip() if isinstance(value, str) else encode(value).decode()


def _is_map(value: Any) -> bool:
    return isinstance(value, Mapping)
