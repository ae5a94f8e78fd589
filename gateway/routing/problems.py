"""What is wrong with a tree of routes whose parts are each well formed."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from gateway.routing.matcher import Matcher
from gateway.routing.settings import RootSettings, RouteSettings
from gateway.settings.problem import Loc

_ANYTHING: frozenset[Matcher] = frozenset()


class Flaw(NamedTuple):
    """One problem or warning."""

    loc: Loc
    """Where, below `route`: `("routes", 1, "name")`."""
    text: str
    level: Literal["problem", "warning"] = "problem"


def problems(root: RootSettings) -> list[Flaw]:
    """Doubled names, routes that nothing can reach, matchers that are doubtful."""
    return [
        *_silent_root(root),
        *_doubled_names(root),
        *(flaw for loc, node in _nodes(root) for flaw in _unreachable(node.routes, loc)),
        *_doubtful(root),
    ]


def sinks_used(root: RootSettings) -> list[tuple[Loc, str]]:
    """Every sink that a route names, and where."""
    return [
        ((*loc, "sinks", number), name)
        for loc, node in _nodes(root)
        for number, name in enumerate(node.sinks or ())
    ]


def templates_used(root: RootSettings) -> list[tuple[Loc, str]]:
    """Every template that a route names, and where."""
    return [((*loc, "template"), node.template) for loc, node in _nodes(root) if node.template]


def _nodes(
    node: RootSettings | RouteSettings, loc: Loc = ()
) -> Iterator[tuple[Loc, RootSettings | RouteSettings]]:
    yield loc, node
    for number, child in enumerate(node.routes):
        yield from _nodes(child, (*loc, "routes", number))


def _silent_root(root: RootSettings) -> Iterator[Flaw]:
    if root.sinks is None:
        text = "the root has no sinks: what no route takes is dropped (write sinks: [] to mean it)"
        yield Flaw((), text, "warning")


def _doubled_names(root: RootSettings) -> Iterator[Flaw]:
    seen: set[str] = set()
    for loc, node in _nodes(root):
        if node.name in seen:
            yield Flaw((*loc, "name"), f"a second route is called {node.name!r}")
        seen.add(node.name)


def _unreachable(siblings: Sequence[RouteSettings], above: Loc) -> Iterator[Flaw]:
    takers: dict[frozenset[Matcher], str] = {}
    for number, route in enumerate(siblings):
        matchers = frozenset(route.matchers)
        if taker := takers.get(_ANYTHING):
            yield _behind((*above, "routes", number), taker, "no matchers")
        elif taker := takers.get(matchers):
            yield _behind((*above, "routes", number), taker, "the same matchers")
        elif not route.continues:
            takers[matchers] = route.name


def _behind(loc: Loc, taker: str, has: str) -> Flaw:
    return Flaw(loc, f"unreachable: {taker!r} before it has {has} and no `continue: true`")


def _doubtful(root: RootSettings) -> Iterator[Flaw]:
    for loc, node in _nodes(root):
        for number, matcher in enumerate(node.matchers or ()):
            if matcher.warning:
                yield Flaw((*loc, "matchers", number), matcher.warning, "warning")
