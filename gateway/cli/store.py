"""`snyk-gateway store`: what is remembered, brought up to date, looked over, and moved."""

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.check import count
from gateway.cli.options import Config, Json, now_or
from gateway.cli.progress import progress
from gateway.cli.streams import show, show_json, tell
from gateway.cli.table import show_table
from gateway.cli.text import printable

app = typer.Typer(no_args_is_help=True, help="The store: migrate, check, copy to another engine.")

_PASSWORDS = "A password that is not in a URL is taken from PGPASSWORD or PGPASSFILE."


def _store_url(text: str) -> str:
    from pydantic import ValidationError

    from gateway.store.settings import StoreSettings

    try:
        return StoreSettings(url=text).url
    except ValidationError as error:  # its own text would repeat the URL with its password
        raise typer.BadParameter(error.errors()[0]["msg"]) from None


From = Annotated[
    str,
    typer.Option(
        "--from", metavar="URL", parser=_store_url, help="The store as it is; it is only read."
    ),
]
To = Annotated[
    str,
    typer.Option(
        "--to",
        metavar="URL",
        parser=_store_url,
        help="Where its copy is made: a new file, or a database with nothing in it.",
    ),
]


@app.command("migrate")
def migrate(*, config: Config = Path("config")) -> int:
    """Bring the store to the newest schema, as the next start of a gateway would."""
    from gateway.load import stated_store
    from gateway.store import ends
    from gateway.store.migrations import REVISIONS

    settings = stated_store(config, os.environ)
    with ends.target(settings.url, settings.secret) as target:
        tell(f"{target.name}: {_moved(target.found, REVISIONS[-1])}")
    return 0


@app.command("check")
def check(*, config: Config = Path("config"), as_json: Json = False) -> int:
    """Look the store over, beside a gateway if one runs, and change nothing.

    Exit codes: 0 sound; 1 not sound, and how; 3 it cannot be opened.
    """
    from gateway.load import stated_store
    from gateway.store import soundness

    settings = stated_store(config, os.environ)
    report = soundness.report(settings.url, settings.secret)
    if as_json:
        show_json(asdict(report))
    else:
        _show(report)
    said = count(report.findings, "finding") if report.findings else "sound"
    tell(f"{report.store}: {said}")
    return 1 if report.findings else 0


@app.command("copy", epilog=_PASSWORDS)
def copy(source: From, target: To) -> int:
    """Copy all that a store holds into another: SQLite to PostgreSQL, or back.

    No gateway may run on either. What was cut short goes on when begun again; then all is compared.
    """
    from gateway.store import copying, ends

    with ends.both(source, target, now_or(None)) as (one, other):
        rows = copying.size(one)
        with progress("copying", rows) as advance:
            copying.copy(one, other, advance)
        with progress("comparing", 2 * rows) as advance:
            compared = list(copying.compare(one, other, advance))
        show_table(
            ("table", "rows", "sha256"),
            [(each.table, each.source.rows, each.source.sha256) for each in compared],
        )
        return _verdict(other.name, compared)


def _moved(before: str | None, after: str) -> str:
    if before is None:
        return f"made, on schema {after}"
    if before == after:
        return f"is on schema {after}, the newest"
    return f"brought from schema {before} to {after}"


def _show(report: Any) -> None:
    facts = {
        "store": report.store,
        "engine": report.engine,
        "schema": report.revision,
        **report.settings,
    }
    width = max(map(len, facts))
    for name, value in facts.items():
        show(f"{name:<{width}}  {printable(value)}")
    show("")
    rows = [(name, "?" if rows is None else rows) for name, rows in report.rows.items()]
    show_table(("table", "rows"), rows)
    for text in report.warnings:
        show(f"warning: {printable(text)}")
    for text in report.findings:
        show(printable(text))


def _verdict(name: str, compared: Sequence[Any]) -> int:
    others = [each for each in compared if not each.is_same]
    for each in others:
        tell(f"{name}: {each.table} differs: {each.target.rows} rows, {each.target.sha256}")
    if not others:
        rows = sum(each.source.rows for each in compared)
        tell(f"{name}: holds the same, {count(rows, 'row')}")
    return 1 if others else 0
