"""Inhibition: while one finding is open, others that it explains are not told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field

from gateway.model.severity import rank
from gateway.routing.fields import Field as Named
from gateway.routing.fields import Subject, Texts, find_field
from gateway.routing.matcher import FindingMatcherText, Matcher
from gateway.settings.section import Section

Values = tuple[Texts, ...]
"""What the fields of `equal` hold, none of them missing."""


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

    def values(self, subject: Subject) -> Values | None:
        """What `equal` must be the same in; None where a value is missing, which equals nothing."""
        found = tuple(subject.texts(field) for field in self.fields)
        return found if all(map(any, found)) else None

    def inhibiting(self, findings: Iterable[Subject]) -> frozenset[Values]:
        """The values for which one of these open findings is a source: looked up, not compared."""
        found = (self.values(each) for each in findings if self.is_source(each))
        return frozenset(values for values in found if values is not None)

    @property
    def least_rank(self) -> int:
        """The rank of severity that a source has at least; 0 where the rule does not say."""
        return max((_least_rank(matcher) for matcher in self.source), default=0)

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


def _least_rank(matcher: Matcher) -> int:
    if matcher.field.name != "severity" or matcher.operator not in {"=", ">=", ">"}:
        return 0
    return rank(matcher.value) + (matcher.operator == ">")
