import json
from typing import Any

import pytest
from jinja2 import DictLoader

from gateway.errors import TemplateError
from gateway.rendering.escaping import FORMATS, JSON_FORMATS
from gateway.rendering.formats import environment, uses_raw
from tests.rendering.conftest import HOSTILE

A, B = 'a"<&\\', "b'@here>\n"

# What is put together, changed or handed around is escaped once, at the end, by the format.
EXPRESSIONS: list[tuple[str, str]] = [
    ("{{ a ~ b }}", A + B),
    ("{{ a + b }}", A + B),
    ("{{ [a, b] | join(', ') }}", f"{A}, {B}"),
    ("{{ a | upper }}", A.upper()),
    ("{{ nothing | default(a) }}", A),
    ("{{ (a * 1 if false else a) | truncate(3, true, '', 0) }}", A[:3]),
    ("{{ a | e }}{{ b | escape }}", A + B),
    ("{% macro m(x) %}{{ x }}{% endmacro %}{{ m(a) }}", A),
    ("{% macro m(x) %}{{ x }}{% endmacro %}{{ m(m(a)) }}", A),
    ("{% macro m(x) %}{{ x }}{% endmacro %}{{ m(a) ~ b }}", A + B),
    ("{% macro m(x) %}{{ x }}{% endmacro %}{{ m(a) | upper }}", A.upper()),
    ("{% macro m(x) %}{{ x }}{% endmacro %}{{ m(a) | truncate(3, true, '', 0) }}", A[:3]),
    ("{% macro m(x) %}{{ x }}{% endmacro %}{{ [m(a), b] | join }}", A + B),
    ("{% macro m(x) %}{{ x }}{% endmacro %}{{ m(a)[:2] }}", A[:2]),
    ("{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{{ a }}{% endcall %}", A),
    ("{% set x = a %}{{ x }}", A),
    ("{% set x %}{{ a }}{% endset %}{{ x }}", A),
    ("{% set x %}{{ a }}{% endset %}{{ x ~ b }}", A + B),
    ("{% set x | upper %}{{ a }}{% endset %}{{ x }}", A.upper()),
    ("{% filter upper %}{{ a }}{% endfilter %}", A.upper()),
    ("{% filter truncate(3, true, '', 0) %}{{ a }}{% endfilter %}", A[:3]),
    ("{% macro m() %}{% filter upper %}{{ a }}{% endfilter %}{% endmacro %}{{ m() }}", A.upper()),
    ("{% for x in [a, [b]] recursive %}{{ x if x is string else loop(x) }}{% endfor %}", A + B),
    ("{% include 'part' %}", A),
    ("{% set x %}{% include 'part' %}{% endset %}{{ x }}", A),
    ("{% import 'macros' as it with context %}{{ it.m(b) }}", B),
    ("{% block one %}{{ a }}{% endblock %}{{ self.one() }}", A + A),
    ("{{ 'a<\"b' }}{{ 'c' ~ '<' }}", 'a<"bc<'),
]
PARTS = {"part": "{{ a }}", "macros": "{% macro m(x) %}{{ x }}{% endmacro %}"}


def render(format_: str, source: str, **names: Any) -> str:
    loader = DictLoader({**PARTS, "t": source})
    return environment(format_, loader).render("t", names)


@pytest.mark.parametrize(("source", "says"), EXPRESSIONS)
@pytest.mark.parametrize("format_", FORMATS)
def test_every_expression_is_escaped_once_by_its_format(
    format_: str, source: str, says: str
) -> None:
    made = render(format_, source, a=A, b=B)

    if format_ in JSON_FORMATS:
        shown = json.loads(f'"{made}"')
        assert shown == json.loads(f'"{FORMATS[format_](says)}"')
    else:
        # Escaped in one piece or in several: the same, but for blanks between Markdown's pieces.
        assert made in {FORMATS[format_](says), FORMATS[format_](A) * 2, _pieces(format_)}


