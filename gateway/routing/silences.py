"""Silences: findings that nobody is told of until a time, with an owner and a reason."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from gateway.errors import SettingsError
from gateway.routing.comparison import instant
from gateway.routing.fields import Subject
from gateway.routing.matcher import FindingMatcherText, Matcher
from gateway.settings.problem import Problem, dotted
from gateway.settings.section import Section
from gateway.settings.types import problem

# RFC 3339, or a bare date; a time that does not say its zone is nobody's.
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?", re.ASCII
)


def _moment(value: Any) -> datetime:
    moment = _in_utc(value) if isinstance(value, str) and _TIME.fullmatch(value) else None
    if moment is None:
        raise problem(
            "not a time; write 2027-01-31T00:00:00Z, or a bare date for its first instant"
        )
    return moment


def _in_utc(text: str) -> datetime | None:
    moment = instant(text)
    try:
        return moment and moment.astimezone(UTC)
    except OverflowError:  # the first or the last hours of the calendar
        return None


def _said(text: str) -> str:
    if not text.strip():
        raise problem("is empty: whoever meets the silence wants to know")
    return text


Moment = Annotated[
    datetime,
    PlainValidator(_moment),
    WithJsonSchema({"type": "string", "examples": ["2027-01-31T00:00:00Z"]}),
]
Said = Annotated[str, AfterValidator(_said)]


class SilenceSettings(Section):
    """One silence; it always ends."""

    matchers: list[FindingMatcherText] = Field(min_length=1)
    """All must hold."""
    starts: Moment | None = Field(default=None, alias="from")
    until: Moment
    owner: Said
    reason: Said

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.starts is not None and self.starts >= self.until:
            raise problem("ends before it begins: `until` must be after `from`")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A silence in force, to come or over."""

    id: str
    matchers: tuple[Matcher, ...]
    starts: datetime | None
    until: datetime
    owner: str
    reason: str
    origin: Literal["yaml", "runtime"]

    def has_begun(self, now: datetime) -> bool:
        """Whether it is in force or over."""
        return self.starts is None or self.starts <= now

    def is_over(self, now: datetime) -> bool:
        """Whether it has ended: it has at the instant `until`."""
        return self.until <= now

    def mutes(self, subject: Subject, now: datetime) -> bool:
        """Whether nobody is told of the finding now."""
        in_force = self.has_begun(now) and not self.is_over(now)
        return in_force and all(matcher.matches(subject) for matcher in self.matchers)

    def described(self) -> str:
        """`silence sil_1 (platform: being retired, until 2027-01-31T00:00:00Z)`."""
        end = self.until.isoformat().replace("+00:00", "Z")
        return f"silence {self.id} ({self.owner}: {self.reason}, until {end})"


def silence_of(settings: SilenceSettings, silence_id: str) -> Silence:
    """The silence that the configuration asks for."""
    return Silence(
        id=silence_id,
        matchers=tuple(settings.matchers),
        starts=settings.starts,
        until=settings.until,
        owner=settings.owner,
        reason=settings.reason,
        origin="yaml",
    )


def parse_silence(said: Mapping[str, Any]) -> SilenceSettings:
    """The silence that a request asks for; raises SettingsError with everything that is wrong."""
    try:
        return SilenceSettings.model_validate(dict(said))
    except ValidationError as error:
        raise SettingsError(
            [
                Problem(
                    file="silence", line=1, column=1, path=dotted(each["loc"]), text=each["msg"]
                )
                for each in error.errors()
            ]
        ) from None


def muting(silences: Iterable[Silence], subject: Subject, now: datetime) -> Silence | None:
    """Of the silences that mute the finding now, the one that ends last."""
    found = [silence for silence in silences if silence.mutes(subject, now)]
    return max(found, key=lambda silence: silence.until, default=None)
