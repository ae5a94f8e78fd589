"""The `route` section of routing.yaml."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from gateway.model.delivery import Deliver
from gateway.routing.budget import BudgetText
from gateway.routing.expression import LabelValue, WhenText
from gateway.routing.fields import EVENT_ONLY, FIELDS, TAG, find_field
from gateway.routing.matcher import MatcherText
from gateway.settings.problem import meant
from gateway.settings.section import Section
from gateway.settings.types import (
    Duration,
    RouteName,
    SinkName,
    TemplateName,
    Truth,
    Whole,
    problem,
)

GROUP_KEYS = ("event", "finding", "project", "org")
"""What alerts of a route may be grouped by, besides fields."""
LABEL = "labels."
"""What follows in a `group_by` is the name of a label."""
Outside = Literal["hold", "drop", "next"]

MAX_FINDINGS = 100
"""The most that one message may list; Slack takes fewer than 50 blocks."""


def _group_key(word: str) -> str:
    if word in GROUP_KEYS or (word.startswith(LABEL) and word != LABEL):
        return word
    if word in FIELDS or word.startswith(TAG):
        find_field(word, "finding")
        return word
    hint = meant(word, [*GROUP_KEYS, *(FIELDS.keys() - EVENT_ONLY), LABEL + "NAME", TAG + "KEY"])
    raise problem(f"cannot group by {word!r}{hint}; write {', '.join(GROUP_KEYS)} or a field")


def _once(names: list[str]) -> list[str]:
    for name in names:
        if names.count(name) > 1:
            raise problem(f"{name!r} stands twice")
    return names


def _label_name(name: str) -> str:
    if not name.isidentifier() or not name.isascii():
        raise problem(f"{name!r} cannot be named in an expression: letters, digits and _ only")
    return name


def _not_on_the_root(_value: Any) -> None:
    raise problem("not on the root: it takes whatever no other route takes")


GroupKey = Annotated[str, AfterValidator(_group_key)]
LabelName = Annotated[str, AfterValidator(_label_name)]
NotOnRoot = SkipJsonSchema[Annotated[None, BeforeValidator(_not_on_the_root)]]
Names = Annotated[list[str], AfterValidator(_once)]


def _or_a_file(schema: dict[str, Any]) -> None:
    """Editors see entries that take in a file; this model sees what is in it."""
    routes = schema["properties"]["routes"]
    included = {
        "type": "object",
        "properties": {"include": {"type": "string", "examples": ["routes/payments.yaml"]}},
        "required": ["include"],
        "additionalProperties": False,
    }
    routes["items"] = {"anyOf": [routes["items"], included]}


class Node(Section):
    """What every route may set; what it leaves out it has from the route above it."""

    model_config = ConfigDict(json_schema_extra=_or_a_file)

    sinks: Annotated[list[SinkName], AfterValidator(_once)] | None = None
    """None inherits; an empty list drops on purpose."""
    group_by: Annotated[list[GroupKey], AfterValidator(_once)] | None = None
    """An empty list makes one alert of the whole route."""
    deliver: Deliver | None = None
    labels: dict[LabelName, LabelValue] = Field(default_factory=dict)
    """Merged with those of the routes above."""
    group_wait: Duration | None = None
    group_interval: Duration | None = None
    repeat_interval: Duration | None = Field(default=None, gt=0)
    max_findings: Annotated[Whole, Field(ge=1, le=MAX_FINDINGS)] | None = None
    max_alerts: BudgetText | None = None
    active_time_intervals: Names | None = None
    """None inherits; an empty list lifts those of the route above."""
    mute_time_intervals: Names | None = None
    outside: Outside | None = None
    template: TemplateName | None = None
    routes: list["RouteSettings"] = Field(default_factory=list)


class RouteSettings(Node):
    """One route below the root."""

    name: RouteName
    matchers: list[MatcherText] = Field(default_factory=list)
    """All must hold."""
    when: WhenText | None = None
    continues: Truth = Field(default=False, alias="continue")
    """Go on to the next siblings after a match."""


class RootSettings(Node):
    """The root: it takes whatever no other route takes."""

    name: Literal["root"] = "root"
    matchers: NotOnRoot = None
    continues: NotOnRoot = Field(default=None, alias="continue")
    when: NotOnRoot = None
