"""The section `tables`: what Jinja looks up, as in `tables.teams[labels.team].channel`."""

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, PlainValidator, ValidationError, WithJsonSchema
from pydantic_core import InitErrorDetails

from gateway.settings.problem import Loc
from gateway.settings.types import problem

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_PLAIN = (str, bool, int, float)


class Table(dict[str, Any]):
    """A look-up; its entry `default`, where there is one, answers for what is missing."""

    def __missing__(self, name: str) -> Any:
        if "default" in self:
            return self["default"]
        raise KeyError(name)

    def get(self, name: str, otherwise: Any = None) -> Any:
        """The entry, else the table's default, else what is given."""
        return self[name] if name in self or "default" in self else otherwise


def _table(value: Any) -> Table:
    if not isinstance(value, dict):
        raise problem("a mapping of names is expected here")
    flaws = [
        InitErrorDetails(type=problem(text), loc=loc, input=None) for loc, text in _flaws(value)
    ]
    if flaws:
        raise ValidationError.from_exception_data("table", flaws)
    return Table(value)


def _flaws(
    value: Any, loc: Loc = (), above: frozenset[int] = frozenset()
) -> Iterator[tuple[Loc, str]]:
    if id(value) in above:
        yield loc, "an alias leads back to what it stands in"
    elif isinstance(value, dict):
        for name, each in value.items():
            if not isinstance(name, str):
                yield (*loc, name), f"a name is text: write '{name}' in quotes"
            yield from _flaws(each, (*loc, name), above | {id(value)})
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _flaws(each, (*loc, number), above | {id(value)})
    elif not isinstance(value, _PLAIN):
        yield loc, "text, a number, true, false, a list or a mapping is expected here"


def _identifier(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise problem("not a name for a table: letters, digits and '_' only, a letter first")
    return name


TablesText = dict[
    Annotated[str, AfterValidator(_identifier)],
    Annotated[Table, PlainValidator(_table), WithJsonSchema({"type": "object"})],
]
"""Tables by their names, which Jinja can say: `tables.teams`."""
