import io
import sys

import pytest

from gateway.cli.progress import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)

    with progress("sending", 3) as advance:
        for _ in range(3):
            advance()

    assert "sending" in terminal.getvalue()
    assert "3/3" in terminal.getvalue()


def test_elsewhere_a_line_comes_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("sending", 1000) as advance:
        for _ in range(1000):
            advance()

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[-1] == "sending: 1000 of 1000"


def test_a_few_steps_need_no_words(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("sending", 3) as advance:
        advance()

    assert capsys.readouterr().err == ""


def test_many_steps_at_once_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("copying", 1000) as advance:
        for steps in (0, 50, 600, 10, 340):
            advance(steps)

    assert capsys.readouterr().err == "copying: 650 of 1000\ncopying: 1000 of 1000\n"
