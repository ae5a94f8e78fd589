"""A routing test as it is written: a sample or a file, and who must hear of it and its findings."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, ConfigDict, Field, PlainValidator, model_validator

from gateway import samples
from gateway.pipeline.parts import Parts
from gateway.settings.document import read_list
from gateway.settings.problem import Problem, meant
from gateway.settings.reading import Reading
from gateway.settings.section import Section
from gateway.settings.types import moment, problem
from gateway.settings.validation import validate

# Where a test does not say when: any fixed time will do, so that it means the same every day.
_AT = datetime(2026, 1, 1, tzinfo=UTC)


def _sample(name: str) -> str:
    if name not in samples.NAMES:
        raise problem(f"no sample {name!r}{meant(name, list(samples.NAMES))}")
    return name


class EventChoice(Section):
    """A sample or a file; every further key is a change to its body."""

    model_config = ConfigDict(extra="allow")

    sample: Annotated[str, AfterValidator(_sample)] | None = None
    file: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.sample is None) == (self.file is None):
            raise problem("either sample: NAME or file: path.json")
        return self


class Expectation(Section):
    """One delivery that must be there; what is left out may be anything."""

    finding: str | None = None
    """`ID`, or `ID@package` where an id stands twice; left out, it is the event itself."""
    route: str | None = None
    sinks: list[str] | None = None

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        if self.finding is None and self.route is None and self.sinks is None:
            raise problem("write finding, or route or sinks of the event itself")
        return self


class RoutingTest(Section):
    """One case."""

    name: str
    event: EventChoice
    at: Annotated[datetime, PlainValidator(moment)] = _AT
    expect: list[Expectation] = Field(default_factory=list)
    expect_none: list[str] = Field(default_factory=list)
    """Sinks that must get nothing."""

    @model_validator(mode="after")
    def _can_fail(self) -> Self:
        if not self.expect and not self.expect_none:
            raise problem("expects nothing: write expect or expect_none")
        return self


@dataclass(frozen=True, slots=True)
class Case:
    """A routing test and where it stands."""

    test: RoutingTest
    folder: Path
    """Its `file` counts from here."""
    file: str
    line: int


def cases(folder: Path, parts: Parts) -> tuple[list[Case], list[Problem]]:
    """The cases of `folder/tests/*.yaml` in file order, and what is wrong with these files."""
    found: list[Case] = []
    problems: list[Problem] = []
    for file in sorted(Path(folder, "tests").glob("*.yaml")):
        document = read_list(file, "tests")
        reading = Reading(folder=file.parent)
        for number, value in enumerate(document.value("tests") or []):
            test = validate(RoutingTest, document, ("tests", number), value, reading)
            if test is not None:
                line = document.problem(("tests", number), "").line
                found.append(Case(test, file.parent, str(file), line))
                document.problems += [
                    document.problem(("tests", number, *loc), text)
                    for loc, text in _unknown(test, parts)
                ]
        problems += document.problems
    return found, problems


def _unknown(test: RoutingTest, parts: Parts) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Names of routes and sinks that the configuration does not have."""
    routes, sinks = [route.name for route in parts.tree.routes()], list(parts.sinks)
    for number, wanted in enumerate(test.expect):
        if wanted.route is not None and wanted.route not in routes:
            text = f"no route is called {wanted.route!r}{meant(wanted.route, routes)}"
            yield ("expect", number, "route"), text
        for at, name in enumerate(wanted.sinks or ()):
            if name not in sinks:
                text = f"no sink is called {name!r}{meant(name, sinks)}"
                yield ("expect", number, "sinks", at), text
    for at, name in enumerate(test.expect_none):
        if name not in sinks:
            yield ("expect_none", at), f"no sink is called {name!r}{meant(name, sinks)}"
