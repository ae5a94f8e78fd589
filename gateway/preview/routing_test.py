"""Routing tests: a sample or a file, and who must hear of its findings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field, PlainValidator, model_validator

from gateway import codec, samples
from gateway.errors import Unreadable
from gateway.model.event import Event
from gateway.model.finding import Finding
from gateway.pipeline.matching import is_dropped
from gateway.pipeline.parts import Parts
from gateway.preview.reading import read, skipped
from gateway.routing.fields import Subject
from gateway.routing.silences import muting
from gateway.settings.document import read_list
from gateway.settings.problem import Problem, meant
from gateway.settings.reading import Reading
from gateway.settings.section import Section
from gateway.settings.types import problem
from gateway.settings.validation import validate

# Where a test does not say when: any fixed time will do, so that it means the same every day.
_AT = datetime(2026, 1, 1, tzinfo=UTC)


def _moment(text: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise problem("not a time; write 2026-11-23T10:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


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

    finding: str
    """`ID`, or `ID@package` where an id stands twice."""
    route: str | None = None
    sinks: list[str] | None = None


class RoutingTest(Section):
    """One case."""

    name: str
    event: EventChoice
    at: Annotated[datetime, PlainValidator(_moment)] = _AT
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


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a case; no failures mean that it passed."""

    case: Case
    failures: tuple[str, ...]


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


def judge(parts: Parts, case: Case) -> Verdict:
    """Whether the findings of the case go where they should."""
    try:
        at = case.test.at
        heard = [each for event in _events(parts, case) for each in _heard(parts, event, at)]
    except (OSError, Unreadable) as error:
        return Verdict(case, (f"its event cannot be read: {error}",))
    failures = [failure for wanted in case.test.expect for failure in _misses(wanted, heard)]
    failures += [
        f"{each.sink_list} would hear of {each.what}, though {sink} must get nothing"
        for sink in case.test.expect_none
        for each in heard
        if sink in each.sinks
    ]
    return Verdict(case, tuple(failures))


def failures(parts: Parts) -> list[Problem]:
    """What is wrong with the routing tests of a configuration, each with its place."""
    found, problems = cases(parts.folder, parts)
    failed = [
        Problem(
            file=verdict.case.file,
            line=verdict.case.line,
            column=1,
            path=verdict.case.test.name,
            text=f"routing test failed: {parts.redaction(failure)}",
        )
        for verdict in (judge(parts, case) for case in found)
        for failure in verdict.failures
    ]
    return [*problems, *failed]


@dataclass(frozen=True, slots=True)
class _Heard:
    """One finding, or the event itself, under one route that took it."""

    finding: Finding | None
    route: str
    sinks: tuple[str, ...]

    @property
    def what(self) -> str:
        return self.finding.id if self.finding else "the event"

    @property
    def sink_list(self) -> str:
        return ", ".join(self.sinks) or "nobody"


def _heard(parts: Parts, event: Event, at: datetime) -> Iterator[_Heard]:
    for subject in (Subject(None, event), *(Subject(each, event) for each in event.findings)):
        finding = subject.finding
        if finding and skipped(parts, event, ignored=finding.ignored):
            continue
        # What is held is heard later; what is silenced counts as unheard.
        if finding and muting(parts.silences, subject, at):
            continue
        for taken in parts.tree.walk(subject, at).taken:
            if not is_dropped(taken, at):
                yield _Heard(finding, taken.route.name, taken.route.sinks)


def _misses(wanted: Expectation, heard: Sequence[_Heard]) -> Iterator[str]:
    """What is different from an expectation: one sentence, or none."""
    identity, _, package = wanted.finding.partition("@")
    of_finding = [
        each
        for each in heard
        if each.finding and each.finding.id == identity and package in ("", each.finding.package)
    ]
    if not of_finding:
        known = sorted({each.finding.id for each in heard if each.finding})
        yield f"{wanted.finding}: no such finding{meant(identity, known)}"
        return
    under = [each for each in of_finding if wanted.route in (None, each.route)]
    if any(wanted.sinks is None or set(wanted.sinks) == set(each.sinks) for each in under):
        return
    told = "; ".join(f"route {each.route} → {each.sink_list}" for each in of_finding)
    yield f"{wanted.finding}: expected {_described(wanted)}, got {told}"


def _described(wanted: Expectation) -> str:
    route = f"route {wanted.route}" if wanted.route else "any route"
    sinks = "" if wanted.sinks is None else f" → {', '.join(wanted.sinks) or 'nobody'}"
    return route + sinks


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


def _events(parts: Parts, case: Case) -> Iterator[Event]:
    choice, at = case.test.event, case.test.at
    if choice.file is not None:
        bodies = [codec.decode(Path(case.folder, choice.file).read_bytes())]
    else:
        bodies = list(samples.bodies(choice.sample or "", at=at))
    for body in bodies:
        yield read(parts, codec.encode(_merged(body, choice.model_extra or {})), at)


def _merged(body: Any, changes: Any) -> Any:
    """The body with the changes: mappings are merged, everything else is replaced."""
    if not isinstance(body, Mapping) or not isinstance(changes, Mapping):
        return changes
    return {**body, **{key: _merged(body.get(key), each) for key, each in changes.items()}}
