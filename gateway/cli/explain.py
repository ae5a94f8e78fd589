"""`snyk-gateway explain`: the way of each finding through the routing tree."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gateway.cli.event_file import read_body
from gateway.cli.options import At, Config, EventFile, Json, now_or
from gateway.cli.streams import show, show_json
from gateway.cli.text import printable

Explanation = Mapping[str, Any]


def explain(
    event: EventFile, *, config: Config = Path("config"), at: At = None, as_json: Json = False
) -> int:
    """Show which route takes each finding of an event, and why; sends nothing."""
    time = now_or(at)
    body = read_body(event, time)

    from gateway.load import load
    from gateway.preview.explain import explain as explained

    loaded = load(config, environ=os.environ, offline=True)
    explanation = explained(loaded.parts, body, time)
    if as_json:
        show_json(explanation)
    else:
        show(tree(explanation))
    return 0


def tree(explanation: Explanation) -> str:
    """The explanation for people."""
    blocks = ["\n".join(_event(explanation))]
    blocks += ["\n".join(_finding(finding)) for finding in explanation["findings"]]
    return "\n\n".join(blocks)


def _event(explanation: Explanation) -> Iterator[str]:
    number = len(explanation["findings"])
    findings = "1 finding" if number == 1 else f"{number or 'no'} findings"
    yield printable(f"{explanation['event']['type']}, {findings}")
    for delivery in explanation["deliveries"]:
        yield f"  → {_sentence(delivery)}"


def _finding(finding: Explanation) -> Iterator[str]:
    words = (finding[key] for key in ("change", "severity", "id"))
    title = " ".join(str(word) for word in words if word)
    yield printable(title + (f" in {finding['package']}" if finding["package"] else ""))
    for step in finding["path"]:
        mark = "✓" if step["matched"] else "✗"
        why = f" - {step['why']}" if step["why"] else ""
        yield printable(f"  {mark} {step['route']}{why}")
    for delivery in finding["deliveries"]:
        yield f"  → {_sentence(delivery)}"
    if not finding["deliveries"]:
        skipped = finding.get("skipped")
        yield printable("  → nobody" + (f" ({skipped})" if skipped else ""))


def _sentence(delivery: Explanation) -> str:
    sinks = ", ".join(delivery["sinks"]) or "nobody"
    parts = [f"route {delivery['route']}"]
    if delivery["deliver"] != "alerts":
        parts.append(f"delivers {delivery['deliver']}")
    if delivery.get("alert_key"):
        parts.append(f"alert {delivery['alert_key'][:12]}")
    if delivery.get("held_until"):
        parts.append(f"held until {delivery['held_until']}")
    if delivery.get("muted_by"):
        parts.append(f"muted by {delivery['muted_by']}")
    if delivery.get("outside"):
        parts.append("dropped outside its hours")
    return printable(f"{sinks} ({', '.join(parts)})")
