import json
from typing import Any


async def test_a_reload_says_what_came_of_it_and_warns_in_words(ask: Any, api: Any) -> None:
    api.answers["reload"] = {"status": "reloaded", "warnings": ["a.yaml:1:1: route: odd \x1b"]}

    result = await ask("reload")

    assert api.asked == [("POST", "reload", {})]
    assert (result.exit_code, result.stdout) == (0, "reloaded\n")
    assert result.stderr == "a.yaml:1:1: route: odd \\x1b\n"


async def test_as_json_it_is_what_the_api_said(ask: Any, api: Any) -> None:
    api.answers["reload"] = {"status": "unchanged", "warnings": []}

    assert json.loads((await ask("reload", "--json")).stdout) == api.answers["reload"]


async def test_a_refused_reload_prints_each_problem_on_its_own_line(ask: Any, api: Any) -> None:
    problems = ["a.yaml:1:1: route: x", "a.yaml:2:1: sinks: y"]
    api.problems["reload"] = {"status": 409, "detail": "refused", "problems": problems}

    result = await ask("reload")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("a.yaml:1:1: route: x\na.yaml:2:1: sinks: y\n")
