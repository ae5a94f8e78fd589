"""`snyk-gateway serve`."""

import os
from pathlib import Path

from gateway.cli.options import Config


def serve(config: Config = Path("config")) -> int:
    """Run the gateway until SIGTERM; tries in progress are finished first."""
    from gateway import app

    return app.serve(config, environ=os.environ)
