"""What a template may name: texts, numbers, lists and mappings, nothing else."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.model.alert import Beyond, Entry
from gateway.model.event import Event, Project
from gateway.model.finding import Finding
from gateway.model.limits import cut
from gateway.model.notice import Notice
from gateway.model.severity import SEVERITIES
from gateway.rendering.bounds import Bounds
from gateway.rendering.link import https
from gateway.rendering.wording import facts, version, words

Names = dict[str, Any]

# Long enough to say what failed, short enough not to drown the alert.
MAX_NOTE = 300

_FINDING = (
    "id", "change", "type", "title", "severity", "package", "versions", "cve", "cwe", "ghsa",
    "cvss", "priority", "exploit", "exploited", "fixable", "fixed_in", "malicious", "ignored",
    "language", "published", "disclosed", "description",
)  # fmt: skip
_PROJECT = (
    "id", "name", "origin", "type", "branch", "image_tag", "criticality", "environment",
    "lifecycle",
)  # fmt: skip


class Tags(dict[str, Any]):
    """A project's tags by key, several values as a list; one that is missing is empty."""

    def __missing__(self, _key: str) -> str:
        return ""


def names(
    notice: Notice,
    bounds: Bounds,
    *,
    sink: Mapping[str, str],
    public_url: str | None = None,
    tables: Mapping[str, Any] | None = None,
    note: str = "",
) -> Names:
    """Every name that a template knows, for one notice to one sink.

    `note` is what rendering has to say of trouble of its own: it stands before the notice's marks.
    """
    alert = notice.alert
    event = alert.event
    project = _project(event.project, bounds)
    org = _picked(event.org, ("id", "slug", "name"), bounds)
    shown, about = _alert(notice, bounds), _event(event, bounds)
    return {
        "alert": shown,
        "words": words(shown, about, project, org),
        "event": about,
        "project": project,
        "org": org,
        "group": _picked(event.group, ("id", "name"), bounds),
        "labels": bounds.capped(alert.labels),
        "tables": tables or {},
        "marks": [cut(mark, bounds.text) for mark in notice.marks],
        "note": cut("; ".join(each for each in (note, *notice.marks) if each), MAX_NOTE),
        "route": alert.route,
        "sink": sink,
        "links": {"project": project["url"], "alert": _alert_link(notice, public_url)},
        "raw": {key: bounds.capped(event.raw.get(key) or {}) for key in ("project", "org")},
    }


def _picked(thing: object, fields: Iterable[str], bounds: Bounds) -> Names:
    return {name: bounds.capped(getattr(thing, name)) for name in fields}


def _alert(notice: Notice, bounds: Bounds) -> Names:
    alert, most = notice.alert, bounds.findings
    shown = _Shown(bounds)
    status = "open" if notice.open else "fixed"
    blank = Entry(key="", finding=Finding(id=""), event=alert.event, opened=0)
    worst = (notice.open or notice.fixed or (blank,))[0]
    found = [shown.finding(entry, "open") for entry in notice.open[:most]]
    new = [shown.finding(entry, "open") for entry in notice.new[:most]]
    more = max(len(notice.open) - most, 0) + alert.beyond.open
    more_new = max(len(notice.new) - most, 0) + _unseen_news(notice)
    return {
        "id": alert.id,
        "key": alert.key,
        "status": "firing" if notice.open or alert.beyond.open else "resolved",
        "action": notice.action,
        "deliver": notice.deliver,
        "reminder": notice.reminder,
        "rollup": alert.rollup,
        "projects": _projects(notice),
        "several": _projects(notice) > 1 or _are_of_several(notice, most),
        "unseen": alert.beyond.open,
        "ended": alert.ended,
        "route": alert.route,
        "findings": found,
        "new": new,
        "fixed": [shown.finding(entry, "fixed") for entry in notice.fixed[:most]],
        "told": found if notice.reminder else new,
        "more_told": more if notice.reminder else more_new,
        "more": more,
        "more_new": more_new,
        "more_fixed": max(len(notice.fixed) - most, 0) + _unseen_fixes(notice),
        "counts": _counts(notice.open, alert.beyond),
        "worst": shown.finding(worst, status),
        "opened_at": _time(alert.opened_at),
    }


class _Shown:
    """Findings as templates see them; what stands in several places is made once."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._findings: dict[tuple[int, str], Names] = {}
        self._projects: dict[int, Names] = {}

    def finding(self, entry: Entry, status: str) -> Names:
        found = self._findings.get((id(entry), status))
        if found is None:
            found = self._findings[id(entry), status] = self._finding(entry, status)
        return found

    def _finding(self, entry: Entry, status: str) -> Names:
        picked = _picked(entry.finding, _FINDING, self._bounds)
        return {
            "key": entry.key,
            "status": status,
            **picked,
            "facts": facts(picked),
            "version": version(picked),
            "url": https(entry.finding.url),
            "project": self._project(entry.event),
        }

    def _project(self, event: Event) -> Names:
        found = self._projects.get(id(event))
        if found is None:
            found = self._projects[id(event)] = _project(event.project, self._bounds)
        return found


def _project(project: Project, bounds: Bounds) -> Names:
    return {
        **_picked(project, _PROJECT, bounds),
        "url": https(project.url),
        "tags": _tags(project.tags, bounds),
    }


def _tags(pairs: Iterable[tuple[str, str]], bounds: Bounds) -> Tags:
    values: dict[str, list[str]] = {}
    for key, value in pairs:
        values.setdefault(key, []).append(value)
    single = {key: each if len(each) > 1 else each[0] for key, each in values.items()}
    return Tags(bounds.capped(single))


def _event(event: Event, bounds: Bounds) -> Names:
    said = event.raw.get("internal") or {}
    return {
        "kind": bounds.capped(str(said.get("kind", ""))),
        "text": bounds.capped(str(said.get("text", ""))),
        **_picked(event, ("id", "type", "version", "source"), bounds),
        "received_at": _time(event.received_at),
        "tested_at": _time(event.tested_at),
    }


def _counts(entries: Sequence[Entry], beyond: Beyond) -> dict[str, int]:
    found = Counter(entry.finding.rank for entry in entries)
    found.update(beyond.by_rank)
    words = ("other", *SEVERITIES)
    counts = {words[rank]: found[rank] for rank in range(len(words) - 1, -1, -1)}
    return counts | {"total": len(entries) + beyond.open}


def _projects(notice: Notice) -> int:
    """How many projects the findings at hand are of: the open ones, else the fixed ones."""
    return len({entry.event.project.id for entry in notice.open or notice.fixed})


def _are_of_several(notice: Notice, most: int) -> bool:
    """Whether what is listed, open or fixed, is of more than one project."""
    listed = (*notice.open[:most], *notice.fixed[:most])
    return len({entry.event.project.id for entry in listed}) > 1


def _unseen_news(notice: Notice) -> int:
    """News that are not at hand; under `create` everything is news."""
    beyond = notice.alert.beyond
    return beyond.open if notice.action == "create" else beyond.new


def _unseen_fixes(notice: Notice) -> int:
    return notice.alert.beyond.gone if notice.fixed else 0


def _alert_link(notice: Notice, public_url: str | None) -> str:
    """The page of the alert, or of the event where that is what is delivered."""
    kept = "alerts" if notice.deliver == "alerts" else "events"
    return https(f"{public_url.rstrip('/')}/{kept}/{notice.alert.id}") if public_url else ""


def _time(moment: datetime | None) -> str:
    """RFC 3339; empty where it is not known."""
    return moment.isoformat().replace("+00:00", "Z") if moment else ""
