"""The command line's way to the admin API of a running gateway."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import aiohttp

from gateway.codec import decode, encode
from gateway.errors import GatewayError, Misused, NotFound, SettingsError, Unreachable, Unreadable
from gateway.model.exchange import SUCCESSES


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
    """The decoded answer of the admin API.

    Raises Unreachable with what to do about it, NotFound (404), SettingsError with every problem
    of a configuration that was not taken (409), Misused for a wrong request (400), Unreadable for
    a stored body that is none (422).
    """
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
    if status not in SUCCESSES:
        raise _refusal(status, value if isinstance(value, dict) else {}, path)
    if isinstance(value, bytes):
        raise Unreachable(f"what answers at {base_url} is not a gateway's admin address")
    return value


def _refusal(status: int, problem: Mapping[str, Any], path: str) -> GatewayError:
    """What an RFC 9457 problem means to who asked."""
    said = str(problem.get("detail") or problem.get("title") or "")
    listed = problem.get("problems")
    problems = [str(each) for each in listed] if isinstance(listed, list) else []
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return Unreachable("the gateway wants its token: set GATEWAY_ADMIN_TOKEN")
        case HTTPStatus.NOT_FOUND:
            return NotFound(said or f"no such thing: {path}")
        case HTTPStatus.CONFLICT if problems:
            return SettingsError(problems)
        case HTTPStatus.BAD_REQUEST:
            return Misused("\n".join(problems) or said)
        case HTTPStatus.UNPROCESSABLE_ENTITY:
            return Unreadable(said)
        case _:
            return Unreachable(f"the gateway refused: {said or f'status {status}'}")
