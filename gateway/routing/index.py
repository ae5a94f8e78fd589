"""Finds among many routes those whose `field = value` may hold, without asking each."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from heapq import merge
from typing import Generic, TypeVar

from gateway.routing.fields import Field, Subject
from gateway.routing.matcher import Matcher

T = TypeVar("T")
Numbered = tuple[int, T]


class Index(Generic[T]):
    """Things in order, each with its matchers; one that cannot match is mostly not looked at."""

    def __init__(self, things: Sequence[T], matchers: Callable[[T], Sequence[Matcher]]) -> None:
        self._rest: list[tuple[int, T]] = []
        self._exact: defaultdict[str, defaultdict[str, list[tuple[int, T]]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self._fields: dict[str, Field] = {}
        for number, thing in enumerate(things):
            exact = next((each for each in matchers(thing) if each.exact), None)
            if exact is None:
                self._rest.append((number, thing))
            else:
                self._fields[exact.field.name] = exact.field
                self._exact[exact.field.name][exact.value].append((number, thing))

    def candidates(self, subject: Subject) -> Iterator[T]:
        """Those that may match, in order; the others are sure not to."""
        found = [self._rest] if self._rest else []
        for name, values in self._exact.items():
            texts = dict.fromkeys(subject.texts(self._fields[name]))
            found += [values[text] for text in texts if text in values]
        if len(found) == 1:
            return (thing for _, thing in found[0])
        return (thing for _, thing in merge(*found, key=_number))


def _number(numbered: tuple[int, T]) -> int:
    return numbered[0]
