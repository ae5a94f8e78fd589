"""Inhibition: while one finding is open, others that it explains are not told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field

from gateway.routing.fields import Field as Named
from gateway.routing.fields import Subject, find_field
from gateway.routing.matcher import FindingMatcherText, Matcher
from gateway.settings.section import Section


def _known(name: str) -> str:
    find_field(name, "finding")
    return name


FieldName = Annotated[str, AfterValidator(_known)]


class InhibitSettings(Section):
    """One rule."""

    source: list[FindingMatcherText] = Field(min_length=1)
    """What mutes while it is open."""
    target: list[FindingMatcherText] = Field(min_length=1)
    """What is muted."""
    equal: list[FieldName] = Field(default_factory=list)
    """Fields that must be the same in both."""


@dataclass(frozen=True, slots=True)
class InhibitRule:
    """Mutes findings that match `target` while one that matches `source` is open."""

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...]
    fields: tuple[Named, ...]

    def is_target(self, subject: Subject) -> bool:
        """Whether the rule may mute the finding."""
        return _all(self.target, subject)

    def is_source(self, subject: Subject) -> bool:
        """Whether the finding may mute others: one that is a target too would mute itself."""
        return _all(self.source, subject) and not _all(self.target, subject)

    def same(self, one: Subject, other: Subject) -> bool:
        """Whether both have the same values of `equal`; two missing values are not the same."""
        pairs = ((field.read(one), field.read(other)) for field in self.fields)
        return all(mine == theirs and any(mine) for mine, theirs in pairs)

    def described(self) -> str:
        """`an open finding with severity = "critical" (same project.id)`."""
        source = ", ".join(map(str, self.source))
        same = f" (same {', '.join(self.equal)})" if self.equal else ""
        return f"an open finding with {source}{same}"


def inhibit_rule(settings: InhibitSettings) -> InhibitRule:
    """The rule that the configuration asks for."""
    return InhibitRule(
        source=tuple(settings.source),
        target=tuple(settings.target),
        equal=tuple(settings.equal),
        fields=tuple(find_field(name, "finding") for name in settings.equal),
    )


def _all(matchers: Sequence[Matcher], subject: Subject) -> bool:
    return all(matcher.matches(subject) for matcher in matchers)
