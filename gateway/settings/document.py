"""The configuration folder as one document: sections with their places."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import yaml

from gateway.settings.includes import Includes
from gateway.settings.interpolation import interpolate
from gateway.settings.problem import Loc, Problem, dotted
from gateway.settings.reading import Reading
from gateway.settings.yaml import Place, compose, construct, find, place, repeated_keys, scalars

UNSET = "unset"
# What a file outside the configuration is named by: a secret's, or one of `tls`.
_NAMING = frozenset({"file", "ca", "certificate", "key"})
# The section whose routes may stand in files of their own.
_TREE = "route"


@dataclass(frozen=True, slots=True)
class _Section:
    key: yaml.Node
    node: yaml.Node
    value: Any


@dataclass(slots=True)
class Document:
    """Top-level keys of every file, merged; each knows where it stands."""

    file: str
    """Where a missing section would stand."""
    sections: dict[str, _Section] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def value(self, key: str) -> Any:
        """A section's value, None where it is missing."""
        return self.sections[key].value if key in self.sections else None

    def problem(
        self, loc: Loc, text: str, *, at_key: bool = False, level: str = "problem", kind: str = ""
    ) -> Problem:
        """A problem at a path, with the file, line and column of what stands there."""
        return Problem(
            **self._place(loc, at_key=at_key)._asdict(),
            path=dotted(loc),
            text=text,
            level="warning" if level == "warning" else "problem",
            kind=kind,
        )

    def _place(self, loc: Loc, *, at_key: bool) -> Place:
        section = self.sections.get(str(loc[0])) if loc else None
        if section is None:
            return Place(self.file, 1, 1)
        if at_key and len(loc) == 1:
            return place(section.key)
        return place(find(section.node, loc[1:], at_key=at_key))

    def named_file(self, name: str) -> Loc:
        """The path of the first setting in the document that names the file."""
        for key, section in self.sections.items():
            for loc, scalar in scalars(section.node):
                if loc and loc[-1] in _NAMING and scalar.value == name:
                    return (key, *loc)
        return ()


def read(path: Path, reading: Reading, environ: Mapping[str, str], *, offline: bool) -> Document:
    """The YAML files of a folder, or one file, with variables filled in.

    Its problems are in `problems`; unset variables are warnings when `offline`.
    """
    document = Document(file=str(path))
    variables = _Variables(environ, reading, offline=offline)
    folder = path if path.is_dir() else path.parent
    for file in _files(path, document):
        _add(document, file, variables, Includes(folder, variables.fill))
    return document


def read_list(file: Path, name: str) -> Document:
    """A file that holds one list, as the section of that name; nothing in it is interpolated."""
    document = Document(file=str(file))
    root = compose(file, str(file), yaml.SequenceNode)
    if isinstance(root, Problem):
        document.problems.append(root)
    elif root is not None:
        document.problems += _repetitions(root)
        _keep(document, name, root, root)
    return document


def read_mapping(file: Path) -> Document:
    """A file that holds one mapping, its keys as sections; nothing in it is interpolated."""
    document = Document(file=str(file))
    root = compose(file, str(file), yaml.MappingNode)
    if isinstance(root, Problem):
        document.problems.append(root)
    elif root is not None:
        document.problems += _repetitions(root)
        for key, node in root.value:
            _keep(document, str(key.value), key, node)
    return document


def _repetitions(root: yaml.Node) -> Iterator[Problem]:
    for loc, node in repeated_keys(root):
        yield _problem_at(place(node), loc, "stands here a second time")


def _files(path: Path, document: Document) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    if not path.is_dir():
        document.problems.append(_problem(str(path), "no such file or folder"))
        return
    for file in sorted(path.glob("*.yml")):
        document.problems.append(_problem(str(file), "rename it: only *.yaml files are read"))
    found = sorted(each for each in path.glob("*.yaml") if not each.name.startswith("."))
    if not found:
        document.problems.append(_problem(str(path), "no *.yaml file in this folder"))
    yield from found


def _problem(file: str, text: str) -> Problem:
    return _problem_at(Place(file, 1, 1), (), text)


def _problem_at(where: Place, loc: Loc, text: str) -> Problem:
    return Problem(**where._asdict(), path=dotted(loc), text=text)


def _add(document: Document, file: Path, variables: "_Variables", includes: Includes) -> None:
    root = compose(file, str(file), yaml.MappingNode)
    if isinstance(root, Problem):
        document.problems.append(root)
    if not isinstance(root, yaml.MappingNode):
        return
    for key, node in root.value:
        if key.value == _TREE:  # first, so that all paths are those of the merged tree
            includes.expand(node, (_TREE,))
    document.problems += [*includes.problems, *_repetitions(root)]
    for key, node in root.value:
        for loc, scalar in scalars(node, (str(key.value),)):
            document.problems += variables.fill(loc, scalar)
        _merge(document, key, node)


class _Variables:
    """Fills in `${…}` where it stands."""

    def __init__(self, environ: Mapping[str, str], reading: Reading, *, offline: bool) -> None:
        self._environ = environ
        self._reading = reading
        self._level: Literal["problem", "warning"] = "warning" if offline else "problem"
        self._filled: dict[int, yaml.ScalarNode] = {}

    def fill(self, loc: Loc, scalar: yaml.ScalarNode) -> list[Problem]:
        """Replaces the scalar's text, once however many aliases it has; what was wrong with it."""
        if id(scalar) in self._filled:
            return []
        self._filled[id(scalar)] = scalar
        is_url = isinstance(loc[-1], str) and loc[-1].endswith("url")
        filled = interpolate(scalar.value, self._environ, is_url=is_url)
        scalar.value = filled.text
        self._reading.redaction.add(*filled.values)
        here = partial(Problem, **place(scalar)._asdict(), path=dotted(loc))
        problems = [
            here(text=f"the variable {name} is not set", kind=UNSET, level=self._level)
            for name in filled.unset
        ]
        return [*problems, here(text=filled.broken)] if filled.broken else problems


def _merge(document: Document, key: yaml.Node, node: yaml.Node) -> None:
    name, where = str(key.value), place(key)
    earlier = document.sections.get(name)
    if earlier is not None and place(earlier.key).file != where.file:
        text = f"stands in {place(earlier.key).file} already; a key may stand in one file only"
        document.problems.append(_problem_at(where, (name,), text))
    else:
        _keep(document, name, key, node)


def _keep(document: Document, name: str, key: yaml.Node, node: yaml.Node) -> None:
    where = place(key)
    try:
        document.sections[name] = _Section(key, node, construct(node))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = Place(mark.name, mark.line + 1, mark.column + 1) if mark else where
        document.problems.append(_problem_at(where, (name,), error.problem or "not YAML"))
    except ValueError as error:  # Python's own bound on the digits of a number
        document.problems.append(_problem_at(where, (name,), str(error)))
