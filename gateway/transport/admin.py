"""The command line's way to the admin API of a running gateway."""

from collections.abc import Mapping
from typing import Any

import aiohttp

from gateway.codec import decode, encode
from gateway.errors import NotFound, Unreachable, Unreadable


async def call(
    base_url: str,
    token: str | None,
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    body: Any = None,
    patience: float = 30.0,
) -> Any:
    """The decoded answer of the admin API; raises Unreachable with what to do about it."""
    if token and not token.isprintable():
        raise Unreachable("the token holds control characters: set GATEWAY_ADMIN_TOKEN anew")
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=patience)) as session,
            session.request(
                method,
                base_url.rstrip("/") + path,
                params=query,
                data=None if body is None else encode(body),
                headers=_headers(token, has_body=body is not None),
                allow_redirects=False,
            ) as answer,
        ):
            status, text = answer.status, await answer.read()
    except TimeoutError:
        raise Unreachable(f"the gateway at {base_url} did not answer in {patience:.0f} s") from None
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, ValueError):
        raise Unreachable(f"{base_url!r} is not a URL; give --url http://host:port") from None
    except (aiohttp.ClientError, OSError):
        raise Unreachable(
            f"nothing answers at {base_url}: is the gateway running? "
            "Another address goes into --url or GATEWAY_ADMIN_URL"
        ) from None
    return _answer(base_url, path, status, text)


def _headers(token: str | None, *, has_body: bool) -> dict[str, str]:
    authorization = {"Authorization": f"Bearer {token}"} if token else {}
    return authorization | ({"Content-Type": "application/json"} if has_body else {})


def _answer(base_url: str, path: str, status: int, text: bytes) -> Any:
    try:
        value = decode(text) if text else None
    except Unreadable:
        value = text
    if status == 401:  # noqa: PLR2004 - Unauthorized
        raise Unreachable("the gateway wants its token: set GATEWAY_ADMIN_TOKEN")
    said = (value.get("detail") or value.get("title")) if isinstance(value, dict) else None
    if status == 404:  # noqa: PLR2004 - Not Found
        raise NotFound(str(said or f"no such thing: {path}"))
    if not 200 <= status < 300:  # noqa: PLR2004 - the class of successes
        raise Unreachable(f"the gateway refused: {said or f'status {status}'}")
    if isinstance(value, bytes):
        raise Unreachable(f"what answers at {base_url} is not a gateway's admin address")
    return value
