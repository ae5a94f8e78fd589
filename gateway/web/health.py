"""Health, the same on both sides."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from gateway.web.answer import answer

Ready = Callable[[], Awaitable[Mapping[str, bool]]]
"""What must hold for work to be done, by name."""
PATHS = frozenset({"/healthz", "/readyz"})


def add_health(app: web.Application, ready: Ready) -> None:
    """Adds /healthz (the process answers) and /readyz (it can do its work)."""

    async def readyz(_request: web.Request) -> web.Response:
        parts = await ready()
        return answer(parts, status=200 if all(parts.values()) else 503)

    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/readyz", readyz)


async def _healthz(_request: web.Request) -> web.Response:
    return answer({"status": "ok"})
