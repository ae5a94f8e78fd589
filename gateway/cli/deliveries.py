"""`snyk-gateway deliveries`."""

from typing import Annotated, Literal

import typer

from gateway.cli.listing import one_or_list, show_list, show_one
from gateway.cli.options import ADMIN_URL, AdminUrl, Json, Limit

COLUMNS = {
    "delivery": "id",
    "created": "created_at",
    "status": "status",
    "sink": "sink",
    "alert": "alert",
    "revision": "revision",
    "tries": "tries",
    "next try": "next_attempt_at",
    "reason": "reason",
}

Id = Annotated[
    str | None, typer.Argument(metavar="ID", help="One delivery, with all that is known of it.")
]
Status = Annotated[
    Literal["pending", "held", "muted", "sending", "delivered", "dead", "cancelled"] | None,
    typer.Option("--status", help="Only deliveries in this state."),
]
SinkName = Annotated[
    str | None, typer.Option("--sink", metavar="NAME", help="Only deliveries to this sink.")
]
AlertId = Annotated[
    str | None, typer.Option("--alert", metavar="ID", help="Only deliveries of this alert.")
]
EventId = Annotated[
    str | None, typer.Option("--event", metavar="ID", help="Only deliveries that this event made.")
]


def deliveries(
    identity: Id = None,
    *,
    status: Status = None,
    sink: SinkName = None,
    alert: AlertId = None,
    event: EventId = None,
    limit: Limit = 50,
    url: AdminUrl = ADMIN_URL,
    as_json: Json = False,
) -> int:
    """List deliveries, newest first; or show one with its attempts."""
    filters = {"status": status, "sink": sink, "alert": alert, "event": event}
    one_or_list(identity, list(filters.values()))
    if identity is not None:
        return show_one(url, "deliveries", identity, as_json=as_json)
    return show_list(url, "deliveries", COLUMNS, filters=filters, limit=limit, as_json=as_json)
