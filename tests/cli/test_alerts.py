import json
from typing import Any

import pytest

RESOLVED = {"alerts": 2, "ids": ["alr_1", "alr_2"]}


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (("alerts",), "alerts"),
        (("alerts", "--status", "open"), "alerts"),
        (("alerts", "alr_x"), "alerts/alr_x"),
        (("alerts", "--json", "resolve"), "alerts/resolve"),
    ],
)
async def test_without_a_verb_alerts_are_shown(
    ask: Any, api: Any, words: tuple[str, ...], path: str
) -> None:
    api.answers |= {"alerts": {"items": [], "next": None}, path: {"items": [], "next": None}}

    assert (await ask(*words)).exit_code == 0
    assert [(method, asked) for method, asked, _ in api.asked] == [("GET", path)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("alr_1", "alr_2"), {"ids": ["alr_1", "alr_2"], "dry_run": False}),
        (("--project", "acme/shop", "--dry-run"), {"project": "acme/shop", "dry_run": True}),
    ],
)
async def test_alerts_are_resolved_by_id_or_by_project(
    ask: Any, api: Any, words: tuple[str, ...], said: Any
) -> None:
    api.answers["alerts/resolve"] = RESOLVED

    result = await ask("alerts", "resolve", *words)

    verb = "would be resolved" if said["dry_run"] else "resolved"
    assert (result.exit_code, result.stdout) == (0, "alr_1\nalr_2\n")
    assert result.stderr == f"2 alerts {verb}\n"
    assert api.asked == [("POST", "alerts/resolve", said)]


async def test_as_json_it_is_what_the_api_said(ask: Any, api: Any) -> None:
    api.answers["alerts/resolve"] = RESOLVED

    assert json.loads((await ask("alerts", "resolve", "alr_1", "--json")).stdout) == RESOLVED


async def test_an_unknown_alert_is_told(ask: Any, api: Any) -> None:
    api.problems["alerts/resolve"] = {"status": 404, "detail": "no such alert: alr_9"}

    result = await ask("alerts", "resolve", "alr_9")

    assert (result.exit_code, result.stderr) == (1, "no such alert: alr_9\n")
