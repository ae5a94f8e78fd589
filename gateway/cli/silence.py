"""`snyk-gateway silence`: mute findings for a time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import typer

from gateway.cli.admin_api import address, ask, change
from gateway.cli.check import count
from gateway.cli.listing import show_list
from gateway.cli.options import (
    ADMIN_URL,
    AdminUrl,
    DryRun,
    Json,
    Limit,
    either,
    lasting,
    moment,
    now_or,
    written,
)
from gateway.cli.streams import show, show_json, tell
from gateway.errors import NotFound

COLUMNS = {
    "silence": "id",
    "status": "status",
    "from": "from",
    "until": "until",
    "owner": "owner",
    "reason": "reason",
    "matchers": "matchers",
    "made in": "origin",
}

Matchers = Annotated[
    list[str],
    typer.Argument(
        metavar="MATCHER",
        help="All must hold, as in a route: 'project.name =~ \"acme/legacy.*\"'.",
        show_default=False,
    ),
]
Until = Annotated[
    datetime | None,
    typer.Option("--until", metavar="TIME", parser=moment, help="When it ends (RFC 3339)."),
]
Lasting = Annotated[
    timedelta | None,
    typer.Option(
        "--for", metavar="DURATION", parser=lasting, help="How long it lasts: 30m, 2h, 7d."
    ),
]
From = Annotated[
    datetime | None,
    typer.Option("--from", metavar="TIME", parser=moment, help="When it begins. Default: now."),
]
Owner = Annotated[str, typer.Option("--owner", metavar="NAME", help="Who answers for it.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")]
Status = Annotated[
    Literal["active", "pending", "expired"] | None,
    typer.Option("--status", help="Only silences in this state."),
]
Ids = Annotated[list[str], typer.Argument(metavar="ID", help="Silences.", show_default=False)]

app = typer.Typer(no_args_is_help=True, help="Mute findings for a time: add, list, expire.")


@app.command()
def add(
    matchers: Matchers,
    *,
    owner: Owner,
    reason: Reason,
    until: Until = None,
    lasts: Lasting = None,
    begins: From = None,
    url: AdminUrl = ADMIN_URL,
    as_json: Json = False,
) -> int:
    """Mute the findings that match, until a time; what is still open then is sent."""
    either(until, lasts, "give --until TIME or --for 2h")
    ends = until or _after(now_or(begins), lasts or timedelta())
    said: dict[str, Any] = {"matchers": matchers, "owner": owner, "reason": reason}
    times = {"until": written(ends)} | ({"from": written(begins)} if begins else {})
    silence = change(url, "/api/v1/silences", said | times)
    if as_json:
        show_json(silence)
    else:
        show(silence["id"])
        tell(f"silent until {silence['until']}")
    return 0


@app.command("list")
def list_(
    *,
    status: Status = None,
    limit: Limit = 50,
    url: AdminUrl = ADMIN_URL,
    as_json: Json = False,
) -> int:
    """List silences, of the configuration and made at run time."""
    filters = {"status": status}
    return show_list(url, "silences", COLUMNS, filters=filters, limit=limit, as_json=as_json)


@app.command()
def expire(ids: Ids, *, dry_run: DryRun = False, url: AdminUrl = ADMIN_URL) -> int:
    """End silences now; what they muted and is still open is sent."""

    def look(identity: str) -> Any:
        return ask(url, address("silences", identity))

    def end(identity: str) -> Any:
        return change(url, address("silences", identity, "expire"), {})

    found = [_each(identity, look if dry_run else end) for identity in ids]
    verb = "would be ended" if dry_run else "ended"
    tell(f"{count(sum(found), 'silence')} {verb}")
    return 0 if all(found) else 1


def _after(begins: datetime, lasts: timedelta) -> datetime:
    try:
        return begins + lasts
    except OverflowError:
        raise typer.BadParameter("too long", param_hint="--for") from None


def _each(identity: str, act: Callable[[str], Any]) -> bool:
    """Whether there is such a silence; one that is not there does not keep others from ending."""
    try:
        silence = act(identity)
    except NotFound as error:
        tell(f"{identity}: {error}")
        return False
    show(silence["id"])
    return True
