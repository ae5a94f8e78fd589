import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from gateway.rendering import escaping
from gateway.rendering.escaping import FORMATS
from tests.rendering.conftest import HOSTILE

MARKS = st.sampled_from([*"<>&\"'\\|=*_`~[](){}#!@:.-+\n\r\t 1a$^", "\u2028", "\u202e", HOSTILE])
TEXTS = st.one_of(st.text(), st.lists(MARKS).map("".join), st.just(HOSTILE))
MISLEADING = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
PING = re.compile(r"<[!@#]|@(?:channel|here|everyone)", re.IGNORECASE)


@settings(max_examples=200)
@given(TEXTS)
@pytest.mark.parametrize("name", FORMATS)
def test_no_format_lets_misleading_characters_through(name: str, text: str) -> None:
    assert not MISLEADING.search(FORMATS[name](text))


@settings(max_examples=200)
@given(TEXTS)
def test_json_reads_back_as_what_was_said(text: str) -> None:
    written = escaping.json(text)

    assert json.loads(f'"{written}"') == MISLEADING.sub("\ufffd", text)
    assert "<" not in written
    assert not re.search("[\u2028\u2029\n\r]", written)


@settings(max_examples=200)
@given(TEXTS)
def test_slack_shows_what_was_said_and_pings_nobody(text: str) -> None:
    said = json.loads(f'"{escaping.slack(text)}"')

    assert not PING.search(said)
    assert not re.search("[<>]|&(?!amp;|lt;|gt;)", said)
    shown = said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert shown.replace("\u200b", "") == MISLEADING.sub("\ufffd", text).replace("\u200b", "")


@settings(max_examples=200)
@given(TEXTS)
def test_md_is_one_paragraph_of_plain_text(text: str) -> None:
    written = escaping.md(text)

    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(f"x{written}x")

    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    inside = tokens[1].children or []
    assert {token.type for token in inside} <= {"text", "text_special"}
    shown = "".join(token.content for token in inside)
    said = re.sub(r"\s+", " ", MISLEADING.sub("\ufffd", text))
    assert shown == "x" + re.sub(r"@|[#!](?=\d)", "\\g<0>\u200b", said) + "x"
    assert not re.search(r"@\w|[#!]\d", shown)


@settings(max_examples=200)
@given(TEXTS)
def test_card_is_plain_text_inside_a_json_string(text: str) -> None:
    written = json.loads(f'"{escaping.card(text)}"')

    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(f"x{written}x")

    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    inside = tokens[1].children or []
    assert {token.type for token in inside} <= {"text", "text_special"}
    assert not re.search(r"@\w|[#!]\d", "".join(token.content for token in inside))


@settings(max_examples=200)
@given(TEXTS)
def test_gchat_is_plain_html_inside_a_json_string(text: str) -> None:
    assert json.loads(f'"{escaping.gchat(text)}"') == escaping.html(text)


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


@settings(max_examples=200)
@given(TEXTS)
def test_html_stays_inside_its_element_and_attribute(text: str) -> None:
    written, said = escaping.html(text), MISLEADING.sub("\ufffd", text)
    reader = Reader()

    reader.feed(f'<p title="{written}">{written}</p>')
    reader.close()

    assert reader.tags == [("p", [("title", said)])]
    assert reader.text == said


@settings(max_examples=200)
@given(TEXTS)
def test_txt_is_one_visible_line(text: str) -> None:
    assert len(escaping.txt(text + "x").splitlines()) == 1


def test_txt_names_what_it_hides() -> None:
    assert escaping.txt("a\n\x1b[31m\u202e\x00é") == "a\\n\\x1b[31m\\u202e\\x00é"


@settings(max_examples=200)
@given(TEXTS)
def test_cef_ends_neither_a_header_field_nor_a_value(text: str) -> None:
    written = escaping.cef(text)

    assert not re.search("[\n\r\u2028\u2029]", written)
    assert not re.search(r"[|=]", re.sub(r"\\.", "", written))
    assert not re.sub(r"\\.", "", written).endswith("\\")


@settings(max_examples=200)
@given(TEXTS)
def test_segment_is_one_segment(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9%._~-]*", escaping.segment(text))
