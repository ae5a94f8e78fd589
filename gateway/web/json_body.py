"""The body of a change: bounded, JSON, and every problem of it at once."""

import asyncio
from typing import Any, TypeVar

from aiohttp import web

from gateway.codec import decode
from gateway.errors import SettingsError, Unreadable
from gateway.settings.document import Document
from gateway.settings.problem import Problem
from gateway.settings.reading import Reading
from gateway.settings.section import Section
from gateway.settings.validation import validate
from gateway.web.body import refuse_encoded, refuse_large
from gateway.web.limits import Limits

MOST_BYTES = 1024 * 1024
_SECONDS = Limits().body_seconds
Model = TypeVar("Model", bound=Section)


async def read_object(request: web.Request, *, seconds: float = _SECONDS) -> dict[str, Any]:
    """The JSON object in the body, empty where there is no body; answers 4xx to anything else."""
    body = await _read(request, seconds)
    try:
        value = decode(body) if body else {}
    except Unreadable as error:
        raise web.HTTPBadRequest(text=str(error)) from None
    if not isinstance(value, dict):
        raise web.HTTPBadRequest(text="the body must be a JSON object")
    if _has_nul(value):  # PostgreSQL refuses it
        raise web.HTTPBadRequest(text="the body holds a NUL character")
    return value


def sound(model: type[Model], said: Any) -> Model:
    """What was said, as its model has it; raises SettingsError with every problem."""
    document = Document(file="")
    wanted = validate(model, document, (), said, Reading())
    if wanted is None:
        raise SettingsError([_described(problem) for problem in document.problems])
    return wanted


def _described(problem: Problem) -> str:
    return ": ".join(part for part in (problem.path, problem.text) if part)


async def _read(request: web.Request, seconds: float) -> bytes:
    refuse_encoded(request)
    refuse_large(request.content_length or 0, MOST_BYTES)
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.content.iter_any():
                refuse_large(len(body) + len(chunk), MOST_BYTES)
                body += chunk
    except TimeoutError:
        raise web.HTTPRequestTimeout(text="the body came too slowly") from None
    except (OSError, web.RequestPayloadError):
        raise web.HTTPBadRequest(text="the body ended early") from None
    return bytes(body)


def _has_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_nul(part) for item in value.items() for part in item)
    if isinstance(value, list):
        return any(map(_has_nul, value))
    return isinstance(value, str) and "\x00" in value
