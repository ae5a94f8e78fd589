"""One condition of a route, in Alertmanager's notation: `field operator "value"`."""

import dataclasses
import re
from collections.abc import Callable
from typing import Annotated, Any, Self

from pydantic import AfterValidator, PlainValidator, WithJsonSchema

from gateway.routing.comparison import compare, doubt
from gateway.routing.fields import TAG, Field, Subject, Texts, find_field
from gateway.settings.types import problem

_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_QUOTED_TAG = re.compile(rf"\s*{re.escape(TAG)}{_QUOTED}\s*", re.DOTALL)
_NAME = re.compile(r"\s*([^\s=!~<>]+)\s*")
_PLAIN_KEY = re.compile(r'[^\s=!~<>"][^\s=!~<>]*')
_OPERATOR = re.compile(r"(=~|!~|!=|>=|<=|=|>|<)\s*")
_QUOTED_VALUE = re.compile(rf"{_QUOTED}\s*", re.DOTALL)
_PLAIN_VALUE = re.compile(r"""([^\s"'`,{}=!~<>]+)\s*""")
_ESCAPES = {'"': '"', "\\": "\\", "n": "\n"}

# What `explain` shows of a value: a title may be long, a list too.
_SHOWN_TEXT = 80
_SHOWN_TEXTS = 5


@dataclasses.dataclass(frozen=True, slots=True)
class Matcher:
    """A condition that a finding meets or not; prints as it is written."""

    field: Field
    operator: str
    value: str
    warning: str | None = dataclasses.field(compare=False)
    """What may be wrong with it though it can be used."""
    _test: Callable[[Texts], bool] = dataclasses.field(compare=False, repr=False)

    @classmethod
    def of(cls, field: Field, operator: str, value: str) -> Self:
        """The matcher of three parts; raises a settings problem if they make no sense together."""
        test = compare(field, operator, value)
        return cls(field, operator, value, doubt(field, operator, value), test)

    @property
    def exact(self) -> tuple[str, str] | None:
        """Field and value where nothing but that value will do; None for any other condition."""
        plain = self.operator == "=" and self.field.kind != "number" and self.value != ""
        return (self.field.name, self.value) if plain else None

    def matches(self, subject: Subject) -> bool:
        """Whether the subject meets it."""
        return self._test(subject.texts(self.field))

    def why(self, subject: Subject) -> str:
        """The matcher and what it found, as in `severity >= "critical": is "high"`."""
        texts = subject.texts(self.field)
        shown = ", ".join(map(_shown, texts[:_SHOWN_TEXTS]))
        more = f" and {len(texts) - _SHOWN_TEXTS} more" if len(texts) > _SHOWN_TEXTS else ""
        return f"{self}: is {shown}{more}"

    def __str__(self) -> str:
        name = self.field.name
        key = name.removeprefix(TAG)
        if self.field.kind == "tag" and not _PLAIN_KEY.fullmatch(key):
            name = TAG + _quote(key)
        return f"{name} {self.operator} {_quote(self.value)}"


def parse(text: Any) -> Matcher:
    """The matcher that the text spells; raises a settings problem for any other text."""
    if not isinstance(text, str):
        raise problem('a matcher is text: field operator "value"')
    name, at = _read_name(text)
    operator = _OPERATOR.match(text, at)
    if not operator:
        quoted = "; a tag's key with blanks is quoted" if name.startswith(TAG) else ""
        raise _expected(text, at, f"one of = != =~ !~ > >= < <={quoted}")
    value, at = _read_value(text, operator.end())
    if at < len(text):
        raise _expected(text, at, 'the end; one matcher per entry, values in "" unless plain words')
    return Matcher.of(find_field(name), operator[1], value)


MatcherText = Annotated[Matcher, PlainValidator(parse), WithJsonSchema({"type": "string"})]
"""A Matcher, written as text."""


def _of_findings(matcher: Matcher) -> Matcher:
    find_field(matcher.field.name, "finding")
    return matcher


FindingMatcherText = Annotated[MatcherText, AfterValidator(_of_findings)]
"""A Matcher of findings, written as text."""


def _read_name(text: str) -> tuple[str, int]:
    if match := _QUOTED_TAG.match(text):
        return TAG + _unquote(match[1]), match.end()
    if match := _NAME.match(text):
        return match[1], match.end()
    raise _expected(text, len(text) - len(text.lstrip()), "a field")


def _read_value(text: str, at: int) -> tuple[str, int]:
    if match := _QUOTED_VALUE.match(text, at):
        return _unquote(match[1]), match.end()
    if match := _PLAIN_VALUE.match(text, at):
        return match[1], match.end()
    wanted = 'a closing "' if text.startswith('"', at) else 'a value, in "" unless a plain word'
    raise _expected(text, at, wanted)


def _expected(text: str, at: int, wanted: str) -> Exception:
    found = repr(text[at]) if at < len(text) else "the end"
    return problem(f"at character {at + 1}, {found}: expected {wanted}")


def _unquote(text: str) -> str:
    return re.sub(r'\\(["\\n])', lambda escape: _ESCAPES[escape[1]], text)


def _quote(text: str) -> str:
    # A backslash stands for itself unless what follows would make it an escape.
    escaped = re.sub(r'\\(?=["\\n\n]|\Z)', r"\\\\", text)
    return '"' + escaped.replace('"', '\\"').replace("\n", "\\n") + '"'


def _shown(text: str) -> str:
    return _quote(text if len(text) <= _SHOWN_TEXT else text[: _SHOWN_TEXT - 1] + "…")
