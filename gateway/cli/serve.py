"""`snyk-gateway serve`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import Config

Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Do not start with the last accepted configuration where the files are broken.",
    ),
]


def serve(config: Config = Path("config"), *, strict: Strict = False) -> int:
    """Run the gateway until SIGTERM; tries in progress are finished first. SIGHUP reloads."""
    from gateway import app

    return app.serve(config, environ=os.environ, strict=strict)
