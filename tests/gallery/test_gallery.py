"""The gallery's pages: all there, harmless, and able to draw whatever the templates make."""

import base64
import re
from collections import deque
from collections.abc import Iterator, Mapping
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest

from gallery import discord, email
from gallery.__main__ import main
from gallery.browser import Camera
from gallery.kinds import KINDS
from gallery.pages import index, page, write
from gallery.scenes import SCENES, Shot, shots
from gateway.codec import encode
from tests.rendering.conftest import HOSTILE, finding, notice
from tests.rendering.test_shapes import FINDINGS, SHAPES, rendered

SPICY = {"title": HOSTILE, "package": HOSTILE, "exploit": HOSTILE, "severity": HOSTILE}
FRAME = {"html", "meta", "title", "style", "main", "footer", "code", "h1", "p", "table", "tr", "th",
         "td", "a"}  # fmt: skip
DRAWN = {"div", "span", "b", "strong", "em", "br", "iframe", "ul", "ol", "li"}
ATTRIBUTES = {"charset", "http-equiv", "content", "name", "lang", "class", "style", "href",
              "sandbox", "srcdoc"}  # fmt: skip


class Reader(HTMLParser):
    """What a browser would find in a page."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(str(document))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, name: str) -> list[str]:
        return [value for each, value in self.attributes if each == name]


@pytest.fixture(scope="module")
def taken() -> list[Shot]:
    return list(shots())


def test_there_is_a_page_for_each_app_and_scene(tmp_path: Path, taken: list[Shot]) -> None:
    pages = write(tmp_path, taken)

    expected = {f"{type_}-{scene}.html" for type_ in KINDS for scene in SCENES}
    assert {"slack", "teams"} <= KINDS.keys()
    assert {each.name for each in pages} == expected
    assert {each.name for each in tmp_path.iterdir()} == {*expected, "index.html"}
    assert set(Reader(index()).values("href")) == expected


def test_no_page_refers_to_anything_outside(taken: list[Shot]) -> None:
    for document in [index(), *map(page, taken)]:
        read = Reader(document)
        assert "default-src 'none'; style-src 'unsafe-inline'" in read.values("content")
        assert not [each for each in read.values("href") if ":" in each or each.startswith("/")]
        assert {name for name, _ in read.attributes} <= ATTRIBUTES
        assert read.tags <= FRAME | DRAWN
        assert "url(" not in document
        assert "@import" not in document


def test_every_page_says_that_it_is_an_approximation(taken: list[Shot]) -> None:
    assert "They are not the vendors' apps" in " ".join(Reader(index()).text.split())
    assert all("an approximation drawn by snyk-gateway" in page(each) for each in taken)


def read(page: str) -> str:
    """The text of a page and of what is framed in it."""
    framed = re.findall('srcdoc="([^"]*)"', page)
    return " ".join(Reader(each).text for each in (page, *map(unescape, framed)))


@pytest.mark.parametrize("type_", KINDS)
def test_a_page_shows_what_the_message_says(type_: str, taken: list[Shot]) -> None:
    shown = {each.scene: read(page(each)) for each in taken if each.type == type_}

    assert shown["new-mixed"].index("Improper Access") < shown["new-mixed"].index("Open Redirect")
    assert "Prototype Pollution" in shown["new-critical"]
    assert "Fixed" in shown["fixed"] or "fixed" in shown["fixed"]
    assert "AGPL-3.0 license" in shown["license"]
    assert "acmessl/libacmessl3" in shown["container"]
    assert "400 more" in shown["large"]


@pytest.mark.parametrize("type_", KINDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_hostile_text_stays_text_in_every_shape(type_: str, shape: str) -> None:
    some = [finding(each, **SPICY) for each in range(3)]
    said = SHAPES[shape](notice(findings=some, fixed=some, name=HOSTILE, branch=HOSTILE))

    read = Reader(page(Shot(type_, "hostile", rendered(said, type_))))

    assert read.tags <= FRAME | DRAWN
    assert {name for name, _ in read.attributes} <= ATTRIBUTES
    assert read.values("href") == []
    if not read.values("srcdoc"):
        assert "</script><!--" in read.text


@pytest.mark.parametrize("type_", KINDS)
@pytest.mark.parametrize("kind", FINDINGS)
def test_whatever_the_template_makes_can_be_drawn(type_: str, kind: str) -> None:
    some = [FINDINGS[kind](each) for each in range(50)]

    body = rendered(notice("update", findings=some, fixed=some), type_)

    assert KINDS[type_].draw(body)


def test_an_embed_is_drawn_with_all_its_parts() -> None:
    embed = {
        "title": "4 new issues",
        "url": "https://app.snyk.io",
        "description": "**Critical** [Improper Access](https://snyk.io)",
        "color": 0xB31D28,
        "fields": [{"name": "Project", "value": "<img src=x>", "inline": True}],
        "footer": {"text": "route <b>root</b>"},
    }

    drawn = discord.draw(encode({"content": "hello", "embeds": [embed]}).decode())

    read = Reader(drawn)
    words = ["hello", "4 new issues", "Critical Improper Access", "Project", "<img src=x>"]
    assert " ".join(read.text.split()) == " ".join([*words, "route <b>root</b>"])
    assert read.values("style") == ["border-color: #b31d28"]
    assert {name for name, _ in read.attributes} == {"class", "style"}


def test_a_mail_is_framed_as_it_is_without_any_rights() -> None:
    mail = '<p class="a">"quoted" <b>bold</b></p><script>alert(1)</script>'

    read = Reader(email.draw(mail))

    assert read.tags == {"iframe"}
    assert read.attributes == [("class", "email"), ("sandbox", ""), ("srcdoc", mail)]


def test_without_a_browser_there_are_pages_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert main([str(tmp_path / "gallery")]) == 0

    said = capsys.readouterr().out
    assert said.endswith("no pictures: Chromium is not on PATH\n")
    assert {each.suffix for each in (tmp_path / "gallery").iterdir()} == {".html"}


class Tab:
    """The other end of DevTools: it says that a page is loaded before it says that it began to."""

    def __init__(self) -> None:
        self.said: deque[Mapping[str, Any]] = deque()
        self.window: Mapping[str, Any] = {}

    async def send_json(self, asked: Mapping[str, Any]) -> None:
        self.said.extend(self._answers(asked))

    async def receive_json(self) -> Mapping[str, Any]:
        return self.said.popleft()

    def _answers(self, asked: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        result: Mapping[str, Any] = {}
        match asked["method"]:
            case "Page.navigate":
                yield {"method": "Page.loadEventFired", "params": {}}
            case "Page.getLayoutMetrics":
                result = {"cssContentSize": {"width": 720, "height": 1784}}
            case "Emulation.setDeviceMetricsOverride":
                self.window = asked["params"]
            case "Page.captureScreenshot":
                result = {"data": base64.b64encode(b"a picture").decode()}
        yield {"id": asked["id"], "result": result}


async def test_a_picture_is_as_long_as_its_page() -> None:
    tab = Tab()

    picture = await Camera(cast("aiohttp.ClientWebSocketResponse", tab)).take("file:///a.html")

    assert picture == b"a picture"
    assert (tab.window["width"], tab.window["height"]) == (720, 1784)
