"""The admin API's lists, and each of their items by id."""

from aiohttp import web

from gateway.web.answer import Handler, answer
from gateway.web.openapi import description
from gateway.web.query import filters_of, refuse_query
from gateway.web.reads import LISTS, Item, Kind, Reads

ID = "{id:[A-Za-z0-9_-]{1,64}}"
"""An id in an address."""


def add_api(app: web.Application, reads: Reads, version: str) -> None:
    """Adds the lists under /api/v1, and their description."""
    for kind in LISTS:
        app.router.add_get(f"/api/v1/{kind.name}", _list(reads, kind))
        app.router.add_get(f"/api/v1/{kind.name}/{ID}", _item(reads, kind))

    async def openapi(_request: web.Request) -> web.Response:
        return answer(description(version))

    app.router.add_get("/api/v1/openapi.json", openapi)


def _list(reads: Reads, kind: Kind) -> Handler:
    async def answer_list(request: web.Request) -> web.Response:
        page = await kind.page(reads)(**filters_of(request, kind.filters))
        return answer({"items": page.items, "next": page.next})

    return answer_list


def _item(reads: Reads, kind: Kind) -> Handler:
    async def answer_item(request: web.Request) -> web.Response:
        return answer(await find(request, reads, kind))

    return answer_item


async def find(request: web.Request, reads: Reads, kind: Kind) -> Item:
    """The item whose id is in the address; answers 404 where there is none."""
    refuse_query(request)
    item = await kind.item(reads)(request.match_info["id"])
    if item is None:
        raise web.HTTPNotFound(text="no such id; what has ended is kept until retention")
    return item
