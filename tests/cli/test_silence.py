import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.clock import SystemClock

SILENCE: dict[str, Any] = {
    "id": "sil_1",
    "status": "active",
    "matchers": ["severity = low"],
    "from": None,
    "until": "2027-01-31T00:00:00Z",
    "owner": "platform",
    "reason": "retired \x1b",
    "origin": "runtime",
}
WHO = ("--owner", "platform", "--reason", "retired")


async def test_a_silence_is_added_and_its_id_printed(ask: Any, api: Any) -> None:
    api.answers["silences"] = SILENCE

    result = await ask(
        *("silence", "add", "severity = low", "project.tags.env = dev", *WHO),
        *("--from", "2026-11-01T00:00:00+01:00", "--until", "2027-01-31"),
    )

    assert (result.exit_code, result.stdout) == (0, "sil_1\n")
    assert result.stderr == "silent until 2027-01-31T00:00:00Z\n"
    said = {
        "matchers": ["severity = low", "project.tags.env = dev"],
        "from": "2026-10-31T23:00:00Z",
        "until": "2027-01-31T00:00:00Z",
        "owner": "platform",
        "reason": "retired",
    }
    assert api.asked == [("POST", "silences", said)]


async def test_a_time_that_it_lasts_counts_from_its_beginning(ask: Any, api: Any) -> None:
    api.answers["silences"] = SILENCE

    await ask("silence", "add", "a = b", *WHO, "--from", "2026-11-01T00:00:00Z", "--for", "1d12h")

    assert api.asked[0][2]["until"] == "2026-11-02T12:00:00Z"


async def test_without_a_beginning_it_counts_from_now(ask: Any, api: Any) -> None:
    api.answers["silences"] = SILENCE

    before = SystemClock().now()
    await ask("silence", "add", "a = b", *WHO, "--for", "2h")

    begins = datetime.fromisoformat(api.asked[0][2]["until"]) - timedelta(hours=2)
    assert before <= begins <= SystemClock().now()


async def test_a_bad_silence_is_every_problem_on_its_line(ask: Any, api: Any) -> None:
    problems = ["matchers[0]: no field 'severty'", "until: is over"]
    api.problems["silences"] = {"status": 400, "problems": problems}

    result = await ask("silence", "add", "severty = low", *WHO, "--for", "2h")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "".join(f"{problem}\n" for problem in problems)


async def test_silences_are_a_table(ask: Any, api: Any) -> None:
    api.answers["silences"] = {"items": [SILENCE], "next": None}

    result = await ask("silence", "list", "--status", "active")

    assert (result.exit_code, result.stderr) == (0, "")
    assert api.asked == [("GET", "silences", {"status": "active", "limit": "50"})]
    heading, row = result.stdout.splitlines()
    assert heading.split()[:3] == ["SILENCE", "STATUS", "FROM"]
    assert row.split()[:3] == ["sil_1", "active", "2027-01-31T00:00:00Z"]
    assert "retired \\x1b" in row


@pytest.mark.parametrize("words", [("add", "a = b", *WHO, "--for", "2h"), ("list",)])
async def test_as_json_it_is_what_the_api_said(ask: Any, api: Any, words: tuple[str, ...]) -> None:
    made = words[0] == "add"
    api.answers["silences"] = SILENCE if made else {"items": [SILENCE], "next": None}

    result = await ask("silence", *words, "--json")

    assert json.loads(result.stdout) == (SILENCE if made else [SILENCE])


async def test_an_unknown_silence_does_not_keep_others_from_ending(ask: Any, api: Any) -> None:
    api.answers["silences/sil_1/expire"] = SILENCE
    api.problems["silences/sil 9/expire"] = {"status": 404, "detail": "no such silence"}

    result = await ask("silence", "expire", "sil 9", "sil_1")

    assert (result.exit_code, result.stdout) == (1, "sil_1\n")
    assert result.stderr == "sil 9: no such silence\n1 silence ended\n"


async def test_a_dry_run_only_looks(ask: Any, api: Any) -> None:
    api.answers["silences/sil_1"] = SILENCE

    result = await ask("silence", "expire", "sil_1", "--dry-run")

    assert (result.exit_code, result.stdout) == (0, "sil_1\n")
    assert result.stderr == "1 silence would be ended\n"
    assert api.asked == [("GET", "silences/sil_1", {})]
