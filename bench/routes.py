"""What one finding costs in a tree of 10 to 10,000 routes.

The mix: a team each, half of the routes below their team, the rest beside them; 60 % ask for a tag
with `=`, 15 % for a project's name with `=~`, 15 % for a severity and a tag, 10 % have a `when`
behind a matcher. No pattern stands twice.
"""

import time
from datetime import UTC, datetime
from typing import Any

from bench.cores import pin, stand_aside
from bench.goal import row
from bench.result import Figure, Part, Row, Spread
from gateway.model.event import Event, Org, Project
from gateway.model.finding import Finding
from gateway.routing.fields import Subject
from gateway.routing.settings import RootSettings
from gateway.routing.tree import Tree

SIZES = (10, 100, 1_000, 10_000)
GOALS = {1_000: "µs/finding <= 500", 10_000: "µs/finding <= 5,000"}
MIX = ("tag",) * 12 + ("pattern",) * 3 + ("severity",) * 3 + ("when",) * 2
"""What the routes ask for, in turn."""
AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


def route(number: int) -> dict[str, Any]:
    """The route of that number in the published mix."""
    name = f"route-{number}"
    match MIX[number % len(MIX)]:
        case "tag":
            return {"name": name, "matchers": [f"project.tags.service = service-{number}"]}
        case "pattern":
            return {"name": name, "matchers": [f'project.name =~ "acme/service-{number}:.*"']}
        case "severity":
            asked = ["severity >= high", f"project.tags.owner = owner-{number}"]
            return {"name": name, "matchers": asked}
    when = f"cvss > 7 and project.tags.tier == 'tier-{number}'"
    return {"name": name, "matchers": [f"project.origin = origin-{number}"], "when": when}


def tree(size: int) -> Tree:
    """A tree of so many routes."""
    flat = [route(number) for number in range(size // 2)]
    teams = []
    for first in range(size // 2, size, 10):
        below = [route(number) for number in range(first + 1, min(first + 10, size))]
        team = {"name": f"team-{first}", "matchers": [f"project.tags.team = team-{first}"]}
        teams.append({**team, "routes": below})
    return Tree.build(RootSettings.model_validate({"sinks": ["chat"], "routes": [*flat, *teams]}))


def subjects(size: int) -> list[Subject]:
    """Findings that go to routes all over the tree, and to none."""
    numbers = [*range(0, size, max(size // 16, 1)), size]
    return [subject(number) for number in numbers]


def subject(number: int) -> Subject:
    """A finding for the route of that number."""
    event = Event(
        id="evt_bench",
        source="snyk",
        type="project_snapshot",
        version="v0",
        received_at=AT,
        project=Project(
            id="p",
            name=f"acme/service-{number}:package.json",
            origin=f"origin-{number}",
            tags=(
                ("team", f"team-{number - number % 10}"),
                ("service", f"service-{number}"),
                ("owner", f"owner-{number}"),
                ("tier", f"tier-{number}"),
            ),
        ),
        org=Org(id="o"),
    )
    return Subject(Finding(id="SNYK-1", severity="high", cvss=8.1, package="acme"), event)


def microseconds(walked: Tree, made: list[Subject], seconds: float) -> float:
    """One round: the mean over the findings, each read anew."""
    began, walks = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        for each in made:
            walked.walk(Subject(each.finding, each.event), AT)
        walks += len(made)
    return (time.perf_counter() - began) / walks * 1e6


async def measure(*, quick: bool) -> Part:
    """Every size, on the core that is measured."""
    rounds, seconds, sizes = (3, 0.1, SIZES[:-1]) if quick else (7, 0.25, SIZES)
    pin()
    rows = [_row(size, rounds, seconds) for size in sizes]
    stand_aside()
    return Part(
        name="routes",
        title="One finding in a tree of routes",
        rows=rows,
        notes=[
            (
                f"Rounds: {rounds}, of {seconds:g} s each; findings go to routes all over the "
                "tree, and are read anew each time."
            )
        ],
    )


def _row(size: int, rounds: int, seconds: float) -> Row:
    walked, made = tree(size), subjects(size)
    took = [microseconds(walked, made, seconds) for _ in range(rounds)]
    figures: dict[str, Figure] = {"µs/finding": Spread.of(took)}
    what = f"{size:,} routes"
    return row(what, figures, GOALS[size]) if size in GOALS else Row(what=what, figures=figures)
