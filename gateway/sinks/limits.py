"""A service's limits on a message, and a message within them.

What does not fit is said, so that rendering can list fewer findings; then it is cut.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any

from pydantic import Field

from gateway.codec import encode
from gateway.model.limits import cut, cut_html, cut_md, cut_mrkdwn
from gateway.settings.section import Section
from gateway.settings.types import Whole
from gateway.sinks.jsonpath import JsonPath, places

Most = Annotated[Whole, Field(ge=1)]
Cut = Callable[[str, int], str]
"""Gives a text in at most so many characters."""

CUTS: Mapping[str, Cut] = {
    "slack": cut_mrkdwn, "gchat": cut_html, "card": cut_md, "md": cut_md,
}  # fmt: skip
"""By format, where a text must not be cut just anywhere."""


class Sum(Section):
    """A limit on several texts together."""

    of: list[JsonPath] = Field(min_length=1)
    most: Most


class Limits(Section):
    """Characters are code points; paths lead into the message's JSON."""

    bytes: Most | None = Field(default=None, description="Of the whole body")
    characters: Most | None = Field(default=None, description="Of a body that is text")
    texts: dict[JsonPath, Most] = Field(default_factory=dict, description="Characters, by path")
    items: dict[JsonPath, Most] = Field(default_factory=dict, description="Of lists, by path")
    sums: list[Sum] = Field(default_factory=list, description="Characters of several texts")


def fit_text(text: str, limits: Limits, format_: str) -> tuple[str, list[str]]:
    """The text within the limits, and a sentence for each thing that had to give."""
    shortened, faults = CUTS.get(format_, cut), []
    if limits.characters is not None and len(text) > limits.characters:
        faults.append(_too_long("the message", len(text), limits.characters))
        text = shortened(text, limits.characters)
    most = limits.bytes
    if most is not None and len(text.encode()) > most:
        faults.append(_too_large(len(text.encode()), most))
        text = shortened(text, _longest(lambda n: len(shortened(text, n).encode()) <= most, most))
    return text, faults


def fit_document(document: Any, limits: Limits, format_: str) -> list[str]:
    """Brings the document within the limits; a sentence for each thing that had to give."""
    shortened, faults = CUTS.get(format_, cut), []
    for path, most in limits.items.items():
        for holder, key in places(document, path):
            if isinstance(holder[key], list) and len(holder[key]) > most:
                faults.append(f"{len(holder[key])} items in {path}, the service takes {most}")
                del holder[key][most:]
    for path, most in limits.texts.items():
        for text in _texts(document, [path]):
            if len(text) > most:
                faults.append(_too_long(path, len(text), most))
                text.put(shortened(text.written, most))
    for total in limits.sums:
        faults += _together(document, total, shortened)
    return list(dict.fromkeys([*faults, *_whole(document, limits, shortened)]))


def _together(document: Any, total: Sum, shortened: Cut) -> list[str]:
    texts = _texts(document, total.of)
    length = sum(map(len, texts))
    if length <= total.most:
        return []
    _level(texts, shortened, lambda: sum(map(len, texts)) <= total.most)
    return [_too_long(f"{', '.join(total.of)} together", length, total.most)]


def _whole(document: Any, limits: Limits, shortened: Cut) -> list[str]:
    most, size = limits.bytes, len(encode(document))
    if most is None or size <= most:
        return []
    _level(_texts(document, limits.texts), shortened, lambda: len(encode(document)) <= most)
    return [_too_large(size, most)]


class _Text:
    """A text where it stands in a document."""

    def __init__(self, holder: Any, key: Any) -> None:
        self._holder, self._key = holder, key
        self.written: str = holder[key]

    def __len__(self) -> int:
        return len(self._holder[self._key])

    def put(self, text: str) -> None:
        """Another text stands there."""
        self._holder[self._key] = text


def _texts(document: Any, paths: Iterable[str]) -> list[_Text]:
    return [
        _Text(holder, key)
        for path in paths
        for holder, key in places(document, path)
        if isinstance(holder[key], str)
    ]


def _level(texts: list[_Text], shortened: Cut, fits: Callable[[], bool]) -> None:
    """Cuts the longest ones, all to the same length: the greatest with which it fits."""

    def fits_at(length: int) -> bool:
        for text in texts:
            text.put(shortened(text.written, length))
        return fits()

    fits_at(_longest(fits_at, max(map(len, texts), default=1)))


def _longest(fits: Callable[[int], bool], most: int) -> int:
    """The greatest number up to that one which fits, else 1; less than what fits does too."""
    return max(bisect_left(range(1, most + 1), 1, key=lambda number: int(not fits(number))), 1)


def _too_long(what: str, length: int, most: int) -> str:
    return f"{what} has {length} characters, the service takes {most}"


def _too_large(size: int, most: int) -> str:
    return f"the message has {size} bytes, the service takes {most}"
