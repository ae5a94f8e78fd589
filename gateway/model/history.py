"""What was last heard of a finding: it decides whether news of it is stale."""

from dataclasses import dataclass
from datetime import datetime

from gateway.model.finding import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingChange:
    """The last change applied to a finding, removals included."""

    key: str
    source: str
    org_id: str
    project_id: str
    issue_id: str
    package: str
    change: Change
    tested_at: datetime | None
    """When Snyk tested; None where the event did not say."""
    changed_at: datetime
    event_id: str
    closed_at: datetime | None = None
    """When it was closed without a fix: by hand, or because its project is gone."""

    def is_newer_than(self, tested_at: datetime | None) -> bool:
        """Whether a test of that time is old news; without both dates arrival decides."""
        return self.tested_at is not None and tested_at is not None and tested_at < self.tested_at
