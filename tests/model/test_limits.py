import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.limits import cut, cut_mrkdwn

LIMITS = st.integers(min_value=0, max_value=60)
WORDS = st.text(alphabet="abc é漢😀*_~", max_size=12)
CODE = st.text(alphabet="abc 漢😀", min_size=1, max_size=12)
PIECES = st.one_of(
    WORDS,
    st.sampled_from(["&amp;", "&lt;", "&gt;", "<!date^1^x|y>", "<https://example.com>"]),
    CODE.map(lambda text: f"`{text}`"),
    CODE.map(lambda text: f"```{text}&lt;```"),
    CODE.map(lambda text: f"<https://example.com/a|{text}&amp;{text}>"),
)
MRKDWN = st.lists(PIECES, max_size=12).map(" ".join)


@settings(max_examples=200)
@given(st.text(max_size=80), LIMITS)
def test_cut_keeps_the_limit_and_marks_what_it_cut(text: str, limit: int) -> None:
    short = cut(text, limit)

    assert len(short) <= limit
    assert short == text if len(text) <= limit else short.endswith("…") or limit == 0
    assert text.startswith(short.removesuffix("…"))


@settings(max_examples=200)
@given(st.text(alphabet="a&;lgtmp<>|`\n", max_size=80), LIMITS)
def test_cut_mrkdwn_keeps_the_limit_whatever_the_marks(text: str, limit: int) -> None:
    short = cut_mrkdwn(text, limit)

    assert len(short) <= limit
    assert short == text if len(text) <= limit else short.endswith("…") or limit == 0


@settings(max_examples=200)
@given(MRKDWN, LIMITS)
def test_cut_mrkdwn_leaves_every_mark_closed(text: str, limit: int) -> None:
    short = cut_mrkdwn(text, limit)

    assert not re.search(r"&(?!amp;|lt;|gt;)", short)
    assert short.count("<") == short.count(">")
    assert short.count("`") % 2 == 0
    assert short.count("```") % 2 == 0


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 4, "abc…"),
        ("ab&lt;cd", 6, "ab…"),
        ("ab&lt;cd", 7, "ab&lt;…"),
        ("see <https://example.com/long> now", 12, "see …"),
        ("<https://a.example|a long text>", 26, "<https://a.example|a lon>…"),
        ("```one\ntwo three```", 12, "```one\nt```…"),
        ("`some code`", 8, "`some `…"),
        ("`code`", 3, "…"),
        ("😀😀😀", 2, "😀…"),
        ("abc", 0, ""),
    ],
)
def test_cut_mrkdwn_cuts_between_units(text: str, limit: int, expected: str) -> None:
    assert cut_mrkdwn(text, limit) == expected


def test_cutting_hostile_text_takes_linear_time() -> None:
    for mark in ("`", "```a", "<", "<a|", "&", "``"):
        assert len(cut_mrkdwn(mark * 100_000, 3000)) <= 3000
