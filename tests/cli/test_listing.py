import json
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from typer.testing import Result

from gateway.cli.listing import cell

DELIVERY: dict[str, Any] = {
    "id": "dlv_1",
    "created_at": "2026-11-23T10:00:00Z",
    "status": "dead",
    "sink": "oncall",
    "alert": "alr_1",
    "revision": 1,
    "tries": 2,
    "next_attempt_at": None,
    "reason": "unauthorised \x1b[2J",
}
ATTEMPTS = [
    {"number": 1, "outcome": "try_again", "status": 503},
    {"number": 2, "outcome": "refused", "status": 401},
]
Command = Callable[..., Any]


class Api:
    """An admin API with 450 events and one delivery; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], str]] = []

    async def answer(self, request: web.Request) -> web.Response:
        self._keep(request)
        noun, _, identity = request.path.removeprefix("/api/v1/").partition("/")
        return self._one(identity) if identity else self._list(noun, request)

    def _list(self, noun: str, request: web.Request) -> web.Response:
        if noun == "alerts":
            return web.json_response({"items": [], "next": None})
        if noun == "deliveries":
            return web.json_response({"items": [DELIVERY], "next": None})
        first, limit = int(request.query.get("cursor", 0)), int(request.query["limit"])
        items = [{"id": f"evt_{n}", "status": "dispatched"} for n in range(first, 450)[:limit]]
        after = first + len(items)
        return web.json_response({"items": items, "next": str(after) if after < 450 else None})

    def _one(self, identity: str) -> web.Response:
        if identity != "dlv_1":
            return web.json_response({"title": "no such delivery"}, status=404)
        return web.json_response(DELIVERY | {"attempts": ATTEMPTS})

    def _keep(self, request: web.Request) -> None:
        authorization = request.headers.get("Authorization", "")
        self.asked.append((request.path, dict(request.query), authorization))


@pytest.fixture
def api() -> Api:
    return Api()


async def test_a_list_is_aligned_columns_with_outside_text_escaped(ask: Command) -> None:
    result = await ask("deliveries")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "DELIVERY  CREATED               STATUS  SINK    ALERT  REVISION  TRIES  NEXT TRY  REASON\n"
        "dlv_1     2026-11-23T10:00:00Z  dead    oncall  alr_1  1         2                "
        "unauthorised \\x1b[2J\n"
    )


async def test_filters_reach_the_api(ask: Command, api: Api) -> None:
    await ask("deliveries", "--status", "dead", "--sink", "oncall", "--limit", "7")

    assert api.asked == [
        ("/api/v1/deliveries", {"status": "dead", "sink": "oncall", "limit": "7"}, "")
    ]


async def test_json_is_a_list_of_what_the_api_said(ask: Command) -> None:
    result = await ask("deliveries", "--json")

    assert json.loads(result.stdout) == [DELIVERY]


async def test_pages_are_followed_up_to_the_limit(ask: Command, api: Api) -> None:
    result = await ask("events", "--limit", "420", "--json")

    assert [item["id"] for item in json.loads(result.stdout)] == [f"evt_{n}" for n in range(420)]
    assert [query["limit"] for _, query, _ in api.asked] == ["200", "200", "20"]
    assert result.stderr == "there are more; --limit is 420\n"


async def test_an_empty_list_says_so_in_words_only(ask: Command) -> None:
    result = await ask("alerts")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "no alerts\n")


async def test_an_empty_list_is_still_json(ask: Command) -> None:
    assert json.loads((await ask("alerts", "--json")).stdout) == []


async def test_a_single_one_shows_all_that_is_known(ask: Command) -> None:
    result = await ask("deliveries", "dlv_1")

    assert result.exit_code == 0
    assert "status           dead\n" in result.stdout
    assert result.stdout.endswith(
        "\nattempts\nNUMBER  OUTCOME    STATUS\n1       try_again  503\n2       refused    401\n"
    )


async def test_a_single_one_as_json_is_that_one(ask: Command) -> None:
    result = await ask("deliveries", "dlv_1", "--json")

    assert json.loads(result.stdout)["attempts"] == ATTEMPTS


async def test_an_unknown_id_is_one_line(ask: Command) -> None:
    result = await ask("deliveries", "../dlv 2")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "no such delivery\n"


async def test_the_token_comes_from_the_environment(
    ask: Command, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_ADMIN_TOKEN", "made-up-token")

    await ask("alerts")

    assert api.asked[0][2] == "Bearer made-up-token"


def test_no_gateway_is_one_line_and_exit_code_3(
    run: Callable[..., Result], unused_tcp_port: int
) -> None:
    result = run("events", "--url", f"http://127.0.0.1:{unused_tcp_port}")

    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("key", "text"),
    [("a.b", "1"), ("a", "{'b': 1}"), ("list", "x, 2"), ("none", ""), ("missing.deep", "")],
)
def test_a_cell_is_the_text_of_what_the_key_leads_to(key: str, text: str) -> None:
    assert cell({"a": {"b": 1}, "list": ["x", 2], "none": None}, key) == text
