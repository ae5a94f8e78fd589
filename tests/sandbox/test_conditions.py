import pytest

from gateway.sandbox.conditions import Conditions, Missing


def worked_out(text: str, **names: object) -> object:
    return Conditions().compile_expression(text, undefined_to_none=False)(**names)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "x.y.z",
        "x['y'][0]",
        "x.startswith('a')",
        "x > 1",
        "x <= 1",
        "1 < x",
        "'a' >= x",
        "x + 1",
        "1 - x",
        "x * 2",
        "'a' ~ x == 'b'",
        "-x",
        "'a' in x",
        "x != ''",
        "x.y > 3 or x.y < 3",
    ],
)
def test_what_is_missing_is_false_whatever_is_done_with_it(text: str) -> None:
    assert not worked_out(text)


@pytest.mark.parametrize("text", ["x | int(7) == 7", "x | float(default=0.5) == 0.5"])
def test_what_is_missing_takes_the_default_of_a_filter(text: str) -> None:
    assert worked_out(text)


@pytest.mark.parametrize("text", ["not x", "x == ''", "x is not defined", "x | length == 0"])
def test_what_is_missing_is_empty(text: str) -> None:
    assert worked_out(text)


def test_what_is_null_is_missing() -> None:
    assert not worked_out("x.y > 3", x={"y": None})
    assert not worked_out("x[0] > 3", x=[None])


def test_what_is_missing_prints_as_nothing() -> None:
    assert str(Missing(name="x")) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (7.0, "7"), (7.5, "7.5"), (["a", "b"], "a, b"), (None, ""), ("x", "x")],
)
def test_values_are_written_as_people_read_them(value: object, text: str) -> None:
    assert Conditions().from_string("{{ x }}").render(x=value) == text
