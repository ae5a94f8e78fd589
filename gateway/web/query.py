"""The query of a list's address."""

import re
from collections.abc import Iterable
from typing import Any

from aiohttp import web

DEFAULT_LIMIT = 100
MOST = 1000
_NUMBER = re.compile(r"[0-9]{1,4}")


def filters_of(request: web.Request, known: Iterable[str]) -> dict[str, Any]:
    """Filters, limit and cursor; answers 400 to anything else."""
    allowed = [*known, "limit", "cursor"]
    filters: dict[str, Any] = {}
    for key, value in request.query.items():
        if key not in allowed:
            raise web.HTTPBadRequest(text=f"unknown key in the query; known: {', '.join(allowed)}")
        if key in filters:
            raise web.HTTPBadRequest(text=f"{key} stands twice in the query")
        if "\x00" in value:  # PostgreSQL refuses it
            raise web.HTTPBadRequest(text=f"{key} holds a NUL character")
        filters[key] = value
    return filters | {"limit": _limit(filters.get("limit", str(DEFAULT_LIMIT)))}


def _limit(text: str) -> int:
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= MOST:
        raise web.HTTPBadRequest(text=f"limit is a whole number from 1 to {MOST}")
    return int(text)
