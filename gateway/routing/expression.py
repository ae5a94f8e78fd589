"""`when` and `labels`: Jinja over the same names as matchers, worked out in the sandbox."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from pydantic import PlainValidator, WithJsonSchema

from gateway.errors import TemplateError
from gateway.routing.names import Context, unknown
from gateway.sandbox.compiled import Compiled, Path, expression, text_with_expressions
from gateway.settings.types import problem

T = TypeVar("T")

# What a payload can make of a label; it becomes part of keys and messages.
LONGEST_LABEL = 1000


@dataclass(frozen=True, slots=True)
class Failed:
    """An expression that could not be worked out, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Expression:
    """Jinja over what a subject says; equal to another of the same text, prints as written."""

    text: str
    _compiled: Compiled = field(compare=False, repr=False)

    @property
    def paths(self) -> frozenset[Path]:
        """The names that it reads, each with the attributes that follow."""
        return self._compiled.paths

    def _worked_out(self, context: Context, kind: Callable[[Any], T]) -> T | Failed:
        try:
            return kind(self._compiled.work_out(context.names({path[0] for path in self.paths})))
        except Exception as error:  # noqa: BLE001 - an expression may raise whatever Python can
            return Failed(" ".join(f"{type(error).__name__}: {error}".split())[:200])

    def __str__(self) -> str:
        return self.text


class When(Expression):
    """A condition."""

    __slots__ = ()

    def holds(self, context: Context) -> bool | Failed:
        """Whether it is true; Failed where that cannot be said."""
        return self._worked_out(context, bool)


class LabelText(Expression):
    """The text of a label, with expressions in it or without."""

    __slots__ = ()

    def work_out(self, context: Context) -> str | Failed:
        """The label; Failed where it cannot be worked out."""
        if "{" not in self.text:
            return self.text
        found = self._worked_out(context, str)
        return found if isinstance(found, Failed) else found[:LONGEST_LABEL]


def parse_when(text: Any) -> When:
    """The condition that the text spells; raises a settings problem for any other text."""
    if not isinstance(text, str) or not text.strip():
        raise problem("an expression is expected here, such as fixable and severity >= 'high'")
    if text.strip().startswith(("{{", "{%")):
        raise problem("an expression stands without {{ }}: fixable and severity >= 'high'")
    return When(text.strip(), _compiled(expression, text.strip()))


def parse_label(text: Any) -> LabelText:
    """The label that the text spells; raises a settings problem for any other text."""
    if isinstance(text, bool | int | float):
        text = str(text).lower() if isinstance(text, bool) else str(text)
    if not isinstance(text, str):
        raise problem("a label is text; write payments or \"{{ project.tags.team or 'default' }}\"")
    return LabelText(text, _compiled(text_with_expressions, text))


WhenText = Annotated[When, PlainValidator(parse_when), WithJsonSchema({"type": "string"})]
LabelValue = Annotated[LabelText, PlainValidator(parse_label), WithJsonSchema({"type": "string"})]


def _compiled(compile_: Callable[[str], Compiled], text: str) -> Compiled:
    try:
        compiled = compile_(text)
    except TemplateError as error:
        raise problem(f"not an expression: {error}") from None
    for path in sorted(compiled.paths):
        wrong = unknown(path)
        if wrong:
            raise problem(wrong)
    return compiled
