"""What is wrong between the sections of a configuration whose sections are each well formed."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.errors import TemplateError
from gateway.model.event import INTERNAL
from gateway.pipeline.parts import Parts
from gateway.pipeline.rehearsal import rehearse
from gateway.routing import problems as route_problems
from gateway.routing.intervals import Window
from gateway.routing.rules import Rules
from gateway.routing.settings import RootSettings
from gateway.settings.document import Document
from gateway.settings.extras import Extras
from gateway.settings.problem import Loc, Problem, meant
from gateway.sinks.apprise import AppriseSettings
from gateway.sinks.catalogue import PAGING
from gateway.sinks.fallback import chain, is_circular
from gateway.sinks.sink import fallbacks
from gateway.transport import apprise


def cross_check(
    document: Document, parts: Parts, rules: Rules, extras: Extras, *, files: Path, now: datetime
) -> None:
    """Adds to the document's problems what its parts have to say of one another.

    `files` is the folder that was read; `now` decides what is over already.
    """
    _Crosscheck(document, parts, rules, extras).run(files, now)


class _Crosscheck:
    def __init__(self, document: Document, parts: Parts, rules: Rules, extras: Extras) -> None:
        self._document = document
        self._parts = parts
        self._rules = rules
        self._extras = extras

    def run(self, files: Path, now: datetime) -> None:
        """Everything; samples are rendered only where nothing else is wrong."""
        self._check_routes()
        self._check_names()
        for loc, text in (*self._rules.warnings_at(now), *self._closed_for_good(now)):
            self._problem(loc, text, level="warning")
        self._check_values()
        self._check_apprise()
        if INTERNAL in self._parts.sources:
            text = f"{INTERNAL!r} is the gateway's own name; choose another"
            self._problem(("sources", INTERNAL), text, at_key=True)
        if not any(problem.is_fatal for problem in self._document.problems):
            self._rehearse(self._rules.route)
            self._check_templates(files / "templates")

    def _check_routes(self) -> None:
        route, parts = self._rules.route, self._parts
        paging = {name for name, sink in parts.sinks.items() if sink.type in PAGING}
        flaws = [
            *route_problems.problems(route, list(parts.tables)),
            *route_problems.paging_warnings(route, frozenset(paging)),
        ]
        for flaw in flaws:
            self._problem(("route", *flaw.loc), flaw.text, level=flaw.level)

    def _closed_for_good(self, now: datetime) -> Iterator[tuple[Loc, str]]:
        """Routes whose intervals leave no moment, though each of them comes again."""
        for loc, name in route_problems.hours_set(self._rules.route):
            route = self._parts.tree.find(name)
            if route is None or route.window.opens_at(now) is not None:
                continue
            if all(Window((each,)).opens_at(now) for each in route.window.active):
                yield ("route", *loc), "its hours never come: what waits for them is sent at once"

    def _check_names(self) -> None:
        """Names that nothing has, and things that nothing names."""
        sinks = [
            *_in_route(route_problems.sinks_used(self._rules.route)),
            *self._extras.sinks_used(),
            *self._fallbacks(),
        ]
        self._check_section("sinks", "sink", "no route sends anything to this sink", sinks)
        intervals = _in_route(route_problems.intervals_used(self._rules.route))
        unused = "no route names this time interval"
        self._check_section("time_intervals", "time interval", unused, intervals)

    def _fallbacks(self) -> Iterator[tuple[Loc, str]]:
        """Every sink that stands in for another, and where that is said; a circle is a problem."""
        named = fallbacks(self._parts.sinks.values())
        for name, fallback in named.items():
            loc: Loc = ("sinks", name, "fallback")
            if is_circular(name, named):
                around = " -> ".join([name, *chain(name, named), name])
                self._problem(loc, f"stands in for itself: {around}")
            yield loc, fallback

    def _check_section(
        self, section: str, what: str, unused: str, used: list[tuple[Loc, str]]
    ) -> None:
        known = list(self._document.value(section) or ())
        for loc, name in used:
            if name not in known:
                self._problem(loc, f"no {what} is called {name!r}{meant(name, known)}")
        for name in known:
            if name not in {each for _, each in used}:
                self._problem((section, name), unused, level="warning", at_key=True)

    def _check_values(self) -> None:
        """Expressions in settings, also of sinks that nothing is rehearsed for."""
        for name, sink in self._parts.sinks.items():
            for loc, text in _texts(sink.values, ("sinks", name)):
                try:
                    self._parts.renderer.compile_value(text)
                except TemplateError as error:
                    self._problem(loc, str(error))

    def _check_apprise(self) -> None:
        """Addresses that only the library can judge, which is asked without a network."""
        for name, sink in self._parts.sinks.items():
            if isinstance(sink.settings, AppriseSettings):
                objection = apprise.objection(sink.settings.url.reveal())
                if objection is not None:
                    self._problem(("sinks", name, "url"), objection)

    def _check_templates(self, folder: Path) -> None:
        renderer = self._parts.renderer
        named = {route.template for route in self._parts.tree.routes()}
        named |= {sink.settings.template for sink in self._parts.sinks.values()}
        used = renderer.used_by({name for name in named if name is not None})
        self._document.problems += [
            Problem(
                file=str(folder / file),
                line=1,
                column=1,
                path="",
                text="no route or sink names this template",
                level="warning",
            )
            for file in renderer.own_templates()
            if file not in used
        ]

    def _rehearse(self, route: RootSettings) -> None:
        """Renders samples for every route and sink; what breaks has the place that asked for it."""
        places = {name: loc for loc, name in reversed(route_problems.templates_used(route))}
        for flaw in rehearse(self._parts):
            name = self._parts.sinks[flaw.sink].settings.template
            loc: Loc = ("sinks", flaw.sink)
            if flaw.template in places:
                loc = ("route", *places[flaw.template])
            elif flaw.template is not None and flaw.template == name:
                loc = ("sinks", flaw.sink, "template")
            self._problem(loc, flaw.text, level=flaw.level, at_key=loc == ("sinks", flaw.sink))

    def _problem(self, loc: Loc, text: str, **options: Any) -> None:
        self._document.problems.append(self._document.problem(loc, text, **options))


def _in_route(used: Iterable[tuple[Loc, str]]) -> list[tuple[Loc, str]]:
    return [(("route", *loc), name) for loc, name in used]


def _texts(value: Any, loc: Loc) -> Iterator[tuple[Loc, str]]:
    """Every text in a setting, with its place."""
    match value:
        case str():
            yield loc, value
        case Mapping():
            for key, each in value.items():
                yield from _texts(each, (*loc, key))
        case list() | tuple():
            for number, each in enumerate(value):
                yield from _texts(each, (*loc, number))
