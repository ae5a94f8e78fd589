"""What the body of a change may say."""

import re
from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from gateway.settings.section import Section
from gateway.settings.types import moment, problem

MOST_IDS = 1000
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise problem("not an id")
    return text


Id = Annotated[str, AfterValidator(_id)]
Ids = Annotated[list[Id], Field(min_length=1, max_length=MOST_IDS), AfterValidator(dict.fromkeys)]
Moment = Annotated[datetime, PlainValidator(moment)]


class Filter(Section):
    """What deliveries are chosen by; all of it must hold."""

    sink: str | None = None
    route: str | None = None
    alert: str | None = None
    event: str | None = None
    reason: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_dump(exclude_none=True):
            raise problem("an empty filter would choose everything: name a sink, a route, …")
        return self


class Nothing(Section):
    """A change that needs no words."""


class Replay(Section):
    """Stored events to walk through today's rules."""

    ids: Ids | None = None
    since: Moment | None = None
    dry_run: bool = False

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.ids is None) == (self.since is None):
            raise problem("give either ids or since")
        return self


class Chosen(Section):
    """Deliveries to try again or to give up."""

    ids: Ids | None = None
    filter: Filter | None = None
    dry_run: bool = False

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.ids is None) == (self.filter is None):
            raise problem("give either ids or filter")
        return self


class Resolve(Section):
    """Open alerts to resolve by hand."""

    ids: Ids | None = None
    project: Annotated[str, Field(min_length=1)] | None = None
    """Id or name."""
    dry_run: bool = False

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.ids is None) == (self.project is None):
            raise problem("give either ids or project")
        return self
