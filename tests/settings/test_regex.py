import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from gateway.settings.regex import compiled, literal_prefix

# Pieces of patterns, each with texts that it matches.
PIECES = {
    "a": ["a"],
    "/": ["/"],
    "é": ["é"],
    "-": ["-"],
    "}": ["}"],
    ".": ["x", "\n"],
    ".*": ["", "xyz"],
    "a*": ["", "aa"],
    "b?": ["", "b"],
    "c+": ["c", "ccc"],
    "d{0,2}": ["", "dd"],
    "[ef]": ["e", "f"],
    "(g|h)": ["g", "h"],
    "(?:i)": ["i"],
    "(?i)": [""],
    "\\.": ["."],
    "\\/*": ["", "//"],
    "\\\\": ["\\"],
    "\\d": ["7"],
    "\\Qj.\\E": ["j."],
    "|": [""],
}
PAIRS = st.sampled_from([(piece, text) for piece, texts in PIECES.items() for text in texts])


@pytest.mark.parametrize(
    ("pattern", "prefix"),
    [
        ("acme/.*", "acme/"),
        ("^acme/web", "acme/web"),
        (r"acme\/web\.js.*", "acme/web.js"),
        ("acme/web-?.*", "acme/web"),
        ("CVE-1|CVE-2", ""),
        (".*", ""),
        ("", ""),
    ],
)
def test_a_pattern_s_beginning_is_known(pattern: str, prefix: str) -> None:
    assert literal_prefix(pattern) == prefix


@given(pairs=st.lists(PAIRS, max_size=6), start=st.sampled_from(["", "^"]))
def test_what_a_pattern_matches_begins_with_its_prefix(
    pairs: list[tuple[str, str]], start: str
) -> None:
    pattern = start + "".join(piece for piece, _ in pairs)
    text = "".join(text for _, text in pairs)

    for each in (text, *(text for _, text in pairs)):  # of alternatives one is enough
        matches = compiled(pattern).fullmatch(each) is not None
        assert each.startswith(literal_prefix(pattern)) or not matches


@pytest.mark.parametrize("text", ["(", "a(?=b)", "(a)\\1", "\ud800"])
def test_what_is_no_pattern_is_a_problem(text: str) -> None:
    with pytest.raises(PydanticCustomError, match="not a regular expression"):
        compiled(text)
