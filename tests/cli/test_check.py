from types import SimpleNamespace
from typing import Any

from gateway.cli.check import count, summary
from gateway.settings.problem import Problem


def problem(**more: Any) -> Problem:
    return Problem(file="a.yaml", line=1, column=1, path="x", text="wrong", **more)


PARTS = SimpleNamespace(
    tree=SimpleNamespace(routes=lambda: ("root", "page")), sinks={"slack": object()}
)


def test_a_sound_configuration_is_told_with_its_size() -> None:
    assert summary("config", [], PARTS) == "config is fine: 2 routes, 1 sink"


def test_warnings_do_not_spoil_it() -> None:
    warnings = [problem(level="warning", kind="unset")]

    assert summary("config", warnings, PARTS) == "config is fine: 2 routes, 1 sink (1 warning)"


def test_problems_and_warnings_are_counted_apart() -> None:
    problems = [problem(), problem(), problem(), problem(level="warning")]

    assert summary("config", problems, None) == "config: 3 problems, 1 warning"


def test_a_count_has_its_plural() -> None:
    assert [count(number, "route") for number in (0, 1, 2)] == ["0 routes", "1 route", "2 routes"]
