import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.text import json_text, printable, printable_lines

UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
ANYTHING = st.text()
ENCODABLE = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, with ünïcode and 漢字", "plain, with ünïcode and 漢字"),
        ("two\nlines\tand\r", r"two\nlines\tand\r"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x00\x7f\x9b", r"\x00\x7f\x9b"),
        ("abc\u202edef", r"abc\u202edef"),
        ("\u2066x\u2069\u200f\u061c", r"\u2066x\u2069\u200f\u061c"),
        ("a\u2028b\ufeff", r"a\u2028b\ufeff"),
        ("\U000e0041", r"\udb40\udc41"),
        ("\ud800", r"\ud800"),
    ],
)
def test_what_cannot_be_seen_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(ANYTHING)
def test_printable_text_is_one_line_without_controls(text: str) -> None:
    assert not {unicodedata.category(character) for character in printable(text)} & UNSAFE


@given(ANYTHING)
def test_escaping_twice_changes_nothing_more(text: str) -> None:
    assert printable(printable(text)) == printable(text)


def test_lines_may_break_where_that_is_wanted() -> None:
    assert printable_lines("a\n\tb\x1b\u202e") == "a\n\tb\\x1b\\u202e"


@given(st.dictionaries(ENCODABLE, ENCODABLE | st.integers(-(2**53), 2**53) | st.none()))
def test_json_reads_back_as_the_same_value(value: dict[str, object]) -> None:
    assert json.loads(json_text(value)) == value


@given(ENCODABLE)
def test_json_holds_no_control_but_its_own_line_breaks(text: str) -> None:
    shown = json_text({"text": text}).replace("\n", "")

    assert not {unicodedata.category(character) for character in shown} & UNSAFE
