"""`snyk-gateway render`: the requests that an event would make."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway import codec
from gateway.cli.event_file import read_body
from gateway.cli.options import At, Config, EventFile, Json, now_or
from gateway.cli.streams import show, show_json, tell
from gateway.cli.text import json_text, printable, printable_lines
from gateway.errors import Unreadable

OneSink = Annotated[
    str | None, typer.Option("--sink", metavar="NAME", help="Only the requests to this sink.")
]


def render(
    event: EventFile,
    *,
    config: Config = Path("config"),
    sink: OneSink = None,
    at: At = None,
    as_json: Json = False,
) -> int:
    """Print the exact requests that an event would make, secrets starred; sends nothing."""
    time = now_or(at)
    body = read_body(event, time)

    from gateway.load import load
    from gateway.preview.render import render as rendered

    loaded = load(config, environ=os.environ, offline=True)
    if sink is not None and sink not in loaded.parts.sinks:
        raise typer.BadParameter(
            f"no sink {sink!r}; there are {', '.join(loaded.parts.sinks)}", param_hint="--sink"
        )
    requests = rendered(loaded.parts, body, time, sink)
    if as_json:
        show_json(requests)
    elif requests:
        show("\n\n".join(message(request) for request in requests))
    else:
        tell("nothing would be sent")
    return 0


def message(request: Mapping[str, Any]) -> str:
    """One request as text: sink, request line, headers, body."""
    return "\n".join(_lines(request))


def _lines(request: Mapping[str, Any]) -> Iterator[str]:
    yield printable(f"# {request['sink']}")
    yield printable(f"{request['method']} {request['url']}")
    for name, value in request["headers"].items():
        yield printable(f"{name}: {value}")
    if request["body"]:
        yield ""
        yield _body(request["body"])


def _body(body: Any) -> str:
    if not isinstance(body, str):
        return json_text(body)
    try:
        return json_text(codec.decode(body))
    except Unreadable:
        return printable_lines(body)
