"""Configuration folder in, parts out; or every problem at once, each with its place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar, Union

from pydantic import BaseModel, Field, create_model

from gateway.errors import SettingsError
from gateway.pipeline.parts import Parts
from gateway.pipeline.rehearsal import rehearse
from gateway.rendering.rendering import Renderer
from gateway.routing import problems as route_problems
from gateway.routing.settings import RootSettings
from gateway.routing.tree import Tree
from gateway.settings.document import UNSET, Document, read
from gateway.settings.listeners import Admin, Server
from gateway.settings.problem import Loc, Problem, meant
from gateway.settings.reading import Reading
from gateway.settings.section import Section
from gateway.settings.validation import validate
from gateway.sinks.catalogue import SINKS
from gateway.sources.catalogue import SOURCES
from gateway.store.settings import StoreSettings
from gateway.transport.egress import Egress

SECTIONS: Mapping[str, type[Section]] = {
    "server": Server,
    "admin": Admin,
    "store": StoreSettings,
    "egress": Egress,
}
NOT_YET = frozenset({"instance", "internal", "tables", "time_intervals", "silences", "inhibit"})
KNOWN = [*SECTIONS, "sources", "sinks", "route", *sorted(NOT_YET)]

Member = TypeVar("Member", covariant=True)  # noqa: PLC0105 - reads better than Member_co


class Kind(Protocol[Member]):
    """One line of a family's list."""

    @property
    def settings(self) -> type[Any]:
        """The model of its settings."""
        ...

    @property
    def build(self) -> Callable[[str, Any], Member]:
        """Makes the member from its name and settings."""
        ...


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that can be run."""

    parts: Parts
    warnings: tuple[Problem, ...]


def load(path: Path, *, environ: Mapping[str, str], offline: bool) -> Loaded:
    """The parts of a configuration.

    `offline` lets placeholders stand in for unset variables and missing secret files, as warnings.
    Raises SettingsError with every problem (and warning) that was found.
    """
    reading = Reading(folder=path if path.is_dir() else path.parent)
    document = read(path, reading, environ, offline=offline)
    if document.problems and not document.sections:
        raise SettingsError(document.problems)  # nothing was read: that nothing is in it is no news
    parts = _Assembly(document, reading).parts()
    document.problems += _missing_files(document, reading, offline=offline)
    problems = tuple(sorted(set(document.problems)))
    if parts is None or any(problem.level == "problem" for problem in problems):
        raise SettingsError(problems)
    return Loaded(parts, problems)


def schema() -> dict[str, Any]:
    """The JSON Schema of a configuration file, for editors."""
    fields: dict[str, Any] = {
        name: (model | None, Field(default=None)) for name, model in SECTIONS.items()
    }
    named: Any = dict  # generic types are put together here from the families' lists
    one_of: Any = Union
    for name, family in (("sources", SOURCES), ("sinks", SINKS)):
        models = tuple(kind.settings for kind in family.values())
        fields[name] = (named[str, one_of[models]] | None, Field(default=None))
    fields["route"] = (RootSettings | None, Field(default=None))
    model: type[BaseModel] = create_model("Configuration", __base__=Section, **fields)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}


def _missing_files(document: Document, reading: Reading, *, offline: bool) -> list[Problem]:
    level = "warning" if offline else "problem"
    return [
        document.problem(document.secret_file(name), f"cannot read {name}", level=level, kind=UNSET)
        for name in reading.missing_files
    ]


class _Assembly:
    """Puts the parts of one document together and collects what is wrong with them."""

    def __init__(self, document: Document, reading: Reading) -> None:
        self._document = document
        self._reading = reading

    def parts(self) -> Parts | None:
        """The parts; None where a problem leaves a hole."""
        self._unknown_keys()
        sections = {name: self._section(name, model) for name, model in SECTIONS.items()}
        sources = self._family("sources", SOURCES)
        sinks = self._family("sinks", SINKS)
        route = self._route()
        if None in sections.values() or sources is None or sinks is None or route is None:
            return None
        admin = sections["admin"]
        public_url = admin.public_url if isinstance(admin, Admin) else None
        tree = Tree.build(route)
        parts = Parts(
            folder=self._reading.folder,
            **sections,  # type: ignore[arg-type]  # the models of SECTIONS, by name
            sources=sources,
            sinks=sinks,
            tree=tree,
            renderer=Renderer(self._templates(), public_url=public_url),
            redaction=self._reading.redaction,
            templates={route.name: route.template for route in tree.routes()},
        )
        self._cross_check(parts, route)
        return parts

    def _problem(self, loc: Loc, text: str, **options: Any) -> None:
        self._document.problems.append(self._document.problem(loc, text, **options))

    def _unknown_keys(self) -> None:
        for key in self._document.sections:
            if key in NOT_YET:
                self._problem((key,), "not supported yet", at_key=True)
            elif key not in KNOWN:
                self._problem((key,), "unknown key" + meant(key, KNOWN), at_key=True)

    def _section(self, name: str, model: type[Section]) -> Section | None:
        value = self._document.value(name)
        return validate(
            model, self._document, (name,), {} if value is None else value, self._reading
        )

    def _family(self, name: str, kinds: Mapping[str, Kind[Member]]) -> dict[str, Member] | None:
        """Every member that a section names; None where one of them is wrong."""
        section = self._document.value(name)
        if section is None and name == "sources":
            self._problem((name,), "no source: write sources: {snyk: {type: snyk, secrets: […]}}")
            return None
        if not isinstance(section, dict) and section is not None:
            self._problem((name,), "a mapping of names is expected here")
            return None
        members = {
            key: self._member((name, key), value, kinds) for key, value in (section or {}).items()
        }
        found = {key: member for key, member in members.items() if member is not None}
        return found if len(found) == len(members) else None

    def _member(self, loc: Loc, value: Any, kinds: Mapping[str, Kind[Member]]) -> Member | None:
        if not isinstance(value, dict):
            self._problem(loc, "a mapping is expected here")
            return None
        kind = kinds.get(str(value.get("type")))
        if kind is None:
            known = ", ".join(kinds)
            hint = meant(str(value.get("type")), list(kinds))
            text = f"is missing; one of {known}" if "type" not in value else f"one of {known}{hint}"
            self._problem((*loc, "type"), text, at_key="type" not in value)
            return None
        settings = validate(kind.settings, self._document, loc, value, self._reading)
        return None if settings is None else kind.build(str(loc[-1]), settings)

    def _route(self) -> RootSettings | None:
        value = self._document.value("route")
        if value is None:
            self._problem(("route",), "no routes: write route: {sinks: [NAME]}")
            return None
        return validate(RootSettings, self._document, ("route",), value, self._reading)

    def _templates(self) -> Path | None:
        folder = Path(self._reading.folder, "templates")
        return folder if folder.is_dir() else None

    def _cross_check(self, parts: Parts, route: RootSettings) -> None:
        for flaw in route_problems.problems(route):
            self._problem(("route", *flaw.loc), flaw.text, level=flaw.level)
        used = route_problems.sinks_used(route)
        for loc, name in used:
            if name not in parts.sinks:
                hint = meant(name, list(parts.sinks))
                self._problem(("route", *loc), f"no sink is called {name!r}{hint}")
        for name in parts.sinks.keys() - {name for _, name in used}:
            text = "no route sends anything to this sink"
            self._problem(("sinks", name), text, level="warning", at_key=True)
        if not any(problem.level == "problem" for problem in self._document.problems):
            self._rehearse(parts, route)

    def _rehearse(self, parts: Parts, route: RootSettings) -> None:
        """Renders samples for every route and sink; what breaks has the place that asked for it."""
        places = {name: loc for loc, name in reversed(route_problems.templates_used(route))}
        for flaw in rehearse(parts):
            name = parts.sinks[flaw.sink].settings.template
            loc: Loc = ("sinks", flaw.sink)
            if flaw.template in places:
                loc = ("route", *places[flaw.template])
            elif flaw.template is not None and flaw.template == name:
                loc = ("sinks", flaw.sink, "template")
            self._problem(loc, flaw.text, level=flaw.level, at_key=loc == ("sinks", flaw.sink))
