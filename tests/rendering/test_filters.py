import json

import pytest

from gateway.rendering.filters import COLOURS, colour, date
from gateway.rendering.formats import environment


def printed(format_: str, source: str, text: str) -> str:
    return environment(format_).expression(source)({"a": text})


def test_cut_counts_characters_as_slack_does_and_halves_no_entity() -> None:
    made = json.loads(f'"{printed("slack", "{{ a | cut(12) }}", "&" * 50)}"')

    assert made == "&amp;&amp;…"


def test_cut_counts_what_is_said_elsewhere() -> None:
    assert printed("json", "{{ a | cut(3) }}", '""""') == '\\"\\"…'


def test_colour_knows_every_severity_and_takes_any_word() -> None:
    assert len(set(COLOURS.values())) == 5
    assert colour("critical") == COLOURS["critical"]
    assert colour("unheard-of") == COLOURS["low"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-11-23T10:00:00Z", "2026-11-23 10:00 UTC"),
        ("2026-11-23T12:30:00+02:00", "2026-11-23 10:30 UTC"),
        ("2026-11-23", "2026-11-23 00:00 UTC"),
        ("soon", "soon"),
        ("", ""),
        (None, ""),
    ],
)
def test_date_is_short_and_leaves_alone_what_is_none(value: str | None, text: str) -> None:
    assert date(value) == text


@pytest.mark.parametrize("name", ["card", "gchat"])
def test_url_keeps_a_url_one_piece_of_a_link(name: str) -> None:
    url = 'https://app.snyk.example/a_b-c?x=1&y=%20#z)](http://evil "'

    made = json.loads(f'"{printed(name, "{{ a | url }}", url)}"')

    assert made == "https://app.snyk.example/a_b-c?x=1&y=%20#z%29%5D%28http://evil%20%22"
