"""The sentences that messages of every format share: headline, lead, where."""

from collections.abc import Mapping
from typing import Any

from gateway.model.limits import cut

Names = Mapping[str, Any]

_TITLE, _PACKAGE, _VERSION, _WORD, _TEXT, _PLACE, _ROUTE = 100, 60, 90, 20, 150, 120, 60
"""Characters: a headline fits where the shortest one is taken, and titles come from outside."""
_INTERNAL = "internal"
_QUIET = {"ping": "Snyk sent a ping: the webhook works", "unreadable": "An event could not be read"}
_CLOSED = {"gone": "Not tested any more: closed with", "by_hand": "Resolved by hand:"}
_NO_EXPLOIT = frozenset({"", "no-known-exploit", "no known exploit", "no-data", "not defined"})
# What Snyk calls the packages of container images.
_IMAGES = frozenset({"apk", "deb", "linux", "rpm"})
_ENDED = {"gone": "Not tested any more", "by_hand": "Resolved by hand"}


def words(alert: Names, event: Names, project: Names, org: Names) -> dict[str, str]:
    """What a message says in words, in plain text, out of what a template knows."""
    headline, where = _headline(alert, event), _where(alert, event, project)
    return {
        "headline": headline,
        "lead": _lead(alert, event),
        "rest": _rest(alert, event),
        "where": where,
        "line": f"{where}: {headline}" if alert["rollup"] else f"{headline} · {where}",
        "open": _open(alert),
        "projects": _projects(alert),
        "footer": _footer(alert, project, org),
        "tone": _tone(alert, event),
    }


def facts(finding: Names) -> list[str]:
    """What is known of a finding beside its title and its package, in short texts."""
    exploit, cvss = finding["exploit"], finding["cvss"]
    said = [
        "malicious package" if finding["malicious"] else "",
        cut(finding["id"], _PACKAGE),
        *finding["cve"][:2],
        *finding["ghsa"][:1],
        "" if cvss is None else f"CVSS {cvss}",
        "" if exploit.lower() in _NO_EXPLOIT else f"exploit: {exploit}",
        ", ".join(finding["cwe"][:2]),
    ]
    return [each for each in said if each]


def version(finding: Names) -> str:
    """Package and versions, and what mends it: `lodash 4.17.20 → fixed in 4.17.21`."""
    package = cut(f"{finding['package']} {', '.join(finding['versions'][:3])}".strip(), _VERSION)
    return " → ".join(each for each in (package, _fix(finding)) if each)


def _fix(finding: Names) -> str:
    if finding["fixed_in"]:
        return f"fixed in {cut(', '.join(finding['fixed_in'][:3]), _PACKAGE)}"
    if finding["fixable"]:
        return "a fix is available"
    return "no fix yet" if finding["type"] == "vuln" else ""


def _headline(alert: Names, event: Names) -> str:
    """One line that tells it all."""
    if event["type"] == _INTERNAL:
        return cut(event["text"], _TEXT)
    if _is_quiet(alert):
        return _QUIET.get(event["type"], "Tested: nothing new")
    if alert["reminder"]:
        return f"Still open: {_of(_news(alert), alert['worst'])}"
    return _closing(alert) if alert["action"] == "close" else _changing(alert)


def _closing(alert: Names) -> str:
    fixed = _fixes(alert)
    if alert["ended"] in _CLOSED:
        return f"{_CLOSED[alert['ended']]} {_issues(fixed)}"
    if fixed == 1:
        return f"Fixed: {_subject(alert['worst'])}"
    return f"All fixed: {_issues(fixed)}" if fixed else "All fixed"


def _changing(alert: Names) -> str:
    new, fixed = _news(alert), _fixes(alert)
    if new == 1 and alert["told"] and not fixed:
        return f"{_severity(alert['told'][0])}: {_subject(alert['told'][0])}"
    if not new and fixed == 1 and alert["fixed"]:
        return f"Fixed: {_subject(alert['fixed'][0])}"
    place = f" in {_projects(alert)}" if alert["rollup"] and new and not fixed else ""
    return _changes(new, fixed) + place


