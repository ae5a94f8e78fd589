"""The plain page: the three lists and their items, without a script."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from aiohttp import web
from jinja2 import ChainableUndefined, Environment, PackageLoader
from yarl import URL

from gateway.clock import Clock
from gateway.web.answer import Handler
from gateway.web.api import ID, find
from gateway.web.query import filters_of, refuse_query
from gateway.web.reads import ALERTS, DELIVERIES, EVENTS, KINDS, Kind, Reads
from gateway.web.visible import shown, utc

_COLUMNS = {
    ALERTS.name: ("id", "status", "severity", "project", "route", "open_count", "fixed_count",
                  "sinks", "opened_at", "updated_at"),
    DELIVERIES.name: ("id", "status", "reason", "sink", "alert", "revision", "tries",
                      "created_at", "next_attempt_at"),
    EVENTS.name: ("id", "status", "type", "source", "project", "new_count", "removed_count",
                  "error", "received_at"),
}  # fmt: skip
_FIRST_PAGE = 20


def add_pages(app: web.Application, reads: Reads, *, clock: Clock, version: str) -> None:
    """Adds the pages and their style sheet."""
    pages = Pages(reads, clock, version)
    app.router.add_get("/", pages.overview)
    for kind in KINDS:
        app.router.add_get(f"/{kind.name}", pages.list_of(kind))
        app.router.add_get(f"/{kind.name}/{ID}", pages.item_of(kind))
    app.router.add_get("/static/gateway.css", _style)


class Pages:
    """Renders what the operator asks for."""

    def __init__(self, reads: Reads, clock: Clock, version: str) -> None:
        self._reads = reads
        self._clock = clock
        # A field that is missing leaves a gap in the page, not an error instead of the page.
        self._templates = Environment(
            loader=PackageLoader("gateway.web"),
            autoescape=True,
            undefined=ChainableUndefined,
            finalize=shown,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["utc"] = utc
        self._templates.globals.update(
            version=version, columns=_COLUMNS, kinds=[kind.name for kind in KINDS]
        )

    async def overview(self, request: web.Request) -> web.Response:
        """The newest of each list."""
        refuse_query(request)
        sections = [await self._section(kind, {"limit": _FIRST_PAGE}, {}) for kind in KINDS]
        return self._page("list.html", sections=sections, title="Overview")

    def list_of(self, kind: Kind) -> Handler:
        """One list, filtered, page by page."""

        async def show(request: web.Request) -> web.Response:
            filters = filters_of(request, kind.filters)
            section = await self._section(kind, filters, request.query)
            return self._page("list.html", sections=[section], title=kind.name.capitalize())

        return show

    def item_of(self, kind: Kind) -> Handler:
        """One item with all that is known of it."""

        async def show(request: web.Request) -> web.Response:
            item = await find(request, self._reads, kind)
            return self._page("item.html", kind=kind.name, item=item, title=str(item.get("id")))

        return show

    async def _section(
        self, kind: Kind, filters: Mapping[str, Any], asked: Mapping[str, str]
    ) -> dict[str, Any]:
        page = await kind.page(self._reads)(**filters)
        kept = {name: value for name, value in asked.items() if name != "cursor"}
        others = {name: value for name, value in kept.items() if name != "status"}
        base = URL(f"/{kind.name}")
        return {
            "kind": kind.name,
            "rows": page.items,
            "chosen": asked.get("status"),
            "all": str(base.with_query(others)),
            "statuses": [
                (status, str(base.with_query(others | {"status": status})))
                for status in kind.statuses
            ],
            "next": str(base.with_query(kept | {"cursor": page.next})) if page.next else None,
        }

    def _page(self, template: str, **values: Any) -> web.Response:
        text = self._templates.get_template(template).render(now=self._clock.now(), **values)
        return web.Response(text=text, content_type="text/html")


async def _style(_request: web.Request) -> web.Response:
    text = files("gateway.web").joinpath("static/gateway.css").read_text(encoding="utf-8")
    return web.Response(text=text, content_type="text/css")
