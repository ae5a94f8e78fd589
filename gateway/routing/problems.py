"""What is wrong with a tree of routes whose parts are each well formed."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from gateway.routing.expression import When
from gateway.routing.fields import Subjects, mistaken
from gateway.routing.inherited import AnyNode, Inherited
from gateway.routing.matcher import Matcher
from gateway.routing.names import mistaken as mistaken_path
from gateway.routing.settings import RootSettings
from gateway.sandbox.compiled import Path
from gateway.settings.problem import Loc, meant

Asked = tuple[frozenset[Matcher], When | None]
"""What a route asks of a subject."""
_ANYTHING: Asked = (frozenset(), None)


class Flaw(NamedTuple):
    """One problem or warning."""

    loc: Loc
    """Where, below `route`: `("routes", 1, "name")`."""
    text: str
    level: Literal["problem", "warning"] = "problem"


def problems(root: RootSettings, tables: Sequence[str] = ()) -> list[Flaw]:
    """Doubled names, routes that nothing can reach, what no subject has, what is doubtful.

    `tables` are the names that expressions may look up.
    """
    return [
        *_silent_root(root),
        *_doubled_names(root),
        *_of_the_other_kind(root),
        *_unreachable(root),
        *_strangers(root, (), (), list(tables)),
        *_doubtful(root),
    ]


def sinks_used(root: RootSettings) -> list[tuple[Loc, str]]:
    """Every sink that a route names, and where."""
    return [
        ((*loc, "sinks", number), name)
        for loc, node in _nodes(root)
        for number, name in enumerate(node.sinks or ())
    ]


def intervals_used(root: RootSettings) -> list[tuple[Loc, str]]:
    """Every time interval that a route names, and where."""
    return [
        ((*loc, key, number), name)
        for loc, node in _nodes(root)
        for key in ("active_time_intervals", "mute_time_intervals")
        for number, name in enumerate(getattr(node, key) or ())
    ]


def paging_warnings(root: RootSettings, paging: frozenset[str]) -> list[Flaw]:
    """Where somebody may not be paged who should be: `paging` are the sinks that page."""
    return list(_paging(root, (), Inherited(), paging))


def hours_set(root: RootSettings) -> list[tuple[Loc, str]]:
    """Every route that sets its own hours, and where."""
    return [
        (loc, node.name)
        for loc, node in _nodes(root)
        if node.active_time_intervals or node.mute_time_intervals
    ]


def templates_used(root: RootSettings) -> list[tuple[Loc, str]]:
    """Every template that a route names, and where."""
    return [((*loc, "template"), node.template) for loc, node in _nodes(root) if node.template]


def _nodes(node: AnyNode, loc: Loc = ()) -> Iterator[tuple[Loc, AnyNode]]:
    yield loc, node
    for number, child in enumerate(node.routes):
        yield from _nodes(child, (*loc, "routes", number))


def _silent_root(root: RootSettings) -> Iterator[Flaw]:
    if root.sinks is None:
        text = "the root has no sinks: what no route takes is dropped (write sinks: [] to mean it)"
        yield Flaw((), text, "warning")
    if Inherited().below(root).lets_go:
        text = "outside the root's hours nobody hears of anything: write hold, or drop to mean it"
        yield Flaw(("outside",), text)


def _doubled_names(root: RootSettings) -> Iterator[Flaw]:
    seen: set[str] = set()
    for loc, node in _nodes(root):
        if node.name in seen:
            yield Flaw((*loc, "name"), f"a second route is called {node.name!r}")
        seen.add(node.name)


def _settled(node: AnyNode, loc: Loc, above: Inherited) -> Iterator[tuple[Loc, AnyNode, Inherited]]:
    """Every node with what it has of its own or from those above."""
    own = above.below(node)
    yield loc, node, own
    for number, child in enumerate(node.routes):
        yield from _settled(child, (*loc, "routes", number), own)


def _of_the_other_kind(root: RootSettings) -> Iterator[Flaw]:
    """Fields and names that what the route delivers does not have."""
    for place, node, own in _settled(root, (), Inherited()):
        of = own.takes
        if any(below.takes != of for _, _, below in _settled(node, place, own)):
            continue  # both kinds walk through it
        for number, matcher in enumerate(node.matchers or ()):
            if wrong := mistaken(matcher.field.name, of):
                yield Flaw((*place, "matchers", number), wrong)
        paths = sorted(node.when.paths) if node.when else ()
        for wrong in filter(None, (mistaken_path(path, of) for path in paths)):
            yield Flaw((*place, "when"), wrong)


def _unreachable(root: RootSettings) -> Iterator[Flaw]:
    for loc, node, own in _settled(root, (), Inherited()):
        takers: dict[tuple[Subjects, Asked], str] = {}
        for number, route in enumerate(node.routes):
            place, below = (*loc, "routes", number), own.below(route)
            asked = frozenset(route.matchers), route.when
            if taker := takers.get((below.takes, _ANYTHING)):
                yield _behind(place, taker, "no matchers")
            elif taker := takers.get((below.takes, asked)):
                yield _behind(place, taker, "the same matchers")
            elif not route.continues and not below.lets_go:
                takers[below.takes, asked] = route.name


def _behind(loc: Loc, taker: str, has: str) -> Flaw:
    return Flaw(loc, f"unreachable: {taker!r} before it has {has} and no `continue: true`")


def _paging(node: AnyNode, loc: Loc, above: Inherited, paging: frozenset[str]) -> Iterator[Flaw]:
    own = above.below(node)
    for sink in own.sinks:
        if sink in paging:
            yield from (Flaw(loc, text, "warning") for text in _unheard(sink, node, above, own))
    for number, child in enumerate(node.routes):
        yield from _paging(child, (*loc, "routes", number), own, paging)


def _unheard(sink: str, node: AnyNode, above: Inherited, own: Inherited) -> Iterator[str]:
    """Why the sink may not page when it should."""
    for key, waits in (("active", above.active), ("mute", above.mute)):
        name = f"{key}_time_intervals"
        if waits and getattr(node, name) is None:
            yield (
                f"{sink!r} pages, and waits for the hours that a route above sets; to page at any "
                f"time write {name}: []"
            )
    if own.deliver != "alerts":
        yield f"{sink!r} opens something for each of the {own.deliver}, and nothing closes it"
    elif "finding" not in own.group_by:
        yield (
            f"{sink!r} pages once for all that share {', '.join(own.group_by) or 'a route'}: what "
            "joins an open alert pages nobody; write group_by: [finding]"
        )


_ANY = ((), *((name,) for name in ("get", "items", "keys", "values")))
"""What follows the name of a mapping as a whole: nothing, or one of its methods."""


def _strangers(node: AnyNode, loc: Loc, above: Sequence[str], tables: list[str]) -> Iterator[Flaw]:
    """Labels and tables that an expression or a `group_by` names and nobody has."""
    labels = [*above, *node.labels]
    for place, path in _paths(node):
        known = {"labels": labels, "tables": tables}.get(path[0], [])
        if path[0] not in {"labels", "tables"} or path[1:2] in _ANY:
            continue
        if path[1] not in known:
            text = f"no {path[0].removesuffix('s')} is called {path[1]!r}{meant(path[1], known)}"
            yield Flaw((*loc, *place), text)
    yield from _too_early(node, loc, list(dict.fromkeys(labels)))
    for number, child in enumerate(node.routes):
        yield from _strangers(child, (*loc, "routes", number), labels, tables)


def _too_early(node: AnyNode, loc: Loc, order: list[str]) -> Iterator[Flaw]:
    """Labels that read one which is worked out after them, or themselves."""
    for name, text in node.labels.items():
        later = order[order.index(name) :]
        read = {path[1] for path in text.paths if path[0] == "labels" and len(path) > 1}
        for other in sorted(read & set(later)):
            why = f"labels.{other} is still empty here: a label sees those that stand before it"
            yield Flaw((*loc, "labels", name), why)


def _paths(node: AnyNode) -> Iterator[tuple[Loc, Path]]:
    """Every name that the node's own settings read, with its place."""
    for path in sorted(node.when.paths) if node.when else ():
        yield ("when",), path
    for name, text in node.labels.items():
        yield from ((("labels", name), path) for path in sorted(text.paths))
    for number, key in enumerate(node.group_by or ()):
        yield ("group_by", number), tuple(key.split(".", 1))


def _doubtful(root: RootSettings) -> Iterator[Flaw]:
    for loc, node in _nodes(root):
        for number, matcher in enumerate(node.matchers or ()):
            if matcher.warning:
                yield Flaw((*loc, "matchers", number), matcher.warning, "warning")
