from pathlib import Path

import pytest
import yaml as pyyaml

from gateway.settings.problem import Problem
from gateway.settings.yaml import Loader, compose, construct, find, place, repeated_keys


def value(text: str) -> object:
    node = pyyaml.compose(text, Loader)
    assert node is not None
    return construct(node)


@pytest.mark.parametrize("text", ["17:00", "yes", "NO", "on", "012", "1_000", "2027-01-31", "="])
def test_what_people_mean_as_text_stays_text(text: str) -> None:
    assert value(f"key: {text}") == {"key": text}


@pytest.mark.parametrize(
    ("text", "expected"), [("true", True), ("7", 7), ("-1.5", -1.5), ("null", None), ("~", None)]
)
def test_plain_scalars_are_what_they_look_like(text: str, expected: object) -> None:
    assert value(f"key: {text}") == {"key": expected}


def test_repeated_keys_are_found_at_every_depth() -> None:
    node = pyyaml.compose("a: {b: 1, b: 2}\nc:\n  - d: 1\n    d: 2\na: 3\n", Loader)
    assert node is not None

    assert [loc for loc, _ in repeated_keys(node)] == [("a", "b"), ("c", 0, "d"), ("a",)]


def test_override_of_a_merged_key_is_no_repetition() -> None:
    node = pyyaml.compose("x: &x {a: 1}\ny: {<<: *x, a: 2}\n", Loader)
    assert node is not None

    assert list(repeated_keys(node)) == []
    assert construct(node) == {"x": {"a": 1}, "y": {"a": 2}}


def test_place_is_that_of_the_value_or_of_the_key(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a:\n  - b: 7\n")
    node = compose(tmp_path / "a", "a.yaml", pyyaml.MappingNode)
    assert isinstance(node, pyyaml.Node)

    assert place(find(node, ("a", 0, "b"), at_key=False)) == ("a.yaml", 2, 8)
    assert place(find(node, ("a", 0, "b"), at_key=True)) == ("a.yaml", 2, 5)
    assert place(find(node, ("a", 0, "missing"), at_key=True)) == ("a.yaml", 2, 5)


def test_recursive_alias_is_walked_once() -> None:
    node = pyyaml.compose("a: &a [*a]\n", Loader)
    assert node is not None

    assert list(repeated_keys(node)) == []


@pytest.mark.parametrize(
    ("content", "line", "text"),
    [
        (b"a: [1,\n", 2, "not YAML"),
        (b"- 1\n", 1, "not a mapping of keys"),
        (b"\xff\xfe\xff", 1, "not UTF-8"),
        (b"a: b\n\tc: d\n", 2, "not YAML"),
        (b"a: " + b"[" * 50_000 + b"]" * 50_000, 1, "not YAML: nested more than 100 deep"),
    ],
)
def test_file_that_cannot_be_read_is_one_problem(
    tmp_path: Path, content: bytes, line: int, text: str
) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(content)

    found = compose(file, "a.yaml", pyyaml.MappingNode)

    assert isinstance(found, Problem)
    assert (found.line, found.text[: len(text)]) == (line, text)


@pytest.mark.parametrize("text", ["!!bool yess", '!!int ""', '!!float ""', "!!timestamp soon"])
def test_a_value_that_does_not_fit_its_tag_is_an_error_with_its_place(text: str) -> None:
    with pytest.raises(pyyaml.constructor.ConstructorError, match="does not fit its tag") as caught:
        value(f"key: {text}")

    assert caught.value.problem_mark is not None
