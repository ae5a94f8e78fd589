"""Routing tests: whether an event and its findings go where the author wants them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.errors import Unreadable
from gateway.pipeline.parts import Parts
from gateway.preview.case import Case, Expectation, cases
from gateway.preview.heard import Heard, heard
from gateway.settings.problem import Problem, meant

__all__ = ["Case", "Failure", "Verdict", "cases", "failures", "judge"]

_MOST_SHOWN = 5
_EVENT = "the event"


@dataclass(frozen=True, slots=True)
class Failure:
    """What is otherwise than a test expects; prints as one line."""

    of: str
    """The finding, the event or the sink."""
    expected: str
    got: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The difference, a line each, what was expected first."""
        return (f"- expected {self.expected}", *(f"+ got      {each}" for each in self.got))

    def __str__(self) -> str:
        return f"{self.of}: expected {self.expected}, got {'; '.join(self.got)}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a case; no failures mean that it passed."""

    case: Case
    failures: tuple[Failure, ...]


def judge(parts: Parts, case: Case) -> Verdict:
    """Whether the event of the case and its findings go where they should."""
    try:
        found = heard(parts, case)
    except (OSError, Unreadable) as error:
        unread = Failure(
            "its event", "one that can be read", (f"one that cannot be read: {error}",)
        )
        return Verdict(case, (unread,))
    missed = [each for wanted in case.test.expect for each in _missed(wanted, found)]
    unwanted = [each for sink in case.test.expect_none for each in _unwanted(sink, found)]
    return Verdict(case, (*missed, *unwanted))


def failures(parts: Parts) -> list[Problem]:
    """What is wrong with the routing tests of a configuration, each with its place."""
    found, problems = cases(parts.folder, parts)
    failed = [
        Problem(
            file=verdict.case.file,
            line=verdict.case.line,
            column=1,
            path=verdict.case.test.name,
            text=f"routing test failed: {parts.redaction(str(failure))}",
        )
        for verdict in (judge(parts, case) for case in found)
        for failure in verdict.failures
    ]
    return [*problems, *failed]


def _missed(wanted: Expectation, found: Sequence[Heard]) -> Iterator[Failure]:
    """What is different from an expectation, if anything is."""
    of_it = [each for each in found if _is_of(each, wanted.finding)]
    if any(_meets(each, wanted) for each in of_it):
        return
    got = tuple(dict.fromkeys(each.told for each in of_it)) or (_none(wanted, found),)
    yield Failure(wanted.finding or _EVENT, _described(wanted), got)


def _is_of(each: Heard, identity: str | None) -> bool:
    """Whether it is of that finding, `ID` or `ID@package`; None stands for the event itself."""
    finding = each.finding
    if finding is None:
        return identity is None
    return identity in {finding.id, f"{finding.id}@{finding.package}"}


def _none(wanted: Expectation, found: Sequence[Heard]) -> str:
    known = sorted({each.finding.id for each in found if each.finding})
    return f"no such finding{meant((wanted.finding or '').partition('@')[0], known)}"


def _meets(each: Heard, wanted: Expectation) -> bool:
    if wanted.route not in {None, each.route}:
        return False
    if wanted.sinks is None:
        return bool(each.route) and not each.unheard
    return set(wanted.sinks) == set(each.sinks)


def _described(wanted: Expectation) -> str:
    route = f"route {wanted.route}" if wanted.route else "any route"
    sinks = "" if wanted.sinks is None else f" → {', '.join(wanted.sinks) or 'nobody'}"
    return route + sinks


def _unwanted(sink: str, found: Sequence[Heard]) -> Iterator[Failure]:
    """What a sink hears of that must get nothing, if anything."""
    told = [
        f"{each.finding.id if each.finding else _EVENT} ({each.told})"
        for each in found
        if sink in each.sinks
    ]
    if told:
        more = len(told) - _MOST_SHOWN
        shown = (*told[:_MOST_SHOWN], *((f"{more} more",) if more > 0 else ()))
        yield Failure(sink, "nothing", shown)
