"""Places in a JSON document: `data.items[0].name`, `embeds[*].title`."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator

from gateway.settings.types import problem

_STEP = re.compile(r"(?:^|(?!^)\.)(?P<name>[^.\[\]]+)|\[(?P<index>\d{1,9}|\*)\]")
Step = str | int | None
"""A key, a number of a list, or None: every item of the list."""


@cache
def steps(path: str) -> tuple[Step, ...]:
    """The way to a place; empty where the text is no path."""
    found: list[Step] = []
    end = 0
    for match in _STEP.finditer(path):
        if match.start() != end:
            return ()
        end = match.end()
        index = match["index"]
        found.append(match["name"] or (None if index == "*" else int(index)))
    return tuple(found) if end == len(path) else ()


def places(document: Any, path: str) -> Iterator[tuple[Any, Any]]:
    """What holds each thing that stands at the path, and its key or number there."""
    *way, last = steps(path)
    holders = [document]
    for step in way:
        holders = [holder[key] for each in holders for holder, key in _at(each, step)]
    for each in holders:
        yield from _at(each, last)


def values(document: Any, path: str) -> list[Any]:
    """Whatever stands at the path."""
    return [holder[key] for holder, key in places(document, path)]


def _at(holder: Any, step: Step) -> Iterator[tuple[Any, Any]]:
    match holder, step:
        case dict(), str() if step in holder:
            yield holder, step
        case list(), None:
            yield from ((holder, number) for number in range(len(holder)))
        case list(), int() if step < len(holder):
            yield holder, step


def _sound(path: str) -> str:
    if not steps(path):
        raise problem("not a path in JSON; write data.status or items[*].name")
    return path


JsonPath = Annotated[str, AfterValidator(_sound)]
"""A path, written as text."""
