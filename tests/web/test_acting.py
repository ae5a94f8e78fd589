from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest

from gateway.errors import Misused, NotFound, SettingsError, Unavailable, Unreadable

SINCE = datetime(2026, 11, 23, 10, tzinfo=UTC)
CHANGES = [
    "/api/v1/silences",
    "/api/v1/silences/sil_1/expire",
    "/api/v1/reload",
    "/api/v1/replay",
    "/api/v1/alerts/resolve",
]
JSON = {"Content-Type": "application/json"}


async def post(client: Any, path: str, body: Any) -> tuple[int, Any]:
    answer = await client.post(f"/api/v1/{path}", json=body)
    return answer.status, await answer.json()


async def test_a_new_silence_is_201_and_says_where_it_is(admin: Any, deeds: Any) -> None:
    said = {"matchers": ["severity = low"], "until": "2027-01-31", "owner": "a", "reason": "b"}

    answer = await (await admin()).post("/api/v1/silences", json=said)

    assert (answer.status, answer.headers["Location"]) == (201, "/api/v1/silences/sil_1")
    assert (await answer.json())["id"] == "sil_1"
    assert deeds.told == [("add_silence", said)]


async def test_a_bad_silence_names_every_problem(admin: Any, deeds: Any) -> None:
    deeds.error = SettingsError(["until: is missing", "owner: is missing"])

    status, problem = await post(await admin(), "silences", {})

    assert status == 400
    assert problem["detail"] == "until: is missing; owner: is missing"
    assert problem["problems"] == ["until: is missing", "owner: is missing"]


async def test_a_silence_is_expired(admin: Any, deeds: Any) -> None:
    status, silence = await post(await admin(), "silences/sil_1/expire", {})

    assert (status, silence["id"]) == (200, "sil_1")
    assert deeds.told == [("expire_silence", "sil_1")]


async def test_a_change_that_needs_no_words_needs_no_body(admin: Any) -> None:
    answer = await (await admin()).post("/api/v1/reload", headers=JSON)

    assert (answer.status, await answer.json()) == (200, {"status": "reloaded", "warnings": []})


@pytest.mark.parametrize(
    ("error", "problems"),
    [
        (SettingsError(["a.yaml:1:1: x", "a.yaml:2:1: y"]), ["a.yaml:1:1: x", "a.yaml:2:1: y"]),
        (Misused("store.url needs a restart"), ["store.url needs a restart"]),
    ],
)
async def test_a_reload_that_is_refused_is_409_with_every_problem(
    admin: Any, deeds: Any, error: Exception, problems: list[str]
) -> None:
    deeds.error = error

    status, problem = await post(await admin(), "reload", {})

    assert (status, problem["title"]) == (409, "Conflict")
    assert problem["problems"] == problems


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"ids": ["evt_1", "evt_2", "evt_1"]}, (["evt_1", "evt_2"], None, False)),
        ({"since": "2026-11-23T10:00:00Z", "dry_run": True}, ([], SINCE, True)),
        ({"since": "2026-11-23T11:00:00+01:00", "ids": None}, ([], SINCE, False)),
        ({"since": "2026-11-23T10:00:00"}, ([], SINCE, False)),
        ({"since": "2026-11-23"}, ([], SINCE.replace(hour=0), False)),
    ],
)
async def test_events_are_replayed_by_id_or_by_time(
    admin: Any, deeds: Any, body: Any, told: Any
) -> None:
    status, answer = await post(await admin(), "replay", body)

    assert (status, answer) == (200, {"events": 2})
    assert deeds.told == [("replay", *told)]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"ids": ["alt_1"]}, (["alt_1"], None, False)),
        ({"project": "acme/shop", "dry_run": True}, ([], "acme/shop", True)),
    ],
)
async def test_alerts_are_resolved_by_id_or_by_project(
    admin: Any, deeds: Any, body: Any, told: Any
) -> None:
    status, answer = await post(await admin(), "alerts/resolve", body)

    assert (status, answer) == (200, {"alerts": 1, "ids": ["alt_1"]})
    assert deeds.told == [("resolve", *told)]


async def test_the_sinks_are_listed(admin: Any, deeds: Any) -> None:
    answer = await (await admin()).get("/api/v1/sinks")

    assert [item["name"] for item in (await answer.json())["items"]] == ["oncall"]
    assert deeds.told == [("sinks",)]


@pytest.mark.parametrize(("verb", "paused"), [("pause", True), ("resume", False)])
async def test_a_sink_is_paused_and_resumed(
    admin: Any, deeds: Any, *, verb: str, paused: bool
) -> None:
    status, answer = await post(await admin(), f"sinks/oncall/{verb}", {})

    assert (status, answer["name"]) == (200, "oncall")
    assert deeds.told == [("pause", "oncall", paused)]