def _pieces(format_: str) -> str:
    return FORMATS[format_](A) + FORMATS[format_](B)


@pytest.mark.parametrize("format_", FORMATS)
def test_own_markup_of_a_macro_and_a_block_stays(format_: str) -> None:
    source = (
        "{% macro m(x) %}<{{ x }}|{% endmacro %}{{ m('y') }}"
        "{% set z %}<{{ m('y') }}>{% endset %}{{ z }}"
    )

    assert render(format_, source) == "<y|<<y|>"


@pytest.mark.parametrize("format_", FORMATS)
def test_a_value_is_never_a_template(format_: str) -> None:
    assert "49" not in render(format_, "{{ a }}", a="{{ 7*7 }}")


def test_json_formats_print_other_values_as_json() -> None:
    names = {"n": 3, "f": 7.5, "t": True, "none": None, "l": [HOSTILE, 1], "m": {'k"': ["v"]}}

    made = json.loads(render("json", "{% raw %}{{% endraw %}" + ",".join(
        f'"{name}": {{{{ {name} }}}}' for name in names
    ) + "}", **names))  # fmt: skip

    assert made["l"][0].startswith("<!channel> <@U1>")
    assert {**made, "l": 0} == {**names, "l": 0}


def test_slack_escapes_the_texts_inside_lists() -> None:
    assert json.loads(render("slack", "{{ l }}", l=["<!channel>"])) == ["&lt;!channel&gt;"]


def test_json_formats_print_what_a_filter_yields() -> None:
    made = render("json", "{{ l | map('upper') }}{{ inf }}{{ 'x\"' | tojson }}", l=["a"], inf=1e999)

    assert made == '["A"]null"x\\""'


def test_other_formats_print_values_as_people_read_them() -> None:
    source = "{{ n }}/{{ f }}/{{ t }}/{{ none }}/{{ l }}/{{ m }}"
    names = {"n": 3, "f": 7.0, "t": True, "none": None, "l": ["a", 1], "m": {"k": "v"}}

    assert render("txt", source, **names) == "3/7/true//a, 1/k: v"


def test_raw_opts_out_and_can_be_seen() -> None:
    assert render("json", "{{ a | raw }}", a='"<') == '"<'
    assert uses_raw("{% if x %}{{ a | upper | raw }}{% endif %}")
    assert not uses_raw("{{ a | upper }}{# | raw #}")
    assert not uses_raw("{{ a | raw")


@pytest.mark.parametrize(
    ("source", "text", "line"),
    [
        ("\n{{ nothing }}", "'nothing' is undefined", 2),
        ("{{ a.nothing }}", "has no attribute 'nothing'", 1),
        ("{{ a.upper }}", "cannot be printed", 1),
        ("\n\n{% if %}", "Expected an expression", 3),
        ("{{ a | nothing }}", "No filter named 'nothing'", 1),
        ("{% include 'nowhere' %}", "no template is called 'nowhere'", 1),
        ("{{ 1 / 0 }}", "division by zero", 1),
        ("{% autoescape true %}{{ a }}{% endautoescape %}", "autoescape cannot be changed", 1),
        ("{% include 't' %}", "recursion", 1),
        ("{{ [a] | random }}", "No filter named 'random'", 1),
    ],
)
def test_whatever_fails_is_a_template_error_with_its_place(
    source: str, text: str, line: int
) -> None:
    with pytest.raises(TemplateError, match=text) as caught:
        render("json", source, a="x")

    assert (caught.value.name, caught.value.line) == ("t", line)


def test_output_stops_at_one_mebibyte() -> None:
    source = "{% for x in range(1000) %}{% for y in range(1000) %}{{ a }}{% endfor %}{% endfor %}"

    with pytest.raises(TemplateError, match="more than 1 MiB"):
        render("txt", source, a="x" * 1000)


def test_unknown_format_is_a_template_error() -> None:
    with pytest.raises(TemplateError, match="no format is called 'pdf'"):
        environment("pdf")