def _lead(alert: Names, event: Names) -> str:
    """What a message begins with whose title says where."""
    if event["type"] == _INTERNAL:
        return cut(event["kind"], _WORD * 3)
    if _is_quiet(alert):
        return _headline(alert, event)
    if alert["reminder"]:
        return "Still open"
    if alert["action"] == "close":
        return _ENDED.get(alert["ended"], "All fixed")
    return _changes(_news(alert), _fixes(alert))


def _rest(alert: Names, event: Names) -> str:
    """What follows on the lead: how many are open, by severity; empty where that says no more."""
    if event["type"] == _INTERNAL or _is_quiet(alert) or alert["action"] == "close":
        return ""
    counted = _counted(alert["counts"])
    if alert["reminder"]:
        return counted
    if alert["action"] == "create":
        return counted if _news(alert) > 1 else ""
    return f"open now: {counted}" if counted else ""


def _where(alert: Names, event: Names, project: Names) -> str:
    if event["type"] == _INTERNAL:
        return "snyk-gateway"
    if alert["rollup"]:
        return f"Roll-up of route {cut(alert['route'], _ROUTE)}"
    if alert["several"]:
        return "several projects"
    return cut(project["name"] or project["id"] or "Snyk", _PLACE)


def _open(alert: Names) -> str:
    """What is open, in one line."""
    number = alert["counts"]["total"]
    if number == 1:
        return f"{_severity(alert['worst'])}: {_subject(alert['worst'])}"
    return f"{_issues(number, 'open')}: {_counted(alert['counts'])}"


def _footer(alert: Names, project: Names, org: Names) -> str:
    """Whose it is, and which rule says so."""
    is_image = project["type"] in _IMAGES and project["image_tag"]
    place = [project["branch"], f"image {project['image_tag']}" if is_image else ""]
    said = [org["name"] or org["slug"], *([] if alert["several"] else place)]
    known = [cut(each, _PLACE) for each in said if each]
    return " · ".join([*known, f"route {cut(alert['route'], _ROUTE)}"])


def _tone(alert: Names, event: Names) -> str:
    """The worst severity that the message tells of, or `resolved`: what it is coloured by."""
    if alert["told"]:
        return cut(alert["told"][0]["severity"], _WORD)
    return "high" if event["type"] in {_INTERNAL, "unreadable"} else "resolved"


def _is_quiet(alert: Names) -> bool:
    """An event as such, in which nothing is new or fixed."""
    return alert["deliver"] == "events" and not _news(alert) and not _fixes(alert)


def _news(alert: Names) -> int:
    """How many the message is about: what is new, or what one is reminded of."""
    return len(alert["told"]) + int(alert["more_told"])


def _fixes(alert: Names) -> int:
    return len(alert["fixed"]) + int(alert["more_fixed"])


def _changes(new: int, fixed: int) -> str:
    if not new:
        return _issues(fixed, "fixed")
    return f"{_issues(new, 'new')}, {fixed} fixed" if fixed else _issues(new, "new")


def _of(number: int, only: Names) -> str:
    return _subject(only) if number == 1 else _issues(number)


def _issues(number: int, word: str = "") -> str:
    noun = "issue" if number == 1 else "issues"
    return " ".join(part for part in (str(number), word, noun) if part)


def _projects(alert: Names) -> str:
    number = alert["projects"]
    if alert["unseen"]:
        return f"{number} or more projects"
    return f"{number} {'project' if number == 1 else 'projects'}"


def _counted(counts: Mapping[str, int]) -> str:
    """`1 critical, 2 high`."""
    return ", ".join(
        f"{number} {word}" for word, number in counts.items() if number and word != "total"
    )


def _subject(finding: Names) -> str:
    title = cut(finding["title"] or finding["id"], _TITLE)
    return f"{title} in {cut(finding['package'], _PACKAGE)}" if finding["package"] else title


def _severity(finding: Names) -> str:
    return cut((finding["severity"] or "unrated").capitalize(), _WORD)
