"""`snyk-gateway send-test`."""

import os
from pathlib import Path
from typing import Annotated, assert_never

import typer

from gateway.cli.options import Config
from gateway.cli.streams import show
from gateway.cli.text import printable
from gateway.model.exchange import Delivered, Outcome, Recorded, Refused, TryAgain

SinkName = Annotated[
    str, typer.Argument(metavar="SINK", help="Name of a sink in the configuration.")
]


def send_test(sink: SinkName, *, config: Config = Path("config")) -> int:
    """Send one test notice through a real sink and print what came back."""
    from gateway import app

    outcome = app.send_test(config, sink, environ=os.environ)
    show(printable(f"{sink}: {sentence(outcome)}"))
    return 0 if isinstance(outcome, Delivered | Recorded) else 1


def sentence(outcome: Outcome) -> str:
    """What came back, in words."""
    match outcome:
        case Delivered():
            said = "delivered"
        case Recorded():
            said = "recorded, not sent (mode: record)"
        case TryAgain(reason=reason):
            said = f"did not work now ({reason}); in service it would be tried again"
        case Refused(reason=reason, endpoint=True):
            said = f"refused ({reason}); in service whatever is owed to it would wait"
        case Refused(reason=reason):
            said = f"refused ({reason}); in service it would be dead"
        case _:
            assert_never(outcome)
    status = f", status {outcome.status}" if outcome.status else ""
    return said + status + (f": {outcome.detail}" if outcome.detail else "")
