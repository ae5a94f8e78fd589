"""What a message is about, for envelopes that say so."""

from dataclasses import dataclass
from datetime import datetime

from gateway.model.notice import Notice

_STEPS = {"create": "opened", "update": "updated", "close": "resolved"}


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """One notice in a few words."""

    kind: str = ""
    """`alert.opened`, `finding.new`, `event.ping` …"""
    org: str = ""
    """Snyk's id of the organisation; empty where there is none."""
    subject: str = ""
    """The alert's id, the finding's or the project's."""
    time: datetime | None = None
    """When it happened at Snyk, else when the event came."""


def about(notice: Notice) -> About:
    """What a notice is about; equal over all tries."""
    event = notice.alert.event
    time = event.tested_at or event.received_at
    kind, subject = _kind(notice)
    return About(kind=kind, org=event.org.id, subject=subject, time=time)


def _kind(notice: Notice) -> tuple[str, str]:
    alert = notice.alert
    match notice.deliver:
        case "events":
            return f"event.{alert.event.type}", alert.event.project.id
        case "findings":
            finding = (notice.open or notice.fixed)[0].finding
            return f"finding.{finding.change}", finding.id
    return f"alert.{'reminded' if notice.reminder else _STEPS[notice.action]}", alert.id
