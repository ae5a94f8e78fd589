"""Expressions and texts with some, compiled once; and which names they read."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from jinja2 import meta, nodes
from jinja2.exceptions import TemplateError as JinjaError

from gateway.errors import TemplateError
from gateway.sandbox.conditions import Conditions

_conditions = Conditions()
_COMPUTED = "[…]"

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expression or a text with some, ready to be worked out."""

    work_out: Callable[[Mapping[str, Any]], Any]
    paths: frozenset[Path]
    """The names that it reads, each with the attributes that follow: `("project", "name")`."""


def expression(text: str) -> Compiled:
    """One expression; raises TemplateError where it does not compile."""
    with _translated():
        run = _conditions.compile_expression(text, undefined_to_none=False)
        return Compiled(lambda names: run(**names), _paths("{{ (" + text + ") }}"))


def text_with_expressions(text: str) -> Compiled:
    """A text with `{{ }}` in it; raises TemplateError where it does not compile."""
    with _translated():
        template = _conditions.from_string(text)
        return Compiled(template.render, _paths(text))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except JinjaError as error:
        raise TemplateError(error.message or type(error).__name__) from None


def _paths(source: str) -> frozenset[Path]:
    tree = _conditions.parse(source)
    free = meta.find_undeclared_variables(tree) - _conditions.globals.keys()
    inner: set[int] = set()
    found: set[Path] = set()
    for node in tree.find_all((nodes.Getattr, nodes.Getitem, nodes.Name)):
        path, parts = _path(node)
        if id(node) not in inner and path and path[0] in free:
            found.add(_known(path))
        inner |= parts
    return frozenset(found)


def _path(node: nodes.Node) -> tuple[Path, set[int]]:
    """The name with its attributes that a node reads, and the nodes inside that are part of it."""
    if isinstance(node, nodes.Name):
        return ((node.name,) if node.ctx == "load" else ()), set()
    if isinstance(node, nodes.Getattr):
        step: Any = node.attr
    elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        step = node.arg.value
    elif isinstance(node, nodes.Getitem):
        step = _COMPUTED
    else:
        return (), set()
    path, parts = _path(node.node)
    if not path:
        return (), parts
    return (*path, str(step)), parts | {id(node.node)}


def _known(path: Path) -> Path:
    """The part of a path that stands before anything that is worked out."""
    return path[: path.index(_COMPUTED)] if _COMPUTED in path else path
