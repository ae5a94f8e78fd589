"""Settings of a sink that may differ per alert: texts with expressions in them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from gateway.errors import TemplateError
from gateway.rendering.environment import Environment
from gateway.rendering.escaping import plain, segment
from gateway.rendering.written import write_text
from gateway.sandbox.marks import varies

Names = Mapping[str, Any]
Known = Callable[[], Names]
"""Gives the names: they take long to gather, and most settings ask for none."""

BINDING = frozenset({"url", "query", "headers", "always"})
"""Settings without a default: where one fails there is no message.

They are worked out at each try, and never kept: they may hold credentials.
"""


@dataclass(frozen=True, slots=True)
class Worked:
    """Settings with their expressions worked out."""

    values: Mapping[str, Any]
    failed: str | None = None
    """Which settings are left out, and why."""


class Values:
    """Works out settings; each text is compiled once."""

    def __init__(self) -> None:
        self._text = Environment(plain, write_text)
        self._url = Environment(segment, write_text)
        self._compiled: dict[tuple[str, bool], Callable[[Names], str]] = {}

    def work_out(self, settings: Mapping[str, Any], names: Known) -> Worked:
        """The settings; one that fails is left out, so that its default counts.

        Raises TemplateError where one of BINDING fails.
        """
        values, failed = {}, []
        for key, value in settings.items():
            try:
                values[key] = self._worked_out(value, names, url=key == "url")
            except TemplateError as error:
                text = f"{key}: {error}"
                if key in BINDING:
                    raise TemplateError(text) from None
                failed.append(text)
        return Worked(values, "; ".join(failed) or None)

    def compiles(self, text: str) -> None:
        """Raises TemplateError where the text's expressions do not compile."""
        self._expression(text, url=False)

    def _worked_out(self, value: Any, names: Known, *, url: bool) -> Any:
        match value:
            case str() if varies(value):
                text = self._expression(value, url=url)(names())
                return _unmoved(text) if url else text
            case Mapping():
                return {key: self._worked_out(each, names, url=url) for key, each in value.items()}
            case list() | tuple():
                return [self._worked_out(each, names, url=url) for each in value]
        return value

    def _expression(self, text: str, *, url: bool) -> Callable[[Names], str]:
        key = text, url
        if key not in self._compiled:
            self._compiled[key] = (self._url if url else self._text).expression(text)
        return self._compiled[key]


def _unmoved(url: str) -> str:
    """The URL, unless a value would climb out of its segment: no encoding keeps `..` in it."""
    if {".", ".."} & set(map(unquote, urlsplit(url).path.split("/"))):
        raise TemplateError("a segment would be . or ..")
    return url
