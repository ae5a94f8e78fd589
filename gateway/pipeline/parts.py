"""The configuration, built: everything that the pipeline works with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from gateway.alerting.terms import Terms
from gateway.rendering.rendering import Renderer
from gateway.routing.inhibition import InhibitRule
from gateway.routing.silences import Silence
from gateway.routing.tree import Route, Tree
from gateway.settings.listeners import Admin, Server
from gateway.settings.secrets import Redaction
from gateway.sinks.sink import Sink
from gateway.sources.source import Source
from gateway.store.settings import StoreSettings
from gateway.transport.egress import Egress


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a configuration folder amounts to."""

    folder: Path
    """Relative paths in the configuration count from here."""
    server: Server
    admin: Admin
    store: StoreSettings
    egress: Egress
    sources: Mapping[str, Source]
    sinks: Mapping[str, Sink]
    tree: Tree
    renderer: Renderer
    redaction: Redaction
    instance: str = ""
    """Part of every outward identity."""
    tables: Mapping[str, Any] = field(default_factory=dict)
    """Look-ups for Jinja."""
    silences: tuple[Silence, ...] = ()
    """Those of the configuration; others are in the store."""
    inhibit: tuple[InhibitRule, ...] = ()
    internal: tuple[str, ...] | None = None
    """Sinks of what the gateway itself has to say; None: the root's."""

    @property
    def resolving(self) -> frozenset[str]:
        """The sinks that want to hear of fixes."""
        return frozenset(name for name, sink in self.sinks.items() if sink.send_resolved)

    @property
    def internal_sinks(self) -> tuple[str, ...]:
        """Where the gateway's own troubles are told."""
        return self.tree.root.sinks if self.internal is None else self.internal

    @cached_property
    def terms(self) -> Mapping[str, Terms]:
        """What each route sets for its alerts, by the route's name."""
        return {route.name: _terms(route) for route in self.tree.routes()}


class InForce:
    """The parts in force: a reload puts others in their place."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts


def _terms(route: Route) -> Terms:
    repeat = route.repeat_interval
    return Terms(
        group_wait=timedelta(seconds=route.group_wait),
        group_interval=timedelta(seconds=route.group_interval),
        repeat_interval=None if repeat is None else timedelta(seconds=repeat),
        most=route.max_alerts.number,
        period=timedelta(seconds=route.max_alerts.seconds),
    )
