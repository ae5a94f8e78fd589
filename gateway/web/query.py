"""The query of an address."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from aiohttp import web

DEFAULT_LIMIT = 100
MOST = 1000
_NUMBER = re.compile(r"[0-9]{1,4}")


def filters_of(request: web.Request, known: Iterable[str]) -> dict[str, Any]:
    """Filters, limit and cursor of a list; answers 400 to anything else."""
    filters: dict[str, Any] = _asked(request, [*known, "limit", "cursor"])
    return filters | {"limit": _limit(filters.get("limit", str(DEFAULT_LIMIT)))}


def only(request: web.Request, key: str) -> str:
    """The value of the one key that must be there; answers 400 to anything else."""
    asked = _asked(request, [key])
    if not asked.get(key):
        raise web.HTTPBadRequest(text=f"{key} is missing in the query")
    return asked[key]


def refuse_query(request: web.Request) -> None:
    """Answers 400 to a query where none is known."""
    if request.query_string:
        raise web.HTTPBadRequest(text="this address takes no query")


def _asked(request: web.Request, known: Sequence[str]) -> dict[str, str]:
    asked: dict[str, str] = {}
    for key, value in request.query.items():
        if key not in known:
            raise web.HTTPBadRequest(text=f"unknown key in the query; known: {', '.join(known)}")
        if key in asked:
            raise web.HTTPBadRequest(text=f"{key} stands twice in the query")
        if "\x00" in value:  # PostgreSQL refuses it
            raise web.HTTPBadRequest(text=f"{key} holds a NUL character")
        asked[key] = value
    return asked


def _limit(text: str) -> int:
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= MOST:
        raise web.HTTPBadRequest(text=f"limit is a whole number from 1 to {MOST}")
    return int(text)
