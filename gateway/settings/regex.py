"""Regular expressions in RE2's syntax, which take linear time whatever they are given."""

import re
from typing import Annotated, Any

import re2
from pydantic import PlainValidator, WithJsonSchema

from gateway.settings.types import problem


def compiled(text: str) -> Any:
    """The pattern; raises a problem where it is none."""
    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True  # `.*` holds for every text, line breaks or not
    try:
        return re2.compile(text, options)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace")
        raise problem(
            f"not a regular expression: {reason} (RE2 syntax: no look-around, no back-references)"
        ) from None
    except UnicodeEncodeError:
        raise problem("not a regular expression: it holds what is no character") from None


# Characters that stand for themselves, and escaped punctuation; a letter after a backslash may mean
# anything.
_LITERAL = re.compile(r"[^\\.^$*+?{}\[\]|()]|\\[^\w]", re.ASCII)


def literal_prefix(text: str) -> str:
    """What every text begins with that a pattern matches as a whole, or the beginning of that.

    To look for it costs a hundredth of asking the pattern.
    """
    if "|" in text:
        return ""
    at, prefix = int(text.startswith("^")), ""
    while literal := _LITERAL.match(text, at):
        at = literal.end()
        if text[at : at + 1] in {"*", "?", "+", "{"}:  # it need not be there
            break
        prefix += literal[0][-1]
    return prefix


def _written(text: Any) -> Any:
    if not isinstance(text, str):
        raise problem("a regular expression is expected here")
    return compiled(text)


Pattern = Annotated[Any, PlainValidator(_written), WithJsonSchema({"type": "string"})]
"""A compiled pattern, written as text."""
