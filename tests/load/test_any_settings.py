"""Whatever stands in a file, it is a configuration, or its problems are told with their places."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import SettingsError
from gateway.load import load

HERE = Path(__file__).parent
CONFIG = HERE.parents[1] / "config"
EVERYTHING = (HERE / "whole.yaml").read_text()
TEXTS = [EVERYTHING, *(path.read_text() for path in sorted(CONFIG.glob("*.yaml")))]
# A variable of bytes that are no UTF-8 reaches us with surrogates.
ENVIRON = {"CHAT": "https://chat.example/x", "BYTES": "not-utf-8-\udcff-at-all", "B": "\udcff"}

SCALARS: tuple[Any, ...] = (
    None, True, False, 0, -1, 7, 2**63, 10**400, 1.5, -0.0, 1e308, float("inf"), float("nan"), "",
    " ", "\0", "\x7f", "é", "\u2028", "x" * 300, "yes", "none", "*", ".", "..", "/", "a/b", "../x",
    "0s", "5m", "99999999999999d", "9" * 5000 + "d", "1ms", "50/1h", "0/s", "1/s",
    "9" * 400 + "KiB", "0.0.0.0:0", "[::1]:80", "0:99999", "10.0.0.0/8", "http://",
    "https://a.example:99999/",
    "https://[::1", "https://chat.example/x", "sqlite://", "sqlite:///", "sqlite:///a?b=c",
    "slack", "opsgenie", "http", "snyk", "chat", "root", "a", "event", "finding", "project.tags.a",
    "severity", "severity >= high", "severity > critical", 'title =~ "("', "cvss = 1e999",
    "published < 0001-01-01", "exploited and (", "1 / 0", "'a' * 9999999", "[x for x in y]",
    "{{ x }}", "{{ 1 / 0 }}", "{% if %}", "{{ tables.teams[labels.team].x }}",
    "{{ 'a' * 99999999 }}", "${CHAT}", "${BYTES}", "${B}", "${NO}", "${", "${}", "$${CHAT}",
    "${NO:-}", "0001-01-01", "9999-12-31T23:59:59-23:59", "24:00", "00:00", "friday:monday",
    "1:31", "-1", "Europe/London", "Nowhere/Land", "monday", "january:march",
)  # fmt: skip
KEYS = (
    "name", "type", "routes", "sinks", "matchers", "when", "labels", "group_by", "include", "file",
    "deliver", "continue", "outside", "template", "url", "secrets", "expect_every", "fallback",
    "<<", "key", "rate", "sign", "headers", "repeat_interval", "until", "times", "location",
)  # fmt: skip
VALUES = st.sampled_from(SCALARS) | st.recursive(
    st.sampled_from(SCALARS) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=5,
)
FEW = 25
"""Templates are tried out on every load; raise it to look for more."""
MARKS = (
    "!!bool yess", '!!int ""', "!!timestamp x", "!!binary é", "!!python/object:os.system x",
    "!a b", "&a [*a]", "*a", "<<: *a", "<<: 3", "? {a: b} : c", "[" * 120, "{a: " * 120, "|\n  x",
    ">", "---", "...", "%YAML 9.9", "\t", "\0", "\ufeff", "\x85", "#", ":", "- ", "'", '"',
    '"\\ud800"', '"\\x00"', "${B}", "\n", "\r", "{", "}", "[", "]", ",", "~", "9" * 5000, "0x1",
    "1e5",
)  # fmt: skip


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every value, as what it stands in and its key there."""
    if isinstance(value, dict | list):
        for key, each in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield value, key
            yield from _places(each)


@st.composite
def _changed(draw: st.DrawFn) -> bytes:
    """A sound configuration with one or two values taken out, replaced or added."""
    said = yaml.safe_load(EVERYTHING)
    for _ in range(draw(st.integers(1, 2))):
        parent, key = draw(st.sampled_from(list(_places(said))))
        match draw(st.sampled_from(["replace", "replace", "add", "remove"])):
            case "replace":
                parent[key] = draw(VALUES)
            case "remove":
                del parent[key]
            case _ if isinstance(parent, list):
                parent.append(draw(VALUES))
            case _:
                parent[draw(st.sampled_from(KEYS))] = draw(VALUES)
    return yaml.safe_dump(said, allow_unicode=True).encode(errors="replace")


@st.composite
def _marred(draw: st.DrawFn) -> bytes:
    """The text of a sound configuration with a piece of it replaced."""
    text = draw(st.sampled_from(TEXTS))
    start = draw(st.integers(0, len(text)))
    gone = draw(st.integers(0, 5) | st.integers(0, 200))
    piece = draw(st.sampled_from(MARKS) | st.text(max_size=4))
    return (text[:start] + piece + text[start + gone :]).encode(errors="replace")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("settings") / "gateway.yaml"


def _load(file: Path, content: bytes) -> None:
    """Loads the content; anything but a configuration or problems with places fails."""
    file.write_bytes(content)
    try:
        told = load(file, environ=ENVIRON, offline=True).warnings
    except SettingsError as error:
        told = error.problems
        assert any(problem.is_fatal for problem in told)
    for problem in told:
        assert problem.file.startswith(str(file.parent))
        assert min(problem.line, problem.column) >= 1
        assert problem.text


def test_the_configuration_that_is_changed_is_sound(file: Path) -> None:
    file.write_text(EVERYTHING)

    assert load(file, environ=ENVIRON, offline=False).warnings == ()


@settings(deadline=None, max_examples=FEW)
@given(content=_changed())
def test_a_configuration_with_an_odd_value_is_read_or_told_of(file: Path, content: bytes) -> None:
    _load(file, content)


@settings(deadline=None, max_examples=FEW)
@given(content=_marred())
def test_a_configuration_with_a_marred_piece_is_read_or_told_of(file: Path, content: bytes) -> None:
    _load(file, content)


@settings(deadline=None, max_examples=60)
@given(
    content=st.binary(max_size=40)
    | st.text("{}[]:-,&*!|>'\"#%@`~? \n\tab", max_size=40).map(str.encode)
)
def test_any_bytes_are_told_of(file: Path, content: bytes) -> None:
    file.write_bytes(content)

    with pytest.raises(SettingsError):
        load(file, environ={}, offline=True)
    _load(file, content)
