import pytest

from gateway.settings.interpolation import interpolate

ENVIRON = {"NAME": "value", "EMPTY": "", "A": "1", "B": "2"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("${NAME}", "value"),
        ("a ${NAME} b", "a value b"),
        ("${A}${B}", "12"),
        ("${MISSING:-fallback}", "fallback"),
        ("${MISSING:-}", ""),
        ("${EMPTY:-fallback}", "fallback"),
        ("${NAME:-fallback}", "value"),
        ("$${NAME}", "${NAME}"),
        ("$NAME costs $5", "$NAME costs $5"),
        ("${A:-http://x:1/y}", "1"),
        ("${MISSING:-http://x:1/y}", "http://x:1/y"),
    ],
)
def test_text_with_variables_filled_in(text: str, expected: str) -> None:
    filled = interpolate(text, ENVIRON)

    assert (filled.text, filled.unset, filled.broken) == (expected, (), "")


def test_only_what_came_from_the_environment_is_secret() -> None:
    assert interpolate("${NAME} ${MISSING:-open}", ENVIRON).values == ("value",)


@pytest.mark.parametrize("text", ["${MISSING}", "${EMPTY}"])
def test_unset_variable_is_named_and_a_placeholder_stands_in(text: str) -> None:
    filled = interpolate(text, ENVIRON)

    assert filled.unset == (text[2:-1],)
    assert filled.text == f"unset-{text[2:-1]}-placeholder"


def test_placeholder_of_a_url_reads_as_one() -> None:
    assert interpolate("${MISSING}", {}, is_url=True).text == "https://unset.invalid/MISSING"


@pytest.mark.parametrize("text", ["${", "${NAME", "${}", "${1A}", "${A B}", "${A:x}"])
def test_broken_notation_is_told(text: str) -> None:
    assert "is not a variable" in interpolate(text, ENVIRON).broken
