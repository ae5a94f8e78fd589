"""`snyk-gateway alerts` and `snyk-gateway alerts resolve`."""

from typing import Annotated, Any, Literal

import typer

from gateway.cli.admin_api import change
from gateway.cli.check import count
from gateway.cli.listing import one_or_list, show_list, show_one
from gateway.cli.options import ADMIN_URL, AdminUrl, DryRun, Json, Limit, Project, either
from gateway.cli.streams import show, show_json, tell

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
Ids = Annotated[
    list[str] | None, typer.Argument(metavar="ID", help="Open alerts.", show_default=False)
]
OfProject = Annotated[
    str | None,
    typer.Option("--project", metavar="PROJECT", help="All open ones of a project (id or name)."),
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
    """List alerts, newest first; or show one. `alerts resolve` ends them by hand."""
    filters = {"status": status, "route": route, "project": project}
    one_or_list(identity, list(filters.values()))
    if identity is not None:
        return show_one(url, "alerts", identity, as_json=as_json)
    return show_list(url, "alerts", COLUMNS, filters=filters, limit=limit, as_json=as_json)


def resolve(
    ids: Ids = None,
    *,
    project: OfProject = None,
    dry_run: DryRun = False,
    url: AdminUrl = ADMIN_URL,
    as_json: Json = False,
) -> int:
    """Resolve open alerts by hand: a project deleted at Snyk never reports its fixes."""
    either(ids, project, "give ID… or --project PROJECT")
    wanted: dict[str, Any] = {"project": project} if project else {"ids": ids}
    answer = change(url, "/api/v1/alerts/resolve", {**wanted, "dry_run": dry_run})
    if as_json:
        show_json(answer)
        return 0
    for identity in answer["ids"]:
        show(identity)
    verb = "would be resolved" if dry_run else "resolved"
    tell(f"{count(answer['alerts'], 'alert')} {verb}")
    return 0
