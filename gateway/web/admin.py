"""The admin side: page, API, metrics, health."""

from collections.abc import Callable

from aiohttp import hdrs, web
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from gateway.clock import Clock
from gateway.metrics import Metrics
from gateway.settings.listeners import Admin
from gateway.web.acting import add_acts
from gateway.web.acts import Acts
from gateway.web.answer import finish, problems
from gateway.web.api import add_api
from gateway.web.guard import guard, refuses_to_start
from gateway.web.health import Ready, add_health
from gateway.web.page import add_pages
from gateway.web.reads import Reads

__all__ = ["admin_app", "refuses_to_start"]

_FENCE = {
    "Content-Security-Policy": (
        "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "Referrer-Policy": "no-referrer",
}


def admin_app(
    *,
    admin: Callable[[], Admin],
    reads: Reads,
    acts: Acts,
    ready: Ready,
    metrics: Metrics,
    clock: Clock,
    version: str,
) -> web.Application:
    """The application for operators and Prometheus; `refuses_to_start` is asked before."""
    app = web.Application(middlewares=[problems, guard(admin)])
    app.on_response_prepare.append(finish)
    app.on_response_prepare.append(_fence)
    add_health(app, ready)
    add_api(app, reads, version)
    add_acts(app, acts)
    add_pages(app, reads, clock=clock, version=version)

    async def exposition(_request: web.Request) -> web.Response:
        headers = {hdrs.CONTENT_TYPE: CONTENT_TYPE_LATEST}
        return web.Response(body=metrics.exposition(), headers=headers)

    app.router.add_get("/metrics", exposition)
    return app


async def _fence(_request: web.Request, response: web.StreamResponse) -> None:
    """What a browser must know of a page; it does no harm elsewhere."""
    response.headers.update(_FENCE)
