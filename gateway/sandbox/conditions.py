"""Expressions over what an event says, where a part that is missing is no mistake."""

from collections.abc import Callable
from typing import Any

from jinja2 import Undefined
from jinja2.runtime import Context

from gateway.sandbox.environment import Sandbox

# Filters that fail where there is no number to read.
_NUMERIC = ("abs", "float", "int")


class Missing(Undefined):
    """What an event does not say: false, empty, and on neither side of any bound."""

    __slots__ = ()

    def _itself(self, *_arguments: Any, **_named: Any) -> "Missing":
        return self

    def _never(self, _other: Any) -> bool:
        return False

    # What Jinja's own refuses is harmless here: the comparison or the sum just says nothing.
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _itself  # type: ignore[assignment]  # NoReturn in Jinja
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _itself  # type: ignore[assignment]  # NoReturn in Jinja
    __pos__ = __neg__ = __call__ = __getitem__ = _itself  # type: ignore[assignment]  # NoReturn in Jinja
    __lt__ = __le__ = __gt__ = __ge__ = _never  # type: ignore[assignment]  # NoReturn in Jinja

    def __getattr__(self, name: str) -> "Missing":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Undefined) or other is None or other == ""

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = Undefined.__hash__


class Conditions(Sandbox):
    """Expressions over what an event says, where a part that is missing is no mistake."""

    def __init__(self) -> None:
        super().__init__(undefined=Missing, finalize=_written)
        for name in _NUMERIC:
            self.filters[name] = _of_missing(self.filters[name])

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The attribute; what is null is missing."""
        return self._present(super().getattr(obj, attribute), attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """The item; what is null is missing."""
        return self._present(super().getitem(obj, argument), str(argument))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic; with something that is missing it gives nothing."""
        for side in (left, right):
            if isinstance(side, Missing):
                return side
        return super().call_binop(context, operator, left, right)

    def missing(self) -> Missing:
        """What stands for a value that is not there."""
        return Missing()

    def _present(self, value: Any, name: str) -> Any:
        return Missing(name=name) if value is None else value


def _of_missing(filter_: Callable[..., Any]) -> Callable[..., Any]:
    """The filter, which leaves what is missing alone unless it is given a default."""

    def filtered(value: Any, *arguments: Any, **named: Any) -> Any:
        if not isinstance(value, Missing):
            return filter_(value, *arguments, **named)
        return filter_("", *arguments, **named) if arguments or named else value

    return filtered


def _written(value: Any) -> Any:
    """As people read it: lists with commas, yes and no as in YAML."""
    match value:
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return int(value)
        case list() | tuple():
            return ", ".join(map(str, value))
        case None:
            return ""
    return value
