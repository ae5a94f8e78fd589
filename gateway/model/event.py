"""One webhook as received and read."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from gateway.model.finding import Finding, worst

EventStatus = Literal["pending", "dispatched", "failed", "unreadable", "foreign"]
"""pending: stored, not yet routed · dispatched: its findings became alerts · failed: routing it
broke three times · unreadable: signed, but the body cannot be read · foreign: of an organisation
that the source does not take."""

INTERNAL = "gateway"
"""The source of what the gateway itself has to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The project that was tested."""

    id: str = ""
    name: str = ""
    origin: str = ""
    type: str = ""
    branch: str = ""
    image_tag: str = ""
    url: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    """Key and value in Snyk's order; a key may stand twice."""
    criticality: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    lifecycle: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Org:
    """Snyk's organisation."""

    id: str = ""
    slug: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Snyk's group of organisations."""

    id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One webhook; without its findings it is the context that an alert keeps of it."""

    id: str
    source: str
    type: str
    """project_snapshot, ping, unreadable or internal."""
    version: str
    """`v0` today; the unsigned header names it."""
    received_at: datetime
    tested_at: datetime | None = None
    """When Snyk tested the project: the order of Snyk's own changes."""
    project: Project = field(default_factory=Project)
    org: Org = field(default_factory=Org)
    group: Group = field(default_factory=Group)
    findings: tuple[Finding, ...] = ()
    """New ones first, then removed ones; every finding key once."""
    unreadable_issues: int = 0
    raw: Mapping[str, Any] = field(default_factory=dict)
    """Snyk's own `project` and `org` objects, for templates that need more."""

    @property
    def new_count(self) -> int:
        """How many findings it lists as new."""
        return sum(finding.change == "new" for finding in self.findings)

    @property
    def removed_count(self) -> int:
        """How many findings it lists as removed."""
        return len(self.findings) - self.new_count

    @property
    def max_severity(self) -> str:
        """The worst severity among its new findings; empty where none is known."""
        shown = worst([finding for finding in self.findings if finding.change == "new"])
        return shown.severity if shown and shown.rank else ""

    @property
    def context(self) -> "Event":
        """This event without its findings."""
        return replace(self, findings=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What is written down before a webhook is answered."""

    id: str
    source: str
    dedup: bytes
    """Digest under which a second arrival is a duplicate."""
    status: EventStatus
    type: str
    version: str
    transport_id: str = ""
    received_at: datetime
    project_id: str = ""
    project_name: str = ""
    org_id: str = ""
    new_count: int = 0
    removed_count: int = 0
    unreadable_issues: int = 0
    error: str = ""
    """Why it is unreadable; empty otherwise."""
    body: bytes
