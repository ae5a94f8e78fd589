"""One loopback server for all stand-ins; the first step of the path names the stand-in."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from gateway.web.standins.standin import Answer, Call, Standin

LOOPBACK = "127.0.0.1"
_LARGEST = 4 * 1024**2


@asynccontextmanager
async def listening(standins: Mapping[str, Standin], *, port: int = 0) -> AsyncIterator[str]:
    """The address under which `/{name}/…` reaches each stand-in, for as long as it lasts."""

    async def answer(request: web.Request) -> web.Response:
        standin = standins.get(request.match_info["name"])
        said = standin.answer(await _call(request)) if standin else Answer(404, "{}")
        return web.Response(status=said.status, text=said.body, content_type=said.content_type)

    application = web.Application(client_max_size=_LARGEST)
    application.router.add_route("*", "/{name}", answer)
    application.router.add_route("*", "/{name}{rest:/.*}", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, LOOPBACK, port)
        await site.start()
        yield f"http://{LOOPBACK}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def _call(request: web.Request) -> Call:
    name = request.match_info["name"]
    return Call(
        method=request.method,
        path=request.rel_url.raw_path.removeprefix(f"/{name}"),
        query=dict(request.query),
        headers={key.lower(): value for key, value in request.headers.items()},
        body=await request.read(),
    )
