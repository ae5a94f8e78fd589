import pytest

from gateway.errors import TemplateError
from gateway.sandbox.compiled import expression, text_with_expressions


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("a.b.c > 1", {("a", "b", "c")}),
        ("a['b'].c", {("a", "b", "c")}),
        ("a[b].c", {("a",), ("b",)}),
        ("a | length and a.b", {("a",), ("a", "b")}),
        ("'x' in [1, 2]", set()),
    ],
)
def test_an_expression_knows_the_names_that_it_reads(text: str, paths: set[object]) -> None:
    assert expression(text).paths == paths


def test_a_text_knows_the_names_of_its_expressions_but_not_its_own() -> None:
    text = "{% set own = a.b %}{{ own }} and {{ c }}"

    assert text_with_expressions(text).paths == {("a", "b"), ("c",)}


@pytest.mark.parametrize("text", ["1 +", "a | nothing", "a b", "__import__('os'"])
def test_what_does_not_compile_is_an_error(text: str) -> None:
    with pytest.raises(TemplateError):
        expression(text)


@pytest.mark.parametrize("text", ["x.__class__", "x['__class__']", "x|attr('__class__')"])
def test_there_is_no_way_to_the_outside(text: str) -> None:
    found = expression(text).work_out({"x": "text"})

    assert not found
