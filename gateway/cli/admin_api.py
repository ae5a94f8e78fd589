"""The admin API of a running gateway, as commands use it."""

import asyncio
import os
from collections.abc import Mapping
from typing import Any

# A reload runs the routing tests, a replay walks many events.
_CHANGE_SECONDS = 300.0


def ask(url: str, path: str, query: Mapping[str, str] | None = None) -> Any:
    """What is at an address."""
    return asyncio.run(call(url, "GET", path, query=query))


def change(url: str, path: str, body: Mapping[str, Any]) -> Any:
    """What came of a change."""
    return asyncio.run(call(url, "POST", path, body=body, patience=_CHANGE_SECONDS))


async def call(url: str, method: str, path: str, **request: Any) -> Any:
    """The answer to one request; raises as `transport.admin.call` does."""
    from gateway.transport import admin

    token = os.environ.get("GATEWAY_ADMIN_TOKEN") or None
    return await admin.call(url, token, method, path, **request)


def address(noun: str, identity: str, verb: str = "") -> str:
    """The path of one thing, or of something that is done to it."""
    from urllib.parse import quote

    path = f"/api/v1/{noun}/{quote(identity, safe='')}"
    return f"{path}/{verb}" if verb else path
