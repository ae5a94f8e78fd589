import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from gateway.rendering.escaping import md
from gateway.rendering.link import https


@pytest.mark.parametrize(
    "url",
    ["", "javascript:alert(1)", "http://snyk.io/x", "https:///x", "https://snyk.io@evil.example/",
     "https://snyk.io:port/", "https://[x", "https://snyk.io/" + "x" * 2000, "https://\u0455nyk.io/"],
)  # fmt: skip
def test_only_plain_https_is_a_link(url: str) -> None:
    assert https(url) == ""


def test_link_cannot_be_ended_from_inside() -> None:
    assert https('https://snyk.io/a|b>c d"@x\u202e\ud800') == (
        "https://snyk.io/a%7Cb%3Ec%20d%22%40x%E2%80%AE?"
    )


@given(st.text(max_size=30))
def test_link_is_made_of_plain_characters(text: str) -> None:
    assert not set(https(f"https://snyk.io/{text}")) & set('<>|"` \n\\@')


def test_link_survives_as_markdowns_destination() -> None:
    url = https("https://security.snyk.io/package/npm/@acme%2Frouter_x?a=1&b=(2)")

    tokens = MarkdownIt().parse(f"[x]({md(url)})")

    assert (tokens[1].children or [])[0].attrGet("href") == url
