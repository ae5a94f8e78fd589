"""The `route` section of routing.yaml."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic.json_schema import SkipJsonSchema

from gateway.routing.fields import EVENT_ONLY, FIELDS, TAG
from gateway.routing.matcher import MatcherText
from gateway.settings.problem import meant
from gateway.settings.section import NotYet, Section
from gateway.settings.types import RouteName, SinkName, TemplateName, Truth, problem

GROUP_KEYS = ("event", "finding", "project", "org")
"""What alerts of a route may be grouped by."""


def _group_key(word: str) -> str:
    if word in GROUP_KEYS:
        return word
    if word in FIELDS or word in EVENT_ONLY or word.startswith(TAG):
        raise problem("not supported yet")
    hint = meant(word, [*GROUP_KEYS, *FIELDS])
    raise problem(f"cannot group by {word!r}{hint}; write {', '.join(GROUP_KEYS)} or a field")


def _once(names: list[str]) -> list[str]:
    for name in names:
        if names.count(name) > 1:
            raise problem(f"{name!r} stands twice")
    return names


def _not_on_the_root(_value: Any) -> None:
    raise problem("not on the root: it takes whatever no other route takes")


GroupKey = Annotated[
    str, AfterValidator(_group_key), WithJsonSchema({"type": "string", "enum": [*GROUP_KEYS]})
]
NotOnRoot = SkipJsonSchema[Annotated[None, BeforeValidator(_not_on_the_root)]]


class Node(Section):
    """What every route may set; what it leaves out it has from the route above it."""

    sinks: Annotated[list[SinkName], AfterValidator(_once)] | None = None
    """None inherits; an empty list drops on purpose."""
    group_by: Annotated[list[GroupKey], AfterValidator(_once)] | None = None
    template: TemplateName | None = None
    routes: list["RouteSettings"] = Field(default_factory=list)
    labels: NotYet = None
    deliver: NotYet = None
    group_wait: NotYet = None
    group_interval: NotYet = None
    repeat_interval: NotYet = None
    max_findings: NotYet = None
    max_alerts: NotYet = None
    active_time_intervals: NotYet = None
    mute_time_intervals: NotYet = None
    outside: NotYet = None


class RouteSettings(Node):
    """One route below the root."""

    name: RouteName
    matchers: list[MatcherText] = Field(default_factory=list)
    """All must hold."""
    continues: Truth = Field(default=False, alias="continue")
    """Go on to the next siblings after a match."""
    when: NotYet = None
    include: NotYet = None

    @model_validator(mode="before")
    @classmethod
    def _included(cls, entry: Any) -> Any:
        # An entry that takes in another file needs no name: that it lacks one is no second problem.
        if isinstance(entry, dict) and "include" in entry:
            return {"name": "included", **entry}
        return entry


class RootSettings(Node):
    """The root: it takes whatever no other route takes."""

    name: Literal["root"] = "root"
    matchers: NotOnRoot = None
    continues: NotOnRoot = Field(default=None, alias="continue")
    when: NotOnRoot = None
