"""Structured logs: one line per event and per attempt; JSON when nobody watches a terminal."""

import json
import logging
import sys
from collections.abc import Callable
from typing import Any, TextIO

import structlog

Redact = Callable[[str], str]

# Made once: the library would make one for each line.
_ENCODER = json.JSONEncoder(ensure_ascii=True, default=repr)


def configure(*, stream: TextIO = sys.stderr, redact: Redact = str, level: str = "info") -> None:
    """Sends every log line to the stream, with secrets starred by `redact`."""
    terminal = stream.isatty()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    last: Any = (
        structlog.dev.ConsoleRenderer(colors=True)
        if terminal
        else structlog.processors.JSONRenderer(serializer=_json)
    )
    structlog.configure(
        processors=[*shared, last, _redacting(redact)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    _adopt_stdlib(stream, shared, last, redact)


def _json(line: Any, **_options: Any) -> str:
    return _ENCODER.encode(line)


def _redacting(redact: Redact) -> Callable[[Any, str, Any], str]:
    """The last step: whatever a line was made of, no secret leaves in it."""
    return lambda _logger, _method, line: redact(str(line))


def _adopt_stdlib(stream: TextIO, shared: list[Any], last: Any, redact: Redact) -> None:
    """Lines of libraries (aiohttp, asyncio, alembic) take the same form."""

    class Formatter(structlog.stdlib.ProcessorFormatter):
        def format(self, record: logging.LogRecord) -> str:
            return redact(super().format(record))

    steps = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Formatter(foreign_pre_chain=shared, processors=steps))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)


def get(name: str) -> Any:
    """A logger whose lines carry the part's name."""
    return structlog.get_logger(part=name)
