"""The configuration, built: everything that the pipeline works with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.rendering.rendering import Renderer
from gateway.routing.tree import Tree
from gateway.settings.listeners import Admin, Server
from gateway.settings.secrets import Redaction
from gateway.sinks.sink import Sink
from gateway.sources.source import Source
from gateway.store.settings import StoreSettings
from gateway.transport.egress import Egress


@dataclass(frozen=True, slots=True, kw_only=True)
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
    templates: Mapping[str, str | None]
    """The template that a route asks for, by the route's name."""
    instance: str = ""
    """Part of every outward identity."""

    @property
    def resolving(self) -> frozenset[str]:
        """The sinks that want to hear of fixes."""
        return frozenset(name for name, sink in self.sinks.items() if sink.send_resolved)