async def test_an_unknown_sink_is_404(admin: Any) -> None:
    assert (await post(await admin(), "sinks/nobody/pause", {}))[0] == 404


@pytest.mark.parametrize("verb", ["retry", "cancel"])
@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("deliveries/{verb}", {"ids": ["dlv_1"]}, (["dlv_1"], None, False)),
        (
            "deliveries/{verb}",
            {"filter": {"sink": "x"}, "dry_run": True},
            ([], {"sink": "x"}, True),
        ),
        ("deliveries/dlv_1/{verb}", {}, (["dlv_1"], None, False)),
        ("deliveries/dlv_1/{verb}", {"dry_run": True}, (["dlv_1"], None, True)),
    ],
)
async def test_deliveries_are_chosen_by_id_or_by_filter(
    admin: Any, deeds: Any, *, verb: str, path: str, body: Any, told: Any
) -> None:
    status, answer = await post(await admin(), path.format(verb=verb), body)

    assert (status, answer) == (200, {"deliveries": 1, "ids": ["dlv_1"]})
    assert deeds.told == [(verb, *told)]


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("deliveries/retry", {}, "give either ids or filter"),
        ("deliveries/retry", {"filter": {}}, "an empty filter would choose everything"),
        ("deliveries/cancel", {"filter": {"snk": "x"}}, "did you mean 'sink'"),
        ("deliveries/dlv_1/retry", {"filter": {"sink": "x"}}, "give either ids or filter"),
        ("replay", {}, "give either ids or since"),
        ("replay", {"ids": ["e"], "since": "2026-11-23"}, "give either ids or since"),
        ("replay", {"ids": []}, "ids: at least one is needed"),
        ("replay", {"ids": ["e"] * 1001}, "ids: List should have at most 1000 items"),
        ("replay", {"ids": "evt_1"}, "ids: a list is expected here"),
        ("replay", {"ids": [1]}, "ids[0]: text is expected here"),
        ("replay", {"ids": ["../x"]}, "ids[0]: not an id"),
        ("replay", {"since": "noon"}, "since: not a time; write 2026-11-23T10:00:00Z"),
        ("replay", {"since": 5}, "since: not a time"),
        ("replay", {"since": "0001-01-01T00:00:00+14:00"}, "since: not a time"),
        ("replay", {"ids": ["e"], "dry_run": "yes"}, "dry_run: true or false is expected here"),
        ("replay", {"idds": ["e"]}, "idds: unknown key (did you mean 'ids'?)"),
        ("alerts/resolve", {}, "give either ids or project"),
        ("alerts/resolve", {"ids": ["a"], "project": "p"}, "give either ids or project"),
        ("alerts/resolve", {"project": 5}, "project: text is expected here"),
        ("alerts/resolve", {"project": ""}, "project: "),
        ("alerts/resolve", {"project": "a\0b"}, "the body holds a NUL character"),
        ("silences", {"reason": ["a\0b"]}, "the body holds a NUL character"),
        ("silences", {"a\0b": 1}, "the body holds a NUL character"),
        ("silences", [], "the body must be a JSON object"),
        ("reload", {"force": True}, "force: unknown key"),
        ("silences/sil_1/expire", {"dry_run": True}, "dry_run: unknown key"),
    ],
)
async def test_a_body_that_is_not_understood_is_400(
    admin: Any, deeds: Any, path: str, body: Any, says: str
) -> None:
    status, problem = await post(await admin(), path, body)

    assert (status, problem["title"]) == (400, "Bad Request")
    assert says in problem["detail"]
    assert deeds.told == []


async def test_every_problem_of_a_body_is_told_at_once(admin: Any) -> None:
    _, problem = await post(await admin(), "replay", {"ids": [1], "dry_run": 1, "sinse": "x"})

    assert len(problem["problems"]) == 3


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Misused("it stands in routing.yaml: end it there"), 400),
        (NotFound("no such event: evt_9"), 404),
        (Unreadable("not readable as JSON"), 422),
    ],
)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("silences", {}),
        ("silences/sil_1/expire", {}),
        ("replay", {"ids": ["evt_9"]}),
        ("alerts/resolve", {"ids": ["alt_9"]}),
    ],
)
async def test_what_the_gateway_refuses_has_its_status_and_words(
    admin: Any, deeds: Any, *, error: Exception, status: int, path: str, body: Any
) -> None:
    deeds.error = error

    assert (await post(await admin(), path, body))[0] == status
    assert (await post(await admin(), path, body))[1]["detail"] == str(error)


