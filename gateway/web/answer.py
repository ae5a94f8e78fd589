"""Answers as JSON, errors as RFC 9457 problems; every status is made here."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import hdrs, web

from gateway import codec, logs
from gateway.errors import Unavailable

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_PROBLEM = "application/problem+json"
_SAFE = {"X-Content-Type-Options": "nosniff", hdrs.CACHE_CONTROL: "no-store"}
_KEPT = (hdrs.ALLOW, hdrs.RETRY_AFTER, hdrs.WWW_AUTHENTICATE)
_DETAILS = {404: "nothing is at this address", 405: "this address does not take that method"}
_log = logs.get("web")


def answer(value: Any, *, status: int = 200) -> web.Response:
    """The value as JSON."""
    return web.Response(body=codec.encode(value), status=status, content_type="application/json")


def problem(
    status: int, detail: str = "", headers: Mapping[str, str] | None = None
) -> web.Response:
    """An RFC 9457 problem."""
    return web.Response(
        body=_problem(status, detail), status=status, headers=headers, content_type=_PROBLEM
    )


def last_words(status: int) -> bytes:
    """A whole HTTP answer for a connection that has no request: problem, and close."""
    body = _problem(status, "")
    head = {
        hdrs.CONTENT_TYPE: _PROBLEM,
        hdrs.CONTENT_LENGTH: str(len(body)),
        hdrs.CONNECTION: "close",
        **_SAFE,
    }
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        head[hdrs.RETRY_AFTER] = "5"
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in head.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns whatever is raised into a problem; nothing of what went wrong inside leaves."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        kept: dict[str, str] = {
            name: error.headers[name] for name in _KEPT if name in error.headers
        }
        return problem(error.status, _detail(error), kept)
    except Unavailable as error:
        _log.warning("unavailable", why=str(error))
        return problem(503, "the store is not available, try again", {hdrs.RETRY_AFTER: "5"})
    except Exception:  # noqa: BLE001 - a request ends here
        _log.exception("unexpected", method=request.method, path=request.rel_url.raw_path)
        return problem(500, "an error of the gateway, see its log")


async def finish(_request: web.Request, response: web.StreamResponse) -> None:
    """Adds what every answer carries, and takes away the name of the server's software."""
    response.headers.update(_SAFE)
    response.headers.popall(hdrs.SERVER, None)


def _detail(error: web.HTTPException) -> str:
    is_default = error.text == f"{error.status}: {error.reason}"
    return _DETAILS.get(error.status, "") if is_default else error.text or ""


def _problem(status: int, detail: str) -> bytes:
    title = HTTPStatus(status).phrase
    return codec.encode(
        {"type": "about:blank", "title": title, "status": status, "detail": detail or title}
    )
