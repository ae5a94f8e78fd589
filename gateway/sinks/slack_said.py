"""What a template has to say to Slack, within its limits."""

from dataclasses import dataclass
from typing import Any

from gateway.codec import decode_object
from gateway.sinks.blockkit import JsonObject, fit

IN_PLACE = "in_place"
"""The key of a document under which the alert stands as it is now, news apart."""


@dataclass(frozen=True, slots=True)
class Said:
    """A document of one or two messages."""

    news: JsonObject
    """The message that tells what happened."""
    in_place: JsonObject | None
    """The message that shows the alert as it is now, where the template makes one."""
    faults: list[str]
    """What Slack's limits would cut or refuse in either."""

    @property
    def message(self) -> JsonObject:
        """What is kept up to date: without a second message, the news."""
        return self.news if self.in_place is None else self.in_place

    @property
    def reply(self) -> JsonObject:
        """What goes into the thread: where the news are in place already, their text alone."""
        if self.in_place is None and "text" in self.news:
            return {"text": self.news["text"]}
        return self.news


def said(body: str) -> Said | None:
    """The document that a template made; None where it is no JSON object."""
    document = decode_object(body)
    if document is None:
        return None
    news, faults = fit({key: each for key, each in document.items() if key != IN_PLACE})
    in_place, more = _fitted(document.get(IN_PLACE))
    return Said(news, in_place, list(dict.fromkeys([*faults, *more])))


def _fitted(value: Any) -> tuple[JsonObject | None, list[str]]:
    return fit(value) if isinstance(value, dict) else (None, [])
