"""Regular expressions in RE2's syntax, which take linear time whatever they are given."""

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


def _written(text: Any) -> Any:
    if not isinstance(text, str):
        raise problem("a regular expression is expected here")
    return compiled(text)


Pattern = Annotated[Any, PlainValidator(_written), WithJsonSchema({"type": "string"})]
"""A compiled pattern, written as text."""
