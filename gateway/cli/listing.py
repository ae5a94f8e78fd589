"""Lists and single things from the admin API, as a table or as JSON."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.cli.admin_api import address, ask, call
from gateway.cli.streams import show, show_json, tell
from gateway.cli.table import show_table
from gateway.cli.text import printable

Item = Mapping[str, Any]
Columns = Mapping[str, str]
"""Heading to the item's key, dots for what lies deeper."""

_PAGE = 200


def show_list(
    url: str,
    noun: str,
    columns: Columns,
    *,
    filters: Mapping[str, str | None],
    limit: int,
    as_json: bool,
) -> int:
    """Prints the newest things of a kind."""
    asked = {name: value for name, value in filters.items() if value is not None}
    items, more = asyncio.run(_collect(url, f"/api/v1/{noun}", asked, limit))
    if as_json:
        show_json(items)
    elif items:
        show_table(list(columns), [[cell(item, key) for key in columns.values()] for item in items])
    if not items:
        tell(f"no {noun}")
    elif more:
        tell(f"there are more; --limit is {limit}")
    return 0


def show_one(url: str, noun: str, identity: str, *, as_json: bool) -> int:
    """Prints one thing with all that is known of it."""
    item = ask(url, address(noun, identity))
    if as_json:
        show_json(item)
    else:
        _show_item(item)
    return 0


async def _collect(
    url: str, path: str, filters: Mapping[str, str], limit: int
) -> tuple[list[Item], bool]:
    """Up to `limit` items, page by page, and whether there are more."""
    items: list[Item] = []
    cursor: str | None = None
    while True:
        query = {**filters, "limit": str(min(limit - len(items), _PAGE))}
        page = await call(url, "GET", path, query=query | ({"cursor": cursor} if cursor else {}))
        items += page["items"]
        cursor = page["next"]
        if not cursor or len(items) >= limit:
            return items[:limit], bool(cursor) or len(items) > limit


def _show_item(item: Item) -> None:
    plain = {key: value for key, value in item.items() if not _is_table(value)}
    width = max(map(len, plain), default=0)
    for key in plain:
        show(f"{printable(key):<{width}}  {printable(cell(item, key))}".rstrip())
    for key, rows in item.items():
        if _is_table(rows):
            show(f"\n{printable(key)}")
            show_table(list(rows[0]), [[cell(row, name) for name in rows[0]] for row in rows])


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def cell(item: Item, key: str) -> str:
    """One value as text; what is missing is empty."""
    value: Any = item
    for step in key.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return str(value)


def one_or_list(identity: str | None, listed: Sequence[object]) -> None:
    """Raises where filters are given for a single thing."""
    import typer

    if identity is not None and any(listed):
        raise typer.BadParameter("a single one takes no filters")
