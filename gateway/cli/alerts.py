"""`snyk-gateway alerts`."""

from typing import Annotated, Literal

import typer

from gateway.cli.listing import one_or_list, show_list, show_one
from gateway.cli.options import ADMIN_URL, AdminUrl, Json, Limit, Project

COLUMNS = {
    "alert": "id",
    "opened": "opened_at",
    "status": "status",
    "route": "route",
    "severity": "severity",
    "open": "open_count",
    "fixed": "fixed_count",
    "project": "project.name",
}

Id = Annotated[
    str | None, typer.Argument(metavar="ID", help="One alert, with all that is known of it.")
]
Status = Annotated[
    Literal["open", "resolved"] | None, typer.Option("--status", help="Only alerts in this state.")
]
Route = Annotated[
    str | None, typer.Option("--route", metavar="NAME", help="Only alerts of this route.")
]


def alerts(
    identity: Id = None,
    *,
    status: Status = None,
    route: Route = None,
    project: Project = None,
    limit: Limit = 50,
    url: AdminUrl = ADMIN_URL,
    as_json: Json = False,
) -> int:
    """List alerts, newest first; or show one."""
    filters = {"status": status, "route": route, "project": project}
    one_or_list(identity, list(filters.values()))
    if identity is not None:
        return show_one(url, "alerts", identity, as_json=as_json)
    return show_list(url, "alerts", COLUMNS, filters=filters, limit=limit, as_json=as_json)
