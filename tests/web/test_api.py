import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from gateway.errors import Unavailable
from gateway.web.reads import LISTS, Kind

BY_NAME = {kind.name: kind for kind in LISTS}
ITEMS = [("events", "evt_1"), ("alerts", "alt_1"), ("deliveries", "dlv_1"), ("silences", "sil_1")]


def as_json(item: Mapping[str, Any]) -> Any:
    times = {name: value for name, value in item.items() if isinstance(value, datetime)}
    written = {name: value.isoformat().replace("+00:00", "Z") for name, value in times.items()}
    return {**item, **written}


def stored(shelf: Any, name: str) -> Any:
    items = {"events": shelf.event_, "alerts": shelf.alert_, "deliveries": shelf.delivery_}
    return as_json((items | {"silences": shelf.silence_})[name])


@pytest.mark.parametrize("name", BY_NAME)
async def test_a_list_is_items_and_next(admin: Any, shelf: Any, name: str) -> None:
    shelf.next = "a-cursor"

    answer = await (await admin()).get(f"/api/v1/{name}")

    assert answer.status == 200
    assert await answer.json() == {"items": [stored(shelf, name)], "next": "a-cursor"}
    assert shelf.asked == {"limit": 100}


@pytest.mark.parametrize("kind", LISTS, ids=lambda kind: str(kind.name))
async def test_every_filter_reaches_the_store(admin: Any, shelf: Any, kind: Kind) -> None:
    asked = {name: f"a {name}" for name in kind.filters} | {"cursor": "c"}

    await (await admin()).get(f"/api/v1/{kind.name}", params=asked | {"limit": "1000"})

    assert shelf.asked == asked | {"limit": 1000}


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1001", "limit=-1", "limit=x", "limit=", "limit=1e3", "limit=%D9%A1",
     "limit=99999999999", "other=1", "token=secret", "status=a&status=b", "status=%00"],
)  # fmt: skip
@pytest.mark.parametrize("name", BY_NAME)
async def test_a_query_that_is_not_understood_is_400(admin: Any, name: str, query: str) -> None:
    answer = await (await admin()).get(f"/api/v1/{name}?{query}")

    assert answer.status == 400
    assert answer.content_type == "application/problem+json"
    assert set(await answer.json()) == {"type", "title", "status", "detail"}


@pytest.mark.parametrize(("name", "id_"), ITEMS)
async def test_an_item_is_found_by_its_id(admin: Any, name: str, id_: str) -> None:
    answer = await (await admin()).get(f"/api/v1/{name}/{id_}")

    assert answer.status == 200
    assert (await answer.json())["id"] == id_


async def test_an_alert_by_id_brings_its_findings_and_deliveries(admin: Any) -> None:
    alert = await (await (await admin()).get("/api/v1/alerts/alt_1")).json()

    assert alert["findings"][0]["id"] == "SNYK-JS-EXAMPLE-1"
    assert alert["deliveries"][0]["id"] == "dlv_1"


async def test_a_delivery_by_id_brings_its_attempts(admin: Any) -> None:
    delivery = await (await (await admin()).get("/api/v1/deliveries/dlv_1")).json()

    assert [attempt["outcome"] for attempt in delivery["attempts"]] == ["refused"]


@pytest.mark.parametrize("id_", ["unknown", "..%2f", "%00", "x" * 65])
@pytest.mark.parametrize("name", BY_NAME)
async def test_an_unknown_id_is_404(admin: Any, name: str, id_: str) -> None:
    answer = await (await admin()).get(f"/api/v1/{name}/{id_}")

    assert (answer.status, (await answer.json())["title"]) == (404, "Not Found")


async def test_a_store_that_cannot_be_read_is_503(admin: Any, shelf: Any) -> None:
    shelf.error = Unavailable()

    answer = await (await admin()).get("/api/v1/events")

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


async def test_a_bug_is_a_500_without_detail(admin: Any, shelf: Any) -> None:
    shelf.error = RuntimeError("the password is hunter2")

    answer = await (await admin()).get("/api/v1/events")

    assert answer.status == 500
    assert "hunter2" not in json.dumps(await answer.json())
