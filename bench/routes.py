"""What one finding costs in a tree of 10 to 10,000 routes: a table, and results/routes.json.

The mix: a team each, half of the routes below their team, the rest beside them; 60 % ask for a tag
with `=`, 15 % for a project's name with `=~`, 15 % for a severity and a tag, 10 % have a `when`
behind a matcher. No pattern stands twice.
"""

import json
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.machine import machine
from gateway.model.event import Event, Org, Project
from gateway.model.finding import Finding
from gateway.routing.fields import Subject
from gateway.routing.settings import RootSettings
from gateway.routing.tree import Tree

SIZES = (10, 100, 1_000, 10_000)
GOALS = {1_000: 500.0, 10_000: 5_000.0}
"""Microseconds per finding."""
MIX = ("tag",) * 12 + ("pattern",) * 3 + ("severity",) * 3 + ("when",) * 2
"""What the routes ask for, in turn."""
ROUNDS = 7
_SECONDS = 0.25
AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
RESULTS = Path(__file__).parent / "results" / "routes.json"


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


def microseconds(walked: Tree, made: list[Subject]) -> float:
    """One round: the mean over the findings, each read anew."""
    began, walks = time.perf_counter(), 0
    while time.perf_counter() - began < _SECONDS:
        for each in made:
            walked.walk(Subject(each.finding, each.event), AT)
        walks += len(made)
    return (time.perf_counter() - began) / walks * 1e6


def measure(size: int) -> dict[str, float]:
    """Median and spread over the rounds."""
    walked, made = tree(size), subjects(size)
    rounds = sorted(microseconds(walked, made) for _ in range(ROUNDS))
    return {"routes": size, "median": statistics.median(rounds), "least": rounds[0],
            "most": rounds[-1]}  # fmt: skip


def _write(line: str) -> None:
    sys.stdout.write(line.rstrip() + "\n")


def main() -> int:
    """Measures every size; 1 where a goal is missed."""
    rows = [measure(size) for size in SIZES]
    _write("routes   µs per finding (least to most)   goal")
    missed = 0
    for row in rows:
        goal = GOALS.get(int(row["routes"]))
        missed += goal is not None and row["median"] > goal
        wanted = f"under {goal:,.0f}" if goal else ""
        spread = f"{row['least']:,.1f} to {row['most']:,.1f}"
        _write(f"{row['routes']:>6,.0f}   {row['median']:>8,.1f} ({spread})".ljust(42) + wanted)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({**machine(), "rows": rows}, indent=2) + "\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
