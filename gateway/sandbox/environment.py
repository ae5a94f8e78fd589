"""Jinja for operators: no way to the outside, no cheap way to make a gigabyte.

Jinja's own sandbox fences attributes, not sizes; what can be stopped at a single expression is
stopped here, the rest by the cap on output where a template is rendered.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from jinja2 import StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

# Methods of text that make it as long as a number says, or many times longer.
_PADDING = frozenset(
    {"ljust", "rjust", "center", "zfill", "format", "format_map", "expandtabs", "replace",
     "translate"}
)  # fmt: skip
# Filters that do the same, or that escape for another format than the template's.
_FILTERS = ("batch", "center", "format", "indent", "replace", "round", "safe", "slice", "tojson",
            "wordwrap", "xmlattr", "urlize", "pprint")  # fmt: skip
_GLOBALS = ("lipsum", "range", "namespace", "cycler", "joiner")

MAX_RANGE = 1000


class Sandbox(ImmutableSandboxedEnvironment):
    """A strict, sandboxed Jinja environment without the filters that pad and repeat."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, **options: Any) -> None:
        options.setdefault("undefined", StrictUndefined)
        options.setdefault("keep_trailing_newline", True)
        super().__init__(**options)
        for name in _FILTERS:
            self.filters.pop(name, None)
        for name in _GLOBALS:
            self.globals.pop(name, None)
        self.globals["range"] = _short_range

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic on numbers; anything that could repeat a text is refused."""
        if operator == "**" or not (_is_number(left) and _is_number(right)):
            raise SecurityError(f"{operator} works on numbers only")
        return super().call_binop(context, operator, left, right)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What a mapping holds under that name, before its methods: a tag may be called `items`."""
        # A dict is asked first: what is abstract takes longer to ask about.
        if isinstance(obj, dict | Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def wrap_str_format(self, value: Any) -> None:
        """Refuses `format`: Jinja asks here before `is_safe_attribute`, and would let it pad."""
        if super().wrap_str_format(value) is not None:
            raise SecurityError("format is not available")

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Jinja's own rule, and no padding methods on text."""
        return super().is_safe_attribute(obj, attr, value) and not (
            isinstance(obj, str) and attr in _PADDING
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _short_range(*limits: int) -> Iterable[int]:
    numbers = range(*limits)
    if len(numbers) > MAX_RANGE:
        raise SecurityError(f"range() gives at most {MAX_RANGE} numbers")
    return numbers
