"""Another sink that stands in for one that cannot be told."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from gateway.settings.section import Section
from gateway.settings.types import DURATION_SCHEMA, Duration, SinkName


class Fallback(Section):
    """Which sink stands in, and when."""

    sink: SinkName
    after: Duration | None = Field(default=None, gt=0)
    """Seconds that the first sink is tried alone; None: until it dies, or its breaker opens."""


def _named(value: Any) -> Any:
    return {"sink": value} if isinstance(value, str) else value


_SCHEMA = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {
                "sink": {"type": "string"},
                "after": DURATION_SCHEMA,
            },
            "required": ["sink"],
            "additionalProperties": False,
        },
    ]
}
FallbackText = Annotated[Fallback, BeforeValidator(_named), WithJsonSchema(_SCHEMA)]
"""A Fallback, written as the name of a sink or `{sink: NAME, after: 5m}`."""


def chain(name: str, fallbacks: Mapping[str, str]) -> Iterator[str]:
    """The sinks that stand in for one, each for the one before; it ends where one comes again."""
    seen = {name}
    while (name := fallbacks.get(name, name)) not in seen:
        seen.add(name)
        yield name


def is_circular(name: str, fallbacks: Mapping[str, str]) -> bool:
    """Whether a sink would at last stand in for itself."""
    last = [name, *chain(name, fallbacks)][-1]
    return fallbacks.get(last) == name
