from pathlib import Path

import pytest

from gateway.settings.document import read, read_list
from gateway.settings.reading import Reading


def test_variable_behind_an_alias_is_filled_in_once(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("a: &a ['${ODD}']\nb: *a\n")

    found = read(file, Reading(), {"ODD": "$${NAME}"}, offline=False)

    assert (found.value("b"), found.problems) == (["$${NAME}"], [])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: !!python/none x\n", "1:4: a: could not determine a constructor"),
        ("a: {[1]: 2}\n", "1:5: a: found unhashable key"),
        (f"a: {'9' * 5000}\n", "1:1: a: Exceeds the limit"),
    ],
)
def test_value_that_python_cannot_make_is_one_problem(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(text)

    found = read(file, Reading(), {}, offline=False)

    assert [str(each).removeprefix(f"{file}:")[: len(told)] for each in found.problems] == [told]


def test_list_with_a_value_that_python_cannot_make_is_one_problem(tmp_path: Path) -> None:
    file = tmp_path / "tests.yaml"
    file.write_text("- !!python/none x\n")

    found = read_list(file, "tests")

    assert (found.value("tests"), len(found.problems)) == (None, 1)
