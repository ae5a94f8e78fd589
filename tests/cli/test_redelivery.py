import json
from typing import Any

import pytest

CHOSEN = {"deliveries": 2, "ids": ["dlv_1", "dlv_2"]}
VERBS = pytest.mark.parametrize(
    ("verb", "done"), [("retry", "tried again"), ("cancel", "cancelled")]
)


@VERBS
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("dlv_1", "dlv_2"), {"ids": ["dlv_1", "dlv_2"], "dry_run": False}),
        (
            ("--sink", "oncall", "--reason", "max_age", "--dry-run"),
            {"filter": {"sink": "oncall", "reason": "max_age"}, "dry_run": True},
        ),
    ],
)
async def test_deliveries_are_named_or_chosen(
    ask: Any, api: Any, *, verb: str, done: str, words: tuple[str, ...], said: Any
) -> None:
    api.answers[f"deliveries/{verb}"] = CHOSEN

    result = await ask(verb, *words)

    would = "would be " if said["dry_run"] else ""
    assert (result.exit_code, result.stdout) == (0, "dlv_1\ndlv_2\n")
    assert result.stderr == f"2 deliveries {would}{done}\n"
    assert api.asked == [("POST", f"deliveries/{verb}", said)]


@VERBS
@pytest.mark.parametrize("words", [(), ("dlv_1", "--sink", "oncall")])
async def test_either_ids_or_a_filter_is_wanted(
    ask: Any, api: Any, *, verb: str, done: str, words: tuple[str, ...]
) -> None:
    del done
    result = await ask(verb, *words)

    assert (result.exit_code, api.asked) == (2, [])


@VERBS
async def test_as_json_it_is_what_the_api_said(ask: Any, api: Any, verb: str, done: str) -> None:
    del done
    api.answers[f"deliveries/{verb}"] = CHOSEN

    assert json.loads((await ask(verb, "dlv_1", "--json")).stdout) == CHOSEN
