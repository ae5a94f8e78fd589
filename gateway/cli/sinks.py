"""`snyk-gateway sinks`, `sinks pause` and `sinks resume`."""

from typing import Annotated

import typer

from gateway.cli.admin_api import address, ask, change
from gateway.cli.listing import cell
from gateway.cli.options import ADMIN_URL, AdminUrl, Json
from gateway.cli.streams import show_json, tell
from gateway.cli.table import show_table

COLUMNS = {
    "sink": "name",
    "type": "type",
    "paused": "paused",
    "waits until": "paused_until",
    "breaker": "breaker",
    "next probe": "probe_at",
    "rate": "rate",
    "pending": "pending",
    "dead": "dead",
    "oldest due": "oldest_due_seconds",
}
Name = Annotated[str, typer.Argument(metavar="NAME", help="A sink.", show_default=False)]


def sinks(*, url: AdminUrl = ADMIN_URL, as_json: Json = False) -> int:
    """List the sinks and how they stand. `sinks pause` has one wait, `sinks resume` go on."""
    items = ask(url, "/api/v1/sinks")["items"]
    if as_json:
        show_json(items)
    else:
        rows = [[cell(item, key) for key in COLUMNS.values()] for item in items]
        show_table(list(COLUMNS), rows)
    return 0


def pause(name: Name, *, url: AdminUrl = ADMIN_URL, as_json: Json = False) -> int:
    """Have a sink wait; what is owed to it is kept."""
    return _change(url, name, "pause", "is paused", as_json=as_json)


def resume(name: Name, *, url: AdminUrl = ADMIN_URL, as_json: Json = False) -> int:
    """Let a sink go on that was paused."""
    return _change(url, name, "resume", "goes on", as_json=as_json)


def _change(url: str, name: str, verb: str, done: str, *, as_json: bool) -> int:
    sink = change(url, address("sinks", name, verb), {})
    if as_json:
        show_json(sink)
    else:
        tell(f"{sink['name']} {done}; {sink['pending']} pending")
    return 0
