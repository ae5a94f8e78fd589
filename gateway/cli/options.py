"""Options that several commands share."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from gateway.clock import SystemClock

ADMIN_URL = "http://127.0.0.1:8081"


def moment(text: str) -> datetime:
    """The time in RFC 3339; without a zone it is UTC."""
    from pydantic_core import PydanticCustomError

    from gateway.settings import types

    try:
        return types.moment(text)
    except PydanticCustomError as error:
        raise typer.BadParameter(str(error)) from None


def lasting(text: str) -> timedelta:
    """How long something lasts, in `30m`, `2h`, `7d`."""
    from pydantic_core import PydanticCustomError

    from gateway.settings.types import duration

    try:
        return timedelta(seconds=duration(text))
    except PydanticCustomError:
        raise typer.BadParameter("not a duration; write 30m, 2h or 7d") from None


def written(time: datetime) -> str:
    """The time in RFC 3339 and in UTC."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def either(one: object, other: object, usage: str) -> None:
    """Raises where not exactly one of two is given."""
    if bool(one) == bool(other):
        raise typer.BadParameter(usage)


def now_or(at: datetime | None) -> datetime:
    """The time asked for, else now."""
    return at or SystemClock().now()


Config = Annotated[
    Path,
    typer.Option("--config", metavar="DIR", help="Configuration folder, or a single file."),
]
At = Annotated[
    datetime | None,
    typer.Option(
        "--at", metavar="TIME", parser=moment, help="Pretend it is then (RFC 3339). Default: now."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")
]
_EVENT_FILE = typer.Argument(
    metavar="EVENT.json",
    help="File with a webhook's body; - reads stdin, sample:NAME takes a sample.",
    show_default=False,
)
EventFile = Annotated[str, _EVENT_FILE]
MaybeEventFile = Annotated[str | None, _EVENT_FILE]
AdminUrl = Annotated[
    str,
    typer.Option(
        "--url",
        envvar="GATEWAY_ADMIN_URL",
        help="Address of the gateway's admin side; its token is read from GATEWAY_ADMIN_TOKEN.",
    ),
]
Project = Annotated[
    str | None,
    typer.Option("--project", metavar="PROJECT", help="Only those of this project (id or name)."),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Print at most so many.")]
