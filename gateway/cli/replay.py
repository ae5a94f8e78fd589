"""`snyk-gateway replay`."""

from datetime import datetime
from typing import Annotated, Any

import typer

from gateway.cli.admin_api import change
from gateway.cli.check import count
from gateway.cli.options import ADMIN_URL, AdminUrl, DryRun, Json, either, moment, written
from gateway.cli.streams import show, show_json

Ids = Annotated[list[str] | None, typer.Argument(metavar="ID", help="Events.", show_default=False)]
Since = Annotated[
    datetime | None,
    typer.Option(
        "--since", metavar="TIME", parser=moment, help="All that arrived since then (RFC 3339)."
    ),
]


def replay(
    ids: Ids = None,
    *,
    since: Since = None,
    dry_run: DryRun = False,
    url: AdminUrl = ADMIN_URL,
    as_json: Json = False,
) -> int:
    """Walk stored events through today's rules: what is open stays, what was missed is sent."""
    either(ids, since, "give ID… or --since TIME")
    wanted: dict[str, Any] = {"since": written(since)} if since else {"ids": ids}
    answer = change(url, "/api/v1/replay", {**wanted, "dry_run": dry_run})
    if as_json:
        show_json(answer)
    else:
        verb = "would be replayed" if dry_run else "replayed"
        show(f"{count(answer['events'], 'event')} {verb}")
    return 0
