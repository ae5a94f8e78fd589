"""`snyk-gateway events`."""

from typing import Annotated, Literal

import typer

from gateway.cli.listing import one_or_list, show_list, show_one
from gateway.cli.options import ADMIN_URL, AdminUrl, Json, Limit, Project

COLUMNS = {
    "event": "id",
    "received": "received_at",
    "type": "type",
    "status": "status",
    "project": "project.name",
    "new": "new_count",
    "removed": "removed_count",
}

Id = Annotated[
    str | None, typer.Argument(metavar="ID", help="One event, with all that is known of it.")
]
Status = Annotated[
    Literal["pending", "dispatched", "failed", "unreadable", "foreign"] | None,
    typer.Option("--status", help="Only events in this state."),
]
Kind = Annotated[
    str | None,
    typer.Option(
        "--type", metavar="TYPE", help="Only project_snapshot, ping, unreadable or internal."
    ),
]


def events(
    identity: Id = None,
    *,
    status: Status = None,
    kind: Kind = None,
    project: Project = None,
    limit: Limit = 50,
    url: AdminUrl = ADMIN_URL,
    as_json: Json = False,
) -> int:
    """List the events that arrived, newest first; or show one."""
    filters = {"status": status, "type": kind, "project": project}
    one_or_list(identity, list(filters.values()))
    if identity is not None:
        return show_one(url, "events", identity, as_json=as_json)
    return show_list(url, "events", COLUMNS, filters=filters, limit=limit, as_json=as_json)
