"""Reading a webhook's body: bounded in size, time and memory, verified as it comes."""

import asyncio
from io import BytesIO

from aiohttp import hdrs, web

from gateway.sources.source import Verification
from gateway.web.inflight import Share

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


async def ask_later(_request: web.Request) -> None:
    """Leaves `Expect: 100-continue` to `read_body`: who is refused need not send the body."""


def refuse_encoded(request: web.Request) -> None:
    """Answers 415 to a compressed body: its signature is over other bytes than its meaning."""
    encodings = request.headers.getall(hdrs.CONTENT_ENCODING, [])
    if any(encoding.strip().lower() not in {"", "identity"} for encoding in encodings):
        raise web.HTTPUnsupportedMediaType(text="send the body without a Content-Encoding")


def refuse_large(size: int, most: int) -> None:
    """Answers 413 to more bytes than a body may have."""
    if size > most:
        raise web.HTTPRequestEntityTooLarge(most, size, text=f"a body has at most {most} bytes")


async def read_body(
    request: web.Request, verification: Verification, share: Share, *, most: int, seconds: float
) -> bytes:
    """The raw body; the verification has seen all of it."""
    is_here = request.content.is_eof()  # it came with its head, as most do, and needs no timer
    try:
        async with asyncio.timeout(None if is_here else seconds):
            return await _chunks(request, verification, share, most)
    except TimeoutError:
        raise web.HTTPRequestTimeout(text="the body came too slowly") from None
    except (OSError, web.RequestPayloadError):
        raise web.HTTPBadRequest(text="the body ended early") from None


async def _chunks(
    request: web.Request, verification: Verification, share: Share, most: int
) -> bytes:
    if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
        await request.writer.write(_CONTINUE)
        request.writer.output_size = 0  # aiohttp would take it for the answer's beginning
    # Grown in one piece: of a list of chunks, joined in the end, the memory would be held twice.
    size, body = 0, BytesIO()
    async for chunk in request.content.iter_any():
        size += len(chunk)
        refuse_large(size, most)
        share.take(len(chunk))
        verification.update(chunk)
        body.write(chunk)
    return body.getvalue()
