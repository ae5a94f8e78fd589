"""A route as the admin side shows it."""

from typing import Any

from gateway.routing.tree import Route


def shown(route: Route) -> dict[str, Any]:
    """The route with what it inherits, ready for JSON; durations in seconds."""
    return {
        "name": route.name,
        "depth": route.depth,
        "deliver": route.deliver,
        "matchers": [str(matcher) for matcher in route.matchers],
        "when": str(route.when) if route.when else None,
        "continue": route.continues,
        "sinks": list(route.sinks),
        "group_by": list(route.group_by),
        "group_wait": route.group_wait,
        "group_interval": route.group_interval,
        "repeat_interval": route.repeat_interval,
        "max_findings": route.max_findings,
        "max_alerts": str(route.max_alerts),
        "outside": route.outside,
        "template": route.template,
    }
