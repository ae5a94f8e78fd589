import subprocess
import sys
from collections.abc import Callable

import pytest
import typer
from typer.testing import CliRunner, Result

from gateway import __version__
from gateway.cli.program import Program, app
from gateway.errors import (
    CannotStart,
    GatewayError,
    SettingsError,
    TransportError,
    Unreachable,
    Unreadable,
)

COMMANDS = [command.name or "" for command in app.registered_commands]
WHO = ("--owner", "platform", "--reason", "retired")
NOUNS = [group.name or "" for group in app.registered_groups]
VERBS = [
    *("silence add", "silence list", "silence expire"),
    *("store migrate", "store check", "store copy"),
]


def ending(action: Callable[[], int], *words: str) -> Result:
    """A program with one command, run."""
    program = typer.Typer(cls=Program, add_completion=False)
    program.callback()(lambda: None)
    program.command("act")(action)
    return CliRunner().invoke(program, ["act", *words])


def raising(error: BaseException) -> Callable[[], int]:
    def act() -> int:
        raise error

    return act


def test_every_command_of_the_design_is_there() -> None:
    expected = {
        *("serve", "demo", "check", "test", "explain", "render", "simulate", "send-test", "events"),
        *("alerts", "alerts resolve", "deliveries", "replay", "reload", "silence"),
        *("retry", "cancel", "sinks", "sinks pause", "sinks resume"),
        *("store", "templates"),
        *("schema", "healthcheck", "version"),
    }

    assert {*COMMANDS, *NOUNS} == expected


@pytest.mark.parametrize("command", [*COMMANDS, *NOUNS, *VERBS])
def test_help_of_every_command_is_plain_and_explains(
    command: str, run: Callable[..., Result]
) -> None:
    result = run(*command.split(), "--help")

    assert (result.exit_code, result.stderr) == (0, "")
    assert "\x1b" not in result.stdout


def test_help_names_every_command_and_the_exit_codes(run: Callable[..., Result]) -> None:
    result = run("--help")

    assert result.exit_code == 0
    assert all(f" {command} " in result.stdout for command in [*COMMANDS, *NOUNS])
    assert "0 done" in result.stdout


def test_no_command_prints_the_help(run: Callable[..., Result]) -> None:
    result = run()

    assert (result.exit_code, result.stderr) == (2, "")
    assert " deliveries " in result.stdout


def test_a_misspelt_command_gets_a_suggestion(run: Callable[..., Result]) -> None:
    result = run("deliverys")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "no such command 'deliverys'. Did you mean 'deliveries'? (see snyk-gateway --help)\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check", "--strct"), "no such option: --strct"),
        (("check", "--format", "xml"), "'xml' is not one of 'text', 'json'"),
        (("explain",), "give EVENT.json or --event ID"),
        (("explain", "e.json", "--event", "evt_1"), "give EVENT.json or --event ID"),
        (("explain", "--event", "e", "--at", "2026-11-23"), "explained as of its arrival"),
        (("explain", "missing.json"), "cannot read missing.json: No such file or directory"),
        (("explain", "e.json", "--at", "noon"), "not a time; write 2026-11-23T10:00:00Z"),
        (("simulate", "--url", "nowhere", "--secret", "s"), "write https://gateway.example"),
        (("simulate", "--url", "http://g", "--secret", "s", "--count", "0"), "'--count'"),
        (("events", "evt_1", "--status", "pending"), "a single one takes no filters"),
        (("send-test",), "missing argument"),
        (("alerts", "resolve"), "give ID… or --project PROJECT"),
        (("alerts", "resolve", "alr_1", "--project", "p"), "give ID… or --project PROJECT"),
        (("alerts", "resolve", "--route", "page"), "no such option: --route"),
        (("replay",), "give ID… or --since TIME"),
        (("replay", "evt_1", "--since", "2026-11-23"), "give ID… or --since TIME"),
        (("replay", "--since", "noon"), "not a time; write 2026-11-23T10:00:00Z"),
        (("silence", "lst"), "no such command 'lst'. Did you mean 'list'?"),
        (("silence", "expire"), "missing argument"),
        (("silence", "add", "a = b", "--owner", "x", "--for", "2h"), "missing option '--reason'"),
        (("silence", "add", "a = b", *WHO), "give --until TIME or --for 2h"),
        (("silence", "add", "a = b", *WHO, "--for", "soon"), "not a duration; write 30m, 2h"),
        (("silence", "add", "a = b", *WHO, "--for", "9999999d"), "not a duration; write 30m, 2h"),
        (
            ("silence", "add", "a = b", *WHO, "--from", "9999-12-31", "--for", "2d"),
            "--for: too long",
        ),
        (("silence", "list", "--status", "over"), "'over' is not one of"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    words: tuple[str, ...], said: str, run: Callable[..., Result]
) -> None:
    result = run(*words)

    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (Unreadable("not an event"), 1, "not an event\n"),
        (CannotStart("port 8080 is in use"), 3, "port 8080 is in use\n"),
        (Unreachable(), 3, "The gateway's admin address does not answer.\n"),
        (TransportError("timeout", "no answer in 15 s"), 3, "no answer in 15 s\n"),
        (GatewayError("evil \x1b[2J text"), 3, "evil \\x1b[2J text\n"),
        (KeyboardInterrupt(), 130, ""),
        (typer.Abort(), 130, ""),
        (BrokenPipeError(32, "Broken pipe"), 141, ""),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(error: BaseException, code: int, said: str) -> None:
    result = ending(raising(error))

    assert (result.exit_code, result.stdout, result.stderr) == (code, "", said)


def test_problems_of_the_configuration_are_all_told() -> None:
    result = ending(raising(SettingsError(["a.yaml:1:1: x", "a.yaml:2:1: y"])))

    assert result.exit_code == 1
    assert result.stderr.startswith("a.yaml:1:1: x\na.yaml:2:1: y\n")


def test_the_unforeseen_is_one_line_without_a_traceback() -> None:
    result = ending(raising(ZeroDivisionError("oh\nno")))

    assert result.exit_code == 3
    assert result.stderr == (
        "internal error: ZeroDivisionError: oh no (run with --debug for the traceback)\n"
    )


def test_debug_lets_the_traceback_through() -> None:
    result = ending(raising(ZeroDivisionError("oh no")), "--debug")

    assert isinstance(result.exception, ZeroDivisionError)


def test_what_a_command_returns_is_the_exit_code() -> None:
    assert ending(lambda: 1).exit_code == 1


def test_version_loads_no_library() -> None:
    code = (
        "import sys; sys.argv = ['snyk-gateway', 'version']\n"
        "import gateway.__main__ as program\n"
        "try: program.main()\n"
        "except SystemExit as end: assert end.code == 0\n"
        "heavy = {'typer', 'rich', 'pydantic', 'aiohttp', 'msgspec'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )

    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stdout) == (0, f"snyk-gateway {__version__}\n"), ended.stderr


def test_a_reader_that_leaves_early_hears_nothing() -> None:
    shell = f"{sys.executable} -m gateway --help | true"

    ended = subprocess.run(["/bin/sh", "-c", shell], capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")
