import json
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("evt_1", "evt_2"), {"ids": ["evt_1", "evt_2"], "dry_run": False}),
        (("evt_1", "--dry-run"), {"ids": ["evt_1"], "dry_run": True}),
        (
            ("--since", "2026-11-23T11:00:00+01:00"),
            {"since": "2026-11-23T10:00:00Z", "dry_run": False},
        ),
    ],
)
async def test_events_are_named_or_since_a_time(
    ask: Any, api: Any, words: tuple[str, ...], said: Any
) -> None:
    api.answers["replay"] = {"events": 2}

    result = await ask("replay", *words)

    assert (result.exit_code, result.stderr) == (0, "")
    assert api.asked == [("POST", "replay", said)]


@pytest.mark.parametrize(
    ("number", "words", "shown"),
    [(1, (), "1 event replayed\n"), (0, ("--dry-run",), "0 events would be replayed\n")],
)
async def test_their_number_is_told(
    ask: Any, api: Any, number: int, words: tuple[str, ...], shown: str
) -> None:
    api.answers["replay"] = {"events": number}

    assert (await ask("replay", "evt_1", *words)).stdout == shown


async def test_as_json_it_is_what_the_api_said(ask: Any, api: Any) -> None:
    api.answers["replay"] = {"events": 2}

    assert json.loads((await ask("replay", "evt_1", "--json")).stdout) == {"events": 2}


@pytest.mark.parametrize(
    ("problem", "code", "said"),
    [
        ({"status": 404, "detail": "no such event: evt_9"}, 1, "no such event: evt_9\n"),
        ({"status": 400, "problems": ["a: x", "b: y"]}, 2, "a: x\nb: y\n"),
        ({"status": 503, "detail": "try again"}, 3, "the gateway refused: try again\n"),
    ],
)
async def test_a_refusal_is_words_and_an_exit_code(
    ask: Any, api: Any, problem: Any, code: int, said: str
) -> None:
    api.problems["replay"] = problem

    result = await ask("replay", "evt_9")

    assert (result.exit_code, result.stdout, result.stderr) == (code, "", said)
