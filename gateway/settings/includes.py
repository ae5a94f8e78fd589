"""`- include: routes/payments.yaml` in a list of routes: a team's own file in its place."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath

import yaml

from gateway.settings.files import is_file
from gateway.settings.problem import Loc, Problem, dotted
from gateway.settings.yaml import compose, place

_DEEPEST = 10
_MOST = 1000
Fill = Callable[[Loc, yaml.ScalarNode], Iterable[Problem]]
"""Replaces the variables in a scalar; gives what was wrong with it."""


class Includes:
    """Puts the routes of other files where they are asked for; nodes keep their own places."""

    def __init__(self, folder: Path, fill: Fill) -> None:
        self._folder = folder
        self._fill = fill
        self._seen: set[int] = set()  # an alias may lead back to a list
        self._taken_in = 0
        self.problems: list[Problem] = []

    def expand(self, node: yaml.Node, loc: Loc, chain: tuple[str, ...] = ()) -> None:
        """Expands every list `routes` below a route; an entry that is no good is left out."""
        if not isinstance(node, yaml.MappingNode):
            return
        for key, value in node.value:
            is_routes = key.value == "routes" and isinstance(value, yaml.SequenceNode)
            if is_routes and id(value) not in self._seen:
                self._seen.add(id(value))
                routes: list[yaml.Node] = []
                self._collect(value, (*loc, "routes"), chain, routes)
                value.value = routes

    def _collect(
        self, entries: yaml.SequenceNode, loc: Loc, chain: tuple[str, ...], routes: list[yaml.Node]
    ) -> None:
        for entry in entries.value:
            here = (*loc, len(routes))
            if not _is_include(entry):
                routes.append(entry)
                self.expand(entry, here, chain)
                continue
            name = self._name(entry, here, chain)
            included = self._read(name, _asked(entry)[1], here) if name else None
            if included is not None:
                self._collect(included, loc, (*chain, name), routes)

    def _name(self, entry: yaml.MappingNode, loc: Loc, chain: tuple[str, ...]) -> str:
        """The file that an entry names, relative to the folder; empty where it is no good."""
        key, value = _asked(entry)
        others = [other for other, _ in entry.value if other is not key]
        for other in others:
            self._tell(other, (*loc, str(other.value)), "cannot stand beside include")
        if not isinstance(value, yaml.ScalarNode):
            self._tell(value, (*loc, "include"), "a file is expected here: routes/team.yaml")
            return ""
        self.problems += self._fill((*loc, "include"), value)
        name = str(PurePosixPath(value.value))
        flaw = _flaw(name) or self._bound(name, chain)
        if flaw:
            self._tell(value, (*loc, "include"), flaw)
        return "" if flaw or others else name

    def _bound(self, name: str, chain: tuple[str, ...]) -> str:
        if name in chain:
            return f"includes itself: {' → '.join((*chain, name))}"
        if len(chain) >= _DEEPEST:
            return f"includes are nested more than {_DEEPEST} deep"
        self._taken_in += 1
        return f"more than {_MOST} files are included" if self._taken_in > _MOST else ""

    def _read(self, name: str, asked: yaml.Node, loc: Loc) -> yaml.SequenceNode | None:
        path = self._folder / name
        if not is_file(path):
            self._tell(asked, (*loc, "include"), f"there is no file {path}")
            return None
        root = compose(path, str(path), yaml.SequenceNode)
        if isinstance(root, yaml.SequenceNode):
            return root
        if root is None:
            self._tell(asked, (*loc, "include"), f"{path} is empty; write a list of routes")
        else:
            self.problems.append(replace(root, path=dotted(loc)))
        return None

    def _tell(self, node: yaml.Node, loc: Loc, text: str) -> None:
        self.problems.append(Problem(**place(node)._asdict(), path=dotted(loc), text=text))


def _is_include(entry: yaml.Node) -> bool:
    return isinstance(entry, yaml.MappingNode) and any(
        key.value == "include" for key, _ in entry.value
    )


def _asked(entry: yaml.MappingNode) -> tuple[yaml.Node, yaml.Node]:
    """The key `include` and what it asks for."""
    return next((key, value) for key, value in entry.value if key.value == "include")


def _flaw(name: str) -> str:
    """Why a file of that name cannot be included; empty when it can."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        return "must stay inside the configuration folder: routes/team.yaml"
    if any(part.startswith(".") for part in path.parts) or path.suffix != ".yaml":
        return "only *.yaml files are read, hidden ones are not: routes/team.yaml"
    if len(path.parts) == 1:
        return f"would be read as configuration too; move it into a sub-folder: routes/{path.name}"
    return ""
