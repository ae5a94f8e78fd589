"""Every kind of source there is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from gateway.settings.section import Section
from gateway.sources.snyk import Snyk, SnykSettings
from gateway.sources.source import Source


@dataclass(frozen=True, slots=True)
class Kind:
    """One `type:` of source."""

    settings: type[Section]
    build: Callable[[str, Any], Source]
    """Makes a source from its name and its settings."""


SOURCES: Mapping[str, Kind] = MappingProxyType({"snyk": Kind(SnykSettings, Snyk)})
