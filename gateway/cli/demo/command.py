"""`snyk-gateway demo`."""

import asyncio
import signal
import socket
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.options import Config
from gateway.cli.streams import show, tell
from gateway.cli.table import show_table
from gateway.model.limits import cut

if TYPE_CHECKING:
    from gateway.cli.demo.expectation import Line
    from gateway.web.standins.standin import Standin

Once = Annotated[
    bool,
    typer.Option("--once", help="Exit instead of staying up: 0 only if everything arrived."),
]
_INTERRUPTED = 130
# A table that fits a terminal: what follows is in the receivers' own words.
_WIDE = 80


def demo(*, config: Config = Path("config"), once: Once = False) -> int:
    """Run the whole thing locally: gateway, stand-in receivers, signed sample events."""
    try:
        with tempfile.TemporaryDirectory(prefix="snyk-gateway-demo-") as folder:
            return asyncio.run(_run(config, Path(folder), once=once))
    except asyncio.CancelledError:
        return _INTERRUPTED


async def _run(config: Path, folder: Path, *, once: bool) -> int:
    from gateway.cli.demo.child import last_words, ready, running
    from gateway.cli.demo.rehearsal import Rehearsal
    from gateway.cli.demo.standins import standins_for
    from gateway.cli.demo.workplace import Addresses, prepare
    from gateway.cli.webhook import sending
    from gateway.clock import SystemClock
    from gateway.load import load
    from gateway.web.standins.server import listening

    _cancel_on_signals()
    load(config, environ={}, offline=True)  # problems are shown where the operator wrote them
    clock = SystemClock()
    standins: dict[str, Standin] = {}
    async with listening(standins) as receivers:
        addresses = Addresses(public=_free(), admin=_free(), receivers=receivers)
        workplace = prepare(config, folder, addresses)
        standins |= standins_for(workplace.sinks, clock)
        parts = load(folder, environ=workplace.environ, offline=False).parts
        public, admin = f"http://{addresses.public}", f"http://{addresses.admin}"
        tell("starting the gateway")
        async with running(folder, workplace.environ) as process, sending() as send:
            await ready(process, folder, f"{public}/readyz", clock)
            rehearsal = Rehearsal(
                workplace=workplace,
                parts=parts,
                public=public,
                admin=admin,
                standins=standins,
                send=send,
                clock=clock,
            )
            lines = await rehearsal.play()
            sound = _show(lines)
            if not sound:
                tell("\n".join(["the gateway's last words:", *last_words(folder)]))
            show(f"\ngateway    {public}/webhooks/{workplace.source}")
            show(f"console    {admin}/")
            show(f"receivers  {receivers}/")
            sys.stdout.flush()
            if not once:
                tell("\nit stays up; Ctrl-C ends it")
                with suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()
    return 0 if sound else 1


def _cancel_on_signals() -> None:
    """However the demo is ended, the gateway that it started is ended with it."""
    task = asyncio.current_task()
    if task is None:
        return
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)


def _free() -> str:
    """A loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def _show(lines: Sequence["Line"]) -> bool:
    """Prints the table; whether everything is as promised."""
    rows = [
        (
            line.sample,
            line.sink,
            cut(line.got, _WIDE),
            "✓" if line.is_sound else "✗ " + "; ".join(line.faults),
        )
        for line in lines
    ]
    show_table(("event", "receiver", "got", "checked"), rows)
    wrong = sum(not line.is_sound for line in lines)
    tell("everything arrived" if not wrong else f"{wrong} of {len(lines)} lines are wrong")
    return not wrong
