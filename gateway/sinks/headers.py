"""Request headers that cannot be turned into anything else."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator

from gateway.model.exchange import Refused
from gateway.settings.types import problem

# RFC 9110, section 5.6.2: a token.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def is_name(text: str) -> bool:
    """Whether the text is a header's name."""
    return _NAME.fullmatch(text) is not None


def is_value(text: str) -> bool:
    """Whether the text may stand as a header's value: no control characters."""
    return _CONTROL.search(text) is None


def unsound(headers: Mapping[str, str]) -> Refused | None:
    """The refusal of headers whose value, perhaps out of a changed file, may not be sent."""
    for name, value in headers.items():
        if not is_value(value):
            text = f"the value of header {name} holds control characters"
            return Refused(reason="bad_request", detail=text, endpoint=True)
    return None


def _name(text: str) -> str:
    if not is_name(text):
        raise problem(f"{text!r} is not the name of a header")
    return text


HeaderName = Annotated[str, AfterValidator(_name)]
"""The name of a header."""
