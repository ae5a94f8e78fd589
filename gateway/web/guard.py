"""Who may use the admin side: no page of another origin, and with a token only its bearer."""

import hmac
from collections.abc import Callable
from ipaddress import ip_address

from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from gateway.settings.listeners import Admin
from gateway.web import health
from gateway.web.answer import Handler

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE = frozenset({"same-origin", "none"})
_FETCH_SITE = "Sec-Fetch-Site"


def refuses_to_start(admin: Admin) -> str | None:
    """What the operator must change before the admin side may listen, None when it may."""
    host, port = admin.listen
    if admin.token is not None or _is_loopback(host):
        return None
    return (
        f"admin.listen {host}:{port} can be reached by others and there is no admin.token: "
        "set admin.token, or listen on 127.0.0.1"
    )


def guard(admin_now: Callable[[], Admin]) -> Middleware:
    """The checks of every request to the admin side, by the settings that are in force then."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        admin = admin_now()
        if admin.token is None:
            _refuse_foreign_host(request)
        _refuse_foreign_origin(request)
        if admin.token is not None and request.path not in health.PATHS:
            _refuse_stranger(request, admin.token.reveal())
        _refuse_form(request)
        return await handler(request)

    return check


def _refuse_foreign_host(request: web.Request) -> None:
    """A name that an attacker's resolver points at us (DNS rebinding) is not ours."""
    hosts = request.headers.getall(hdrs.HOST, [])
    if len(hosts) != 1 or not _is_loopback(_without_port(hosts[0])):
        raise web.HTTPMisdirectedRequest(
            text="without admin.token, use localhost or a loopback address"
        )


def _refuse_foreign_origin(request: web.Request) -> None:
    host = request.headers.get(hdrs.HOST, "").lower()
    own = {f"http://{host}", f"https://{host}"}  # a proxy in front may speak TLS for us
    origins = request.headers.getall(hdrs.ORIGIN, [])
    sites = request.headers.getall(_FETCH_SITE, [])
    if any(origin.lower() not in own for origin in origins) or not _OWN_SITE.issuperset(sites):
        raise web.HTTPForbidden(text="requests from other sites are refused")


def _refuse_stranger(request: web.Request, token: str) -> None:
    given = request.headers.getall(hdrs.AUTHORIZATION, [])
    scheme, _, credentials = (given[0] if len(given) == 1 else "").partition(" ")
    # Bytes, because compare_digest refuses text that is not ASCII.
    same = hmac.compare_digest(
        credentials.encode(errors="surrogateescape"), token.encode(errors="surrogateescape")
    )
    if scheme.lower() != "bearer" or not same:
        raise web.HTTPUnauthorized(
            text="send the admin token as Authorization: Bearer",
            headers={hdrs.WWW_AUTHENTICATE: "Bearer"},
        )


def _refuse_form(request: web.Request) -> None:
    """A form of another site cannot send JSON without asking first, and we never say yes."""
    if request.method not in _SAFE_METHODS and request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="changes need Content-Type: application/json")


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    if colon and port.isdecimal():
        return name
    return host


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False