@pytest.mark.parametrize("path", CHANGES)
async def test_a_change_takes_no_query(admin: Any, deeds: Any, path: str) -> None:
    answer = await (await admin()).post(f"{path}?dry_run=true", json={"ids": ["a"]})

    assert (answer.status, deeds.told) == (400, [])


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (JSON, b"{", 400),
        (JSON, b"\xff", 400),
        (JSON, b'{"reason": "\\ud800"}', 400),
        (JSON, b"[" * 10_000, 400),
        (JSON, b"x" * (1024 * 1024 + 1), 413),
        (JSON | {"Content-Encoding": "gzip"}, b"{}", 415),
        ({"Content-Type": "text/plain"}, b"{}", 415),
        ({}, b"{}", 415),
    ],
)
@pytest.mark.parametrize("path", CHANGES)
async def test_a_body_that_is_no_json_is_refused(
    admin: Any, deeds: Any, *, path: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    client = await admin()

    answer = await client.post(
        path, data=BytesIO(body), headers=headers, skip_auto_headers=["Content-Type"]
    )

    assert (answer.status, deeds.told) == (status, [])
    assert answer.content_type == "application/problem+json"


async def test_a_large_body_is_refused_though_its_length_is_not_told(admin: Any) -> None:
    async def chunks() -> Any:
        for _ in range(17):
            yield b" " * 65_536

    answer = await (await admin()).post("/api/v1/reload", data=chunks(), headers=JSON)

    assert answer.status == 413


@pytest.mark.parametrize("path", CHANGES)
async def test_changes_are_the_bearers_only(admin: Any, deeds: Any, path: str) -> None:
    client = await admin(token="a made-up token, long enough")

    assert ((await client.post(path, json={})).status, deeds.told) == (401, [])


@pytest.mark.parametrize("path", ["reload", "replay", "silences/sil_1/expire"])
async def test_a_change_is_not_made_by_looking(admin: Any, deeds: Any, path: str) -> None:
    answer = await (await admin()).get(f"/api/v1/{path}")

    assert (answer.status, answer.headers["Allow"], deeds.told) == (405, "POST", [])


async def test_a_stored_event_is_explained(admin: Any) -> None:
    answer = await (await admin()).get("/api/v1/explain?event=evt_1")

    assert answer.status == 200
    assert (await answer.json())["findings"][0]["deliveries"][0]["became"][0]["status"] == "dead"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?event=evt_9", 404),
        ("?event=..%2f", 404),
        ("", 400),
        ("?event=", 400),
        ("?event=a&event=b", 400),
        ("?event=%00", 400),
        ("?evt=evt_1", 400),
        ("?event=evt_1&limit=1", 400),
    ],
)
async def test_an_event_that_is_not_there_is_not_explained(
    admin: Any, query: str, status: int
) -> None:
    answer = await (await admin()).get(f"/api/v1/explain{query}")

    assert answer.status == status


async def test_a_body_that_cannot_be_read_is_not_explained(admin: Any, deeds: Any) -> None:
    deeds.error = Unreadable("not readable as JSON: truncated")

    answer = await (await admin()).get("/api/v1/explain?event=evt_1")

    assert (answer.status, (await answer.json())["detail"]) == (422, str(deeds.error))


async def test_the_configuration_in_force_is_shown(admin: Any) -> None:
    client = await admin()

    assert (await (await client.get("/api/v1/config")).json())["source"] == "files"
    assert (await client.get("/api/v1/config?limit=1")).status == 400


async def test_the_tree_is_a_list_page_by_page(admin: Any) -> None:
    client = await admin()

    first = await (await client.get("/api/v1/routes?limit=2")).json()
    last = await (await client.get(f"/api/v1/routes?limit=2&cursor={first['next']}")).json()

    assert [item["name"] for item in first["items"]] == ["root", "page"]
    assert ([item["name"] for item in last["items"]], last["next"]) == (["licences"], None)


@pytest.mark.parametrize("query", ["cursor=x", "cursor=-1", "cursor=1234567890", "route=page"])
async def test_a_query_of_routes_that_is_not_understood_is_400(admin: Any, query: str) -> None:
    assert (await (await admin()).get(f"/api/v1/routes?{query}")).status == 400


async def test_a_store_that_is_away_is_503(admin: Any, deeds: Any) -> None:
    deeds.error = Unavailable()

    assert (await post(await admin(), "replay", {"ids": ["evt_1"]}))[0] == 503
