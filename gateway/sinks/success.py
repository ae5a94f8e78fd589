"""Which answers mean that an endpoint has the message."""

from typing import Any

from pydantic import Field

from gateway.codec import decode
from gateway.errors import Unreadable
from gateway.model.exchange import SUCCESSES, Response
from gateway.settings.regex import Pattern
from gateway.settings.section import Section
from gateway.settings.types import Whole
from gateway.sinks.jsonpath import JsonPath, values


class Success(Section):
    """All that is said must hold; nothing said is any 2xx."""

    status: list[Whole] = Field(default_factory=list, description="Any 2xx unless given")
    body: Pattern | None = Field(
        default=None, description="Found somewhere in the answer (RE2); ^ and $ are its ends"
    )
    fields: dict[JsonPath, Any] = Field(
        default_factory=dict, alias="json", description="What the answer's JSON holds, by path"
    )

    def holds(self, response: Response) -> bool:
        """Whether the endpoint has the message."""
        if response.status not in (self.status or SUCCESSES):
            return False
        if self.body is not None and not self.body.search(response.body.decode(errors="replace")):
            return False
        return not self.fields or _match(self.fields, response.body)


def _match(fields: dict[str, Any], body: bytes) -> bool:
    try:
        answer = decode(body)
    except Unreadable:
        return False
    return all(_all_are(values(answer, path), wanted) for path, wanted in fields.items())


def _all_are(found: list[Any], wanted: Any) -> bool:
    """To Python `1` is `True`; to JSON it is not."""
    is_truth = isinstance(wanted, bool)
    return bool(found) and all(
        each == wanted and isinstance(each, bool) == is_truth for each in found
    )
