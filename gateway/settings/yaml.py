"""YAML as people mean it, with the place of every node.

Only `true`, `false`, `null` and plain decimal numbers are anything but text: `17:00`, `yes`, `on`,
`012` and dates stay what was written (YAML 1.2).
"""

import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import yaml
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError

from gateway.settings.problem import Loc, Problem

# PyYAML composes by recursion: some ten thousand brackets would end the process.
_DEEPEST = 100


class Place(NamedTuple):
    """Where something stands; line and column count from 1."""

    file: str
    line: int
    column: int


class Loader(yaml.CSafeLoader):
    """PyYAML's safe loader with the scalars of YAML 1.2 and a bound on depth."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own declaration
    _depth = 0

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Called by PyYAML before each node: refuses one that is nested too deep."""
        del current_index
        self._depth += 1
        if self._depth > _DEEPEST:
            text = f"nested more than {_DEEPEST} deep"
            raise ComposerError(None, None, text, current_node.start_mark)

    def ascend_resolver(self) -> None:
        """Called by PyYAML after each node."""
        self._depth -= 1


for _kind, _pattern, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"-?(0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(0|[1-9][0-9]*)\.[0-9]+", list("-0123456789")),
    ("merge", r"<<", ["<"]),
):
    Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_kind}", re.compile(f"^(?:{_pattern})$"), _first
    )


Root = TypeVar("Root", yaml.MappingNode, yaml.SequenceNode)
_ROOTS: Mapping[type[yaml.Node], str] = {
    yaml.MappingNode: "a mapping of keys",
    yaml.SequenceNode: "a list",
}


class _Text(io.StringIO):
    """A text with the name that PyYAML gives to the places in it."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__(text)
        self.name = name


def compose(path: Path, name: str, kind: type[Root]) -> Root | Problem | None:
    """The file's root; None for an empty file, a Problem where it is not of that kind."""
    try:
        root = yaml.compose(_Text(path.read_text(encoding="utf-8"), name), Loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        (line, column), text = _broken(error)
        return Problem(file=name, line=line, column=column, path="", text=text)
    if root is None or isinstance(root, kind):
        return root
    return Problem(**place(root)._asdict(), path="", text=f"not {_ROOTS[kind]}")


def _broken(error: Exception) -> tuple[tuple[int, int], str]:
    match error:
        case OSError():
            return (1, 1), f"cannot read: {error.strerror}"
        case UnicodeDecodeError():
            return (1, 1), "not UTF-8"
        case yaml.MarkedYAMLError():
            mark = error.problem_mark or error.context_mark
            text = " ".join(part for part in (error.context, error.problem) if part)
            return (mark.line + 1, mark.column + 1) if mark else (1, 1), f"not YAML: {text}"
        case _:
            return (1, 1), f"not YAML: {error}"


def construct(node: yaml.Node) -> Any:
    """The Python value of a node; raises yaml.ConstructorError for tags and unhashable keys."""
    loader = Loader("")
    try:
        return loader.construct_document(node)
    except (LookupError, AttributeError):  # PyYAML looks into `!!bool x` before it looks at it
        text = "a value does not fit its tag"
        raise ConstructorError(None, None, text, node.start_mark) from None
    finally:
        loader.dispose()


def place(node: yaml.Node) -> Place:
    """Where a node stands: in the file that it was composed from."""
    mark = node.start_mark
    return Place(mark.name, mark.line + 1, mark.column + 1)


def repeated_keys(
    node: yaml.Node, loc: Loc = (), seen: set[int] | None = None
) -> Iterator[tuple[Loc, yaml.Node]]:
    """Every key that stands a second time in its mapping, with its path.

    To be asked before constructing: a merge key rewrites its mapping in place.
    """
    seen = set() if seen is None else seen
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        names: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in names:
                yield (*loc, name), key
            names.add(name)
            yield from repeated_keys(value, (*loc, name), seen)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from repeated_keys(item, (*loc, number), seen)


def scalars(
    node: yaml.Node, loc: Loc = (), seen: set[int] | None = None
) -> Iterator[tuple[Loc, yaml.ScalarNode]]:
    """Every scalar value below a node, with its path; keys are left out."""
    seen = set() if seen is None else seen
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        yield loc, node
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from scalars(value, (*loc, str(key.value)), seen)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from scalars(item, (*loc, number), seen)


def find(node: yaml.Node, loc: Loc, *, at_key: bool) -> yaml.Node:
    """The node at a path below a node, or its key; steps that the file lacks are skipped."""
    found = node
    for step in loc:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = found = node.value[step]
        elif isinstance(node, yaml.MappingNode):
            for key, value in reversed(node.value):
                if key.value == str(step):
                    node, found = value, key if at_key else value
                    break
    return found
