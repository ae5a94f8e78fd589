from typing import Any

import pytest
from multidict import CIMultiDictProxy

HOSTILE = "</td><script>alert(1)</script>\u202e\x1b{{ 7*7 }}\"'"
FENCE = {
    "Content-Security-Policy": (
        "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


async def read(client: Any, path: str) -> str:
    answer = await client.get(path)
    assert answer.status == 200, path
    assert answer.content_type == "text/html"
    text: str = await answer.text()
    return text


async def test_the_front_page_shows_the_three_lists(admin: Any) -> None:
    text = await read(await admin(), "/")

    for address in ("/alerts/alt_1", "/deliveries/dlv_1", "/events/evt_1"):
        assert f'href="{address}"' in text
    assert "acme/shop" in text
    assert "2026-11-24 03:59:00 UTC" in text


@pytest.mark.parametrize(
    ("path", "status"),
    [("/alerts", "open"), ("/deliveries", "dead"), ("/events", "dispatched")],
)
async def test_a_list_is_filtered_by_status(admin: Any, shelf: Any, path: str, status: str) -> None:
    client = await admin()
    assert f'href="{path}?status={status}"' in await read(client, path)

    text = await read(client, f"{path}?status={status}")

    assert shelf.asked == {"limit": 100, "status": status}
    assert f'aria-current="true">{status}</a>' in text
    assert f'class="status is-{status}"' in text


async def test_the_next_page_keeps_the_filters(admin: Any, shelf: Any) -> None:
    shelf.next = "a&b"

    text = await read(await admin(), "/deliveries?status=dead&sink=chat")

    assert 'href="/deliveries?status=dead&amp;sink=chat&amp;cursor=a%26b"' in text


async def test_the_last_page_leads_no_further(admin: Any) -> None:
    assert 'rel="next"' not in await read(await admin(), "/alerts")


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("/alerts/alt_1", ["SNYK-JS-EXAMPLE-1", "/deliveries/dlv_1", "/events/evt_1"]),
        ("/deliveries/dlv_1", ["refused", "/alerts/alt_1", "unauthorised"]),
        ("/events/evt_1", ["acme/shop", "project_snapshot", "1234"]),
    ],
)
async def test_an_item_has_its_page(admin: Any, path: str, parts: list[str]) -> None:
    text = await read(await admin(), path)

    assert [part for part in parts if part not in text] == []


@pytest.mark.parametrize("path", ["/", "/alerts", "/alerts/alt_1", "/events", "/events/evt_1"])
async def test_hostile_text_is_harmless(admin: Any, shelf: Any, path: str) -> None:
    for item in (shelf.alert_, shelf.event_):
        item["project"] = {"id": HOSTILE, "name": HOSTILE}
        item |= {"route": HOSTILE, "status": HOSTILE, "group": [HOSTILE], "sinks": [HOSTILE]}
        item |= {"error": HOSTILE, "type": HOSTILE, "opened_at": HOSTILE, "event": HOSTILE}

    text = await read(await admin(), path)

    assert "<script" not in text
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert r"\u202e" in text
    assert "{{ 7*7 }}" in text
    assert "&#34;&#39;" in text


async def test_a_filter_comes_back_harmless(admin: Any, shelf: Any) -> None:
    shelf.next = HOSTILE

    text = await read(await admin(), "/deliveries?status=%22%3E%3Cscript%3E&sink=%22%3E%3Cb")

    assert "<script" not in text
    assert "<b" not in text.replace("<body>", "")


async def test_a_page_without_a_script_needs_none(admin: Any) -> None:
    text = await read(await admin(), "/")

    assert "script" not in text
    assert "style=" not in text
    assert "onclick" not in text


async def test_a_field_that_is_missing_leaves_a_gap(admin: Any, shelf: Any) -> None:
    shelf.alert_ = {"id": "alt_1"}

    assert "alt_1" in await read(await admin(), "/alerts")


async def test_every_answer_carries_the_fence(admin: Any) -> None:
    client = await admin()

    for path in (
        "/",
        "/alerts/alt_1",
        "/nowhere",
        "/static/gateway.css",
        "/api/v1/events",
        "/metrics",
    ):
        headers: CIMultiDictProxy[str] = (await client.get(path)).headers
        assert {name: headers.get(name) for name in FENCE} == FENCE
        assert "Server" not in headers


async def test_the_style_sheet_is_css(admin: Any) -> None:
    answer = await (await admin()).get("/static/gateway.css")

    assert (answer.status, answer.content_type) == (200, "text/css")


@pytest.mark.parametrize(
    "path", ["/static/", "/static/..%2fpage.py", "/static/../page.py", "/alerts/nobody"]
)
async def test_nothing_else_is_served(admin: Any, path: str) -> None:
    assert (await (await admin()).get(path)).status == 404


@pytest.mark.parametrize(
    "path", ["/?status=open", "/alerts?x=1", "/alerts/alt_1?x=1", "/alerts?limit=0"]
)
async def test_a_query_that_is_not_understood_is_400(admin: Any, path: str) -> None:
    assert (await (await admin()).get(path)).status == 400
