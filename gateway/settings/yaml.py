"""YAML as people mean it, with the place of every node.

Only `true`, `false`, `null` and plain decimal numbers are anything but text: `17:00`, `yes`, `on`,
`012` and dates stay what was written (YAML 1.2).
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml

from gateway.settings.problem import Loc, Problem


class Loader(yaml.CSafeLoader):
    """PyYAML's safe loader with the scalars of YAML 1.2."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own declaration


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


def compose(path: Path, name: str, kind: type[Root]) -> Root | Problem | None:
    """The file's root; None for an empty file, a Problem where it is not of that kind."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        (line, column), text = _broken(error)
        return Problem(file=name, line=line, column=column, path="", text=text)
    if root is None or isinstance(root, kind):
        return root
    line, column = at(root)
    return Problem(file=name, line=line, column=column, path="", text=f"not {_ROOTS[kind]}")


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
    finally:
        loader.dispose()


def at(node: yaml.Node) -> tuple[int, int]:
    """Line and column of a node, both from 1."""
    return node.start_mark.line + 1, node.start_mark.column + 1


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


def position(node: yaml.Node, loc: Loc, *, at_key: bool) -> tuple[int, int]:
    """Line and column of a path below a node; steps that the file lacks are skipped."""
    where = at(node)
    for step in loc:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            where = at(node)
        elif isinstance(node, yaml.MappingNode):
            for key, value in reversed(node.value):
                if key.value == str(step):
                    node, where = value, at(key if at_key else value)
                    break
    return where
