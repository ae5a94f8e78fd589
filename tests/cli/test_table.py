import io
import sys

import pytest

from gateway.cli.table import aligned, show_table


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_columns_are_aligned_and_lines_have_no_blanks_at_the_end() -> None:
    text = aligned(("name", "state"), [("a", "open"), ("longer", "")])

    assert text == "NAME    STATE\na       open\nlonger\n"


def test_cells_cannot_break_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(("name",), [("evil\n\x1b[2Jcell",)])

    assert capsys.readouterr().out == "NAME\nevil\\n\\x1b[2Jcell\n"


def test_a_terminal_gets_a_drawn_table_without_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)

    show_table(("name",), [("[bold]text[/bold]",)])

    assert "[bold]text[/bold]" in terminal.getvalue()
    assert "─" in terminal.getvalue()
