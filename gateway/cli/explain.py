"""`snyk-gateway explain`: the way of each finding through the routing tree."""

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.admin_api import ask
from gateway.cli.check import count
from gateway.cli.event_file import read_body
from gateway.cli.options import (
    ADMIN_URL,
    AdminUrl,
    At,
    Config,
    Json,
    MaybeEventFile,
    either,
    now_or,
    written,
)
from gateway.cli.streams import show, show_json
from gateway.cli.text import printable

Explanation = Mapping[str, Any]
Stored = Annotated[
    str | None,
    typer.Option(
        "--event", metavar="ID", help="An event of a running gateway, with what came of it."
    ),
]


def explain(
    event: MaybeEventFile = None,
    *,
    stored: Stored = None,
    config: Config = Path("config"),
    at: At = None,
    url: AdminUrl = ADMIN_URL,
    as_json: Json = False,
) -> int:
    """Show which route takes each finding of an event, and why; sends nothing."""
    either(event, stored, "give EVENT.json or --event ID")
    if stored and at:
        raise typer.BadParameter("a stored event is explained as of its arrival", param_hint="--at")
    if stored:
        explanation = ask(url, "/api/v1/explain", {"event": stored})
    else:
        explanation = _preview(event or "", config, now_or(at), as_json=as_json)
    if as_json:
        show_json(explanation)
    else:
        show(tree(explanation))
    return 0


def _preview(event: str, config: Path, time: datetime, *, as_json: bool) -> Explanation:
    body = read_body(event, time)

    from gateway.load import load
    from gateway.preview.explain import bare
    from gateway.preview.explain import explain as explained
    from gateway.preview.reading import read

    parts = load(config, environ=os.environ, offline=True).parts
    explanation = explained(parts, read(parts, body, time), time)
    return bare(explanation) if as_json else explanation


def tree(explanation: Explanation) -> str:
    """The explanation for people."""
    blocks = ["\n".join(_event(explanation))]
    blocks += ["\n".join(_finding(finding)) for finding in explanation["findings"]]
    return "\n\n".join(blocks)


def _event(explanation: Explanation) -> Iterator[str]:
    event, number = explanation["event"], len(explanation["findings"])
    said = [event["type"], count(number, "finding") if number else "no findings"]
    if unread := event.get("unreadable_issues"):
        said.append(f"{count(unread, 'issue')} that cannot be read")
    yield printable(", ".join(said))
    # Where nothing is owed of the event itself, its way is only worth a look if it is all there is.
    if explanation["deliveries"] or not number:
        for step in event.get("path", ()):
            yield printable(_step(step))
    for delivery in explanation["deliveries"]:
        yield from _delivery(delivery)


def _finding(finding: Explanation) -> Iterator[str]:
    words = (finding[key] for key in ("change", "severity", "id"))
    title = " ".join(str(word) for word in words if word)
    yield printable(title + (f" in {finding['package']}" if finding["package"] else ""))
    for step in finding["path"]:
        yield printable(_step(step))
    for delivery in finding["deliveries"]:
        yield from _delivery(delivery)
    if not finding["deliveries"]:
        skipped = finding.get("skipped")
        yield printable("  → nobody" + (f" ({skipped})" if skipped else ""))


def _step(step: Explanation) -> str:
    """One route, below the one that it stands in."""
    indent = "  " * (1 + step.get("depth", 0))
    mark = "✓" if step["matched"] else "✗"
    why = f" - {step['why']}" if step["why"] else ""
    return f"{indent}{mark} {step['route']}{why}"


def _delivery(delivery: Explanation) -> Iterator[str]:
    sinks = ", ".join(delivery["sinks"]) or "nobody"
    parts = [f"route {delivery['route']}"]
    if delivery["deliver"] != "alerts":
        parts.append(f"delivers {delivery['deliver']}")
    if delivery.get("alert_key"):
        parts.append(f"alert {delivery['alert_key'][:12]}")
    yield printable(f"  → {sinks} ({', '.join(parts)})")
    for line in _fate(delivery):
        yield printable(f"      {line}")


def _fate(delivery: Explanation) -> Iterator[str]:
    """What keeps a delivery back, and what came of it where the event is a stored one."""
    if labels := delivery.get("labels"):
        yield "labels " + ", ".join(f"{name}={text}" for name, text in labels.items())
    for failure in delivery.get("failed", ()):
        yield f"failed: {failure}"
    if wait := delivery.get("group_wait"):
        yield f"waits {wait:g} s for others of its group"
    if delivery.get("muted_by"):
        yield f"muted by {delivery['muted_by']}"
    if delivery.get("held_until"):
        yield f"held until {_time(delivery['held_until'])}"
    if delivery.get("outside"):
        yield "dropped: it is outside the hours of its route"
    for each in delivery.get("became", ()):
        yield _became(each)


def _became(delivery: Explanation) -> str:
    reason = f" ({delivery['reason']})" if delivery["reason"] else ""
    tries = f" after {_tries(delivery['tries'])}" if delivery["tries"] else ""
    again = (
        f", next try {_time(delivery['next_attempt_at'])}" if delivery["next_attempt_at"] else ""
    )
    return f"{delivery['sink']}: {delivery['status']}{reason}{tries}{again}"


def _tries(number: int) -> str:
    return "1 try" if number == 1 else f"{number} tries"


def _time(moment: datetime | str) -> str:
    """As the admin API writes it, which has no other times than text."""
    return written(moment) if isinstance(moment, datetime) else moment
