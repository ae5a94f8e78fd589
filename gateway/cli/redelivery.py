"""`snyk-gateway retry` and `snyk-gateway cancel`."""

from typing import Annotated, Any

import typer

from gateway.cli.admin_api import change
from gateway.cli.check import count
from gateway.cli.options import ADMIN_URL, AdminUrl, DryRun, Json, either
from gateway.cli.streams import show, show_json, tell

Ids = Annotated[
    list[str] | None, typer.Argument(metavar="ID", help="Deliveries.", show_default=False)
]
SinkName = Annotated[str | None, typer.Option("--sink", metavar="NAME", help="All to this sink.")]
RouteName = Annotated[
    str | None, typer.Option("--route", metavar="NAME", help="All of this route.")
]
AlertId = Annotated[str | None, typer.Option("--alert", metavar="ID", help="All of this alert.")]
EventId = Annotated[
    str | None, typer.Option("--event", metavar="ID", help="All that this event made.")
]
Reason = Annotated[
    str | None, typer.Option("--reason", metavar="WORD", help="All with this reason: max_age, …")
]


def retry(
    ids: Ids = None,
    *,
    sink: SinkName = None,
    route: RouteName = None,
    alert: AlertId = None,
    event: EventId = None,
    reason: Reason = None,
    dry_run: DryRun = False,
    url: AdminUrl = ADMIN_URL,
    as_json: Json = False,
) -> int:
    """Try dead deliveries again: sends what is so by now, or nothing if that was told."""
    wanted = _wanted(sink=sink, route=route, alert=alert, event=event, reason=reason)
    answer = _change(url, "retry", ids, wanted, dry_run=dry_run)
    return _say(answer, "tried again", dry_run=dry_run, as_json=as_json)


def cancel(
    ids: Ids = None,
    *,
    sink: SinkName = None,
    route: RouteName = None,
    alert: AlertId = None,
    event: EventId = None,
    reason: Reason = None,
    dry_run: DryRun = False,
    url: AdminUrl = ADMIN_URL,
    as_json: Json = False,
) -> int:
    """Give up deliveries that wait; what is being sent cannot be called back."""
    wanted = _wanted(sink=sink, route=route, alert=alert, event=event, reason=reason)
    answer = _change(url, "cancel", ids, wanted, dry_run=dry_run)
    return _say(answer, "cancelled", dry_run=dry_run, as_json=as_json)


def _wanted(**said: str | None) -> dict[str, str]:
    return {name: value for name, value in said.items() if value is not None}


def _change(
    url: str, verb: str, ids: list[str] | None, wanted: dict[str, str], *, dry_run: bool
) -> Any:
    either(ids, wanted, "give ID…, or --sink, --route, --alert, --event or --reason")
    said: dict[str, Any] = {"filter": wanted} if wanted else {"ids": ids}
    return change(url, f"/api/v1/deliveries/{verb}", {**said, "dry_run": dry_run})


def _say(answer: Any, verb: str, *, dry_run: bool, as_json: bool) -> int:
    if as_json:
        show_json(answer)
        return 0
    for identity in answer["ids"]:
        show(identity)
    would = "would be " if dry_run else ""
    tell(f"{count(answer['deliveries'], 'delivery', 'deliveries')} {would}{verb}")
    return 0
