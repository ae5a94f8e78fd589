"""Configuration folder in, parts out; or every problem at once, each with its place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeVar, Union

from pydantic import BaseModel, Field, ValidationError, WithJsonSchema, create_model

from gateway.clock import Clock, SystemClock
from gateway.crosscheck import cross_check
from gateway.errors import SettingsError
from gateway.pipeline.parts import Parts
from gateway.rendering.rendering import Renderer
from gateway.routing.rules import Rules
from gateway.routing.tree import Tree
from gateway.settings.document import UNSET, Document, read
from gateway.settings.extras import Extras, InstanceName, Internal
from gateway.settings.listeners import Admin, Server
from gateway.settings.problem import Loc, Problem, meant
from gateway.settings.reading import Reading
from gateway.settings.salvage import salvaged
from gateway.settings.section import Section
from gateway.settings.tables import TablesText
from gateway.settings.validation import validate
from gateway.sinks import preset_files
from gateway.sinks.catalogue import PRESETS, SINKS, of_preset
from gateway.sinks.catalogue import Kind as SinkKind
from gateway.sources.catalogue import SOURCES
from gateway.store.settings import StoreSettings
from gateway.transport.egress import Egress

SECTIONS: Mapping[str, type[Section]] = {
    "server": Server,
    "admin": Admin,
    "store": StoreSettings,
    "egress": Egress,
}
KNOWN = [*SECTIONS, "sources", "sinks", *Rules.model_fields, "instance", "internal", "tables"]

_BY_OWN_PRESET: Any = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "description": "A sink by a preset of your own",
            "properties": {"type": {"type": "string", "not": {"enum": sorted(SINKS)}}},
            "required": ["type"],
        }
    ),
]

Model = TypeVar("Model", bound=Section)
Member_co = TypeVar("Member_co", covariant=True)


class Kind(Protocol[Member_co]):
    """One line of a family's list."""

    @property
    def settings(self) -> type[Any]:
        """The model of its settings."""
        ...

    @property
    def build(self) -> Callable[[str, Any], Member_co]:
        """Makes the member from its name and settings."""
        ...


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that can be run."""

    parts: Parts
    warnings: tuple[Problem, ...]


def load(
    path: Path,
    *,
    environ: Mapping[str, str],
    offline: bool,
    origin: Path | None = None,
    clock: Clock | None = None,
) -> Loaded:
    """The parts of a configuration.

    `offline` lets placeholders stand in for unset variables and missing secret files, as warnings.
    `origin` is where the files come from, if they are copies: relative paths count from there.
    Raises SettingsError with every problem (and warning) that was found.
    """
    from_ = origin or path
    reading = Reading(folder=from_ if from_.is_dir() else from_.parent)
    files = path if path.is_dir() else path.parent
    document = read(path, reading, environ, offline=offline)
    if document.problems and not document.sections:
        raise SettingsError(document.problems)  # nothing was read: that nothing is in it is no news
    now = (clock or SystemClock()).now()
    parts = _Assembly(document, reading, files=files, now=now).parts()
    document.problems += _missing_files(document, reading, offline=offline)
    # Whatever a variable or a secret file put into the text goes where problems go: logs, chats.
    star = reading.redaction
    starred = {
        replace(each, text=star(each.text), path=star(each.path)) for each in document.problems
    }
    problems = tuple(sorted(starred))
    if parts is None or any(problem.level == "problem" for problem in problems):
        raise SettingsError(problems)
    return Loaded(parts, problems)


def store_settings(path: Path, environ: Mapping[str, str]) -> StoreSettings:
    """Where a configuration keeps its store, as far as that can be read in broken files."""
    reading = Reading(folder=path if path.is_dir() else path.parent)
    section = read(path, reading, environ, offline=True).value("store")
    if section is None:
        section = salvaged(path, "store", environ)
    try:
        return StoreSettings.model_validate(section or {}, context=reading)
    except ValidationError:
        return StoreSettings()


def stated_store(path: Path, environ: Mapping[str, str]) -> StoreSettings:
    """Where a configuration keeps its store, whatever is wrong elsewhere in it.

    Raises SettingsError with every problem that leaves that in doubt.
    """
    reading = Reading(folder=path if path.is_dir() else path.parent)
    document = read(path, reading, environ, offline=False)
    stated = document.value("store")
    found = validate(StoreSettings, document, ("store",), {} if stated is None else stated, reading)
    document.problems += _missing_files(document, reading, offline=False)
    # A file that is no YAML, which has no path, may be the one that says it.
    ours = [each for each in document.problems if each.path.partition(".")[0] in {"", "store"}]
    if found is None or any(each.is_fatal for each in ours):
        star = reading.redaction
        raise SettingsError(sorted(replace(each, text=star(each.text)) for each in ours))
    return found


def schema() -> dict[str, Any]:
    """The JSON Schema of a configuration file, for editors."""
    fields: dict[str, Any] = {
        name: (model | None, Field(default=None)) for name, model in SECTIONS.items()
    }
    named: Any = dict  # generic types are put together here from the families' lists
    one_of: Any = Union
    for name, family in (("sources", SOURCES), ("sinks", SINKS)):
        models = tuple(kind.settings for kind in family.values())
        models = (*models, _BY_OWN_PRESET) if name == "sinks" else models
        fields[name] = (named[str, one_of[models]] | None, Field(default=None))
    fields |= {
        name: (each.annotation, Field(default=None)) for name, each in Rules.model_fields.items()
    }
    fields["instance"] = (InstanceName | None, Field(default=None))
    fields["internal"] = (Internal | None, Field(default=None))
    fields["tables"] = (TablesText | None, Field(default=None))
    model: type[BaseModel] = create_model("Configuration", __base__=Section, **fields)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}


def _missing_files(document: Document, reading: Reading, *, offline: bool) -> list[Problem]:
    level = "warning" if offline else "problem"
    return [
        document.problem(document.named_file(name), f"cannot read {name}", level=level, kind=UNSET)
        for name in reading.missing_files
    ]


class _Assembly:
    """Puts the parts of one document together and collects what is wrong with them."""

    def __init__(self, document: Document, reading: Reading, *, files: Path, now: datetime) -> None:
        self._document = document
        self._reading = reading
        self._files = files
        self._now = now

    def parts(self) -> Parts | None:
        """The parts; None where a problem leaves a hole."""
        self._unknown_keys()
        sections = {name: self._section(name, model) for name, model in SECTIONS.items()}
        sources = self._family("sources", SOURCES)
        sinks = self._family("sinks", self._sink_kinds())
        rules = self._rules()
        extras = self._extras()
        if None in sections.values() or None in (sources, sinks, rules, extras):
            return None
        if sources is None or sinks is None or rules is None or extras is None:  # for the types
            return None
        admin = sections["admin"]
        public_url = admin.public_url if isinstance(admin, Admin) else None
        tables = extras.tables
        intervals = rules.intervals()
        tree = Tree.build(rules.route, intervals=intervals, tables=tables)
        parts = Parts(
            folder=self._reading.folder,
            **sections,  # type: ignore[arg-type]  # the models of SECTIONS, by name
            sources=sources,
            sinks=sinks,
            tree=tree,
            renderer=Renderer(self._templates(), public_url=public_url, tables=tables),
            redaction=self._reading.redaction,
            instance=extras.instance,
            tables=tables,
            silences=rules.stilled(),
            inhibit=rules.inhibiting(),
            internal=None if extras.internal is None else tuple(extras.internal.sinks),
        )
        cross_check(self._document, parts, rules, extras, files=self._files, now=self._now)
        return parts

    def _problem(self, loc: Loc, text: str, **options: Any) -> None:
        self._document.problems.append(self._document.problem(loc, text, **options))

    def _unknown_keys(self) -> None:
        for key in self._document.sections:
            if key not in KNOWN:
                self._problem((key,), "unknown key" + meant(key, KNOWN), at_key=True)

    def _section(self, name: str, model: type[Section]) -> Section | None:
        value = self._document.value(name)
        return validate(
            model, self._document, (name,), {} if value is None else value, self._reading
        )

    def _family(
        self, name: str, kinds: Mapping[str, Kind[Member_co] | None]
    ) -> dict[str, Member_co] | None:
        """Every member that a section names; None where one of them is wrong, or its kind is."""
        section = self._document.value(name)
        if section in (None, {}) and name == "sources":
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

    def _sink_kinds(self) -> Mapping[str, SinkKind[Any] | None]:
        """The kinds of sinks, an operator's own presets before built-in ones; None: broken."""
        taken = SINKS.keys() - PRESETS.keys()
        presets = preset_files.read(self._files / "presets", taken=taken)
        self._document.problems += presets.problems
        return {
            **SINKS,
            **dict.fromkeys(presets.broken),
            **{name: of_preset(name, preset) for name, preset in presets.sound.items()},
        }

    def _member(
        self, loc: Loc, value: Any, kinds: Mapping[str, Kind[Member_co] | None]
    ) -> Member_co | None:
        if not isinstance(value, dict):
            self._problem(loc, "a mapping is expected here")
            return None
        type_ = str(value.get("type"))
        if type_ not in kinds:
            known = ", ".join(kinds)
            hint = meant(type_, list(kinds))
            text = f"is missing; one of {known}" if "type" not in value else f"one of {known}{hint}"
            self._problem((*loc, "type"), text, at_key="type" not in value)
            return None
        kind = kinds[type_]
        if kind is None:
            return None
        settings = validate(kind.settings, self._document, loc, value, self._reading)
        return None if settings is None else kind.build(str(loc[-1]), settings)

    def _rules(self) -> Rules | None:
        """Route, intervals, silences and inhibition; None where one of them is wrong."""
        if self._document.value("route") is None:
            self._problem(("route",), "no routes: write route: {sinks: [NAME]}")
            return None
        return self._whole(Rules)

    def _extras(self) -> Extras | None:
        return self._whole(Extras)

    def _whole(self, model: type[Model]) -> Model | None:
        """Several top-level keys that one model knows."""
        known = self._document.sections.keys() & model.model_fields.keys()
        said = {name: self._document.value(name) for name in known}
        said = {name: value for name, value in said.items() if value is not None}
        return validate(model, self._document, (), said, self._reading)

    def _templates(self) -> Path | None:
        folder = self._files / "templates"
        return folder if folder.is_dir() else None
