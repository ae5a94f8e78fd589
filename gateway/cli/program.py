"""The list of commands, and what a user sees when one of them ends."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from gateway.cli import (
    alerts,
    check,
    deliveries,
    events,
    explain,
    healthcheck,
    redelivery,
    reload,
    render,
    replay,
    schema,
    send_test,
    serve,
    silence,
    simulate,
    sinks,
    store,
    templates,
    test,
    version,
)
from gateway.cli.demo import command as demo
from gateway.cli.streams import tell
from gateway.cli.text import printable
from gateway.errors import (
    Different,
    GatewayError,
    Misused,
    NotFound,
    SettingsError,
    TemplateError,
    Unreadable,
)

NAME = "snyk-gateway"
INTERRUPTED = 130
BROKEN_PIPE = 141
"""Both as a shell reports the signal."""


class Program(TyperGroup):
    """Turns whatever ends a command into an exit code and, where it helps, one line of words."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the words name: `alerts resolve` is one of its own, beside `alerts`."""
        two = " ".join(args[:2])
        return super().resolve_command(ctx, [two, *args[2:]] if two in self.commands else args)

    def main(
        self,
        args: Sequence[str] | None = None,
        *_extra: Any,
        **_more: Any,
    ) -> NoReturn:
        """Runs the command and exits: 0 done, 1 the answer is no, 2 usage, 3 cannot."""
        words = list(sys.argv[1:] if args is None else args)
        debug = "--debug" in words
        try:
            code = super().main(
                [word for word in words if word != "--debug"], NAME, standalone_mode=False
            )
            sys.stdout.flush()
        except typer.TyperException as error:
            if text := _lower(error.format_message()):  # empty where help was printed instead
                tell(f"{text} (see {_help_for(error)})")
            code = error.exit_code
        except typer.Abort:
            code = INTERRUPTED
        except (BrokenPipeError, SystemExit):
            # typer itself exits where a pipe broke, having silenced the streams.
            code = _hushed()
        except Exception as error:
            if debug:
                raise
            code = _told(error)
        sys.exit(code or 0)


_CODES: dict[type[GatewayError], int] = {
    Misused: 2,
    NotFound: 1,
    Different: 1,
    Unreadable: 1,
    TemplateError: 1,
}
"""Exit codes of the errors that mean something else than: cannot start or reach."""


def _told(error: Exception) -> int:
    if isinstance(error, SettingsError):
        for problem in error.problems:
            tell(printable(problem))
        tell("the configuration cannot be used as it is: mend what stands above")
        return 1
    if isinstance(error, GatewayError):
        tell(error)
        return next((code for kind, code in _CODES.items() if isinstance(error, kind)), 3)
    text = " ".join(str(error).split())
    kind = type(error).__name__
    tell(f"internal error: {kind}: {text} (run with --debug for the traceback)")
    return 3


def _hushed() -> int:
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return BROKEN_PIPE
    return BROKEN_PIPE


def _help_for(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context else NAME} --help"


def _lower(text: str) -> str:
    line = " ".join(text.split()).rstrip(".")
    return line[:1].lower() + line[1:]


app = typer.Typer(
    cls=Program,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(
    epilog="Exit codes: 0 done; 1 the answer is no; 2 wrong usage; 3 cannot start or reach."
)
def _options(
    *,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an internal error.")
    ] = False,
) -> None:
    """Takes Snyk's webhooks, keeps them, and delivers their findings by your routing rules."""
    del debug


_FOREIGN = {"allow_extra_args": True, "ignore_unknown_options": True}


def _healthcheck(context: typer.Context) -> int:
    """Ask a running gateway whether it is ready."""
    try:
        return healthcheck.healthcheck(context.args)
    except SystemExit as end:  # argparse has had its say
        return int(end.code or 0)


def _version() -> int:
    """Print the version."""
    return version.version()


RUN, TRY, LOOK, REST = "Run", "Write and test rules", "Look inside a running gateway", "Other"

app.command("serve", rich_help_panel=RUN)(serve.serve)
app.command("demo", rich_help_panel=RUN)(demo.demo)
app.command("healthcheck", rich_help_panel=RUN, context_settings=_FOREIGN, add_help_option=False)(
    _healthcheck
)
app.add_typer(store.app, name="store", rich_help_panel=RUN)
app.command("check", rich_help_panel=TRY)(check.check)
app.command("test", rich_help_panel=TRY)(test.routing_tests)
app.command("explain", rich_help_panel=TRY)(explain.explain)
app.command("render", rich_help_panel=TRY)(render.render)
app.command("send-test", rich_help_panel=TRY)(send_test.send_test)
app.command("simulate", rich_help_panel=TRY)(simulate.simulate)
app.add_typer(templates.app, name="templates", rich_help_panel=TRY)
app.command("events", rich_help_panel=LOOK)(events.events)
app.command("alerts", rich_help_panel=LOOK)(alerts.alerts)
app.command("alerts resolve", rich_help_panel=LOOK)(alerts.resolve)
app.command("deliveries", rich_help_panel=LOOK)(deliveries.deliveries)
app.command("sinks", rich_help_panel=LOOK)(sinks.sinks)
app.command("sinks pause", rich_help_panel=LOOK)(sinks.pause)
app.command("sinks resume", rich_help_panel=LOOK)(sinks.resume)
app.command("replay", rich_help_panel=LOOK)(replay.replay)
app.command("retry", rich_help_panel=LOOK)(redelivery.retry)
app.command("cancel", rich_help_panel=LOOK)(redelivery.cancel)
app.command("reload", rich_help_panel=LOOK)(reload.reload)
app.add_typer(silence.app, name="silence", rich_help_panel=LOOK)
app.command("schema", rich_help_panel=REST)(schema.schema)
app.command("version", rich_help_panel=REST)(_version)


def run(words: Sequence[str]) -> NoReturn:
    """Runs one command line and exits with its code."""
    # A terminal that cannot show a character gets its escape instead of a crash.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    app(list(words))
    raise AssertionError
