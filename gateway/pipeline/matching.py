"""Event and routing tree in, candidates out: who would hear of what."""

from collections.abc import Mapping, Sequence

from gateway.alerting.transition import Candidate, key_of
from gateway.model.event import Event
from gateway.model.identity import alert_key
from gateway.routing.tree import Route, Tree, group


def candidates(event: Event, tree: Tree, *, instance: str) -> Mapping[str, Sequence[Candidate]]:
    """By finding key: the alerts that each new finding belongs to.

    Removed findings have none: they are fixed wherever they are open, whatever the routes say.
    """
    return {
        key_of(finding, event): [
            candidate(route, group(route, finding, event), key_of(finding, event), instance)
            for route in tree.route(finding, event)
        ]
        for finding in event.findings
        if finding.change == "new"
    }


def candidate(route: Route, values: tuple[str, ...], key: str, instance: str) -> Candidate:
    """The place of one finding under one route that took it."""
    return Candidate(
        key=key,
        route=route.name,
        group=values,
        alert_key=alert_key(instance, route.name, values),
        sinks=route.sinks,
    )
