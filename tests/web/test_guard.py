from typing import Any

import pytest

from gateway.settings.listeners import Admin
from gateway.web.guard import refuses_to_start

TOKEN = "a made-up admin token"
PAGES = ["/", "/alerts", "/api/v1/events", "/metrics", "/static/gateway.css", "/nowhere"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "given",
    [
        None,
        "Bearer wrong",
        "Bearer ",
        "Bearer",
        f"Basic {TOKEN}",
        f"Bearer  {TOKEN}",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}é",
    ],
)
async def test_with_a_token_only_its_bearer_gets_in(
    admin: Any, path: str, given: str | None
) -> None:
    client = await admin(token=TOKEN)

    answer = await client.get(path, headers={"Authorization": given} if given else {})

    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert (await answer.json())["status"] == 401


async def test_the_bearer_of_the_token_gets_in(admin: Any) -> None:
    client = await admin(token=TOKEN)

    for scheme in ("Bearer", "bearer"):
        answer = await client.get("/api/v1/events", headers={"Authorization": f"{scheme} {TOKEN}"})
        assert answer.status == 200


async def test_a_doubled_authorization_is_none(admin: Any) -> None:
    client = await admin(token=TOKEN)
    lines = [("Authorization", f"Bearer {TOKEN}"), ("Authorization", f"Bearer {TOKEN}")]

    assert (await client.get("/api/v1/events", headers=lines)).status in {400, 401}


async def test_a_token_in_the_address_is_none(admin: Any) -> None:
    client = await admin(token=TOKEN)

    for name in ("token", "access_token"):
        assert (await client.get("/api/v1/events", params={name: TOKEN})).status == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_health_is_open_beside_a_token(admin: Any, path: str) -> None:
    assert (await (await admin(token=TOKEN)).get(path)).status == 200


@pytest.mark.parametrize("token", ["pass-wörd-of-some-length", "pass\udcffword"])
async def test_a_token_may_hold_any_character(admin: Any, token: str) -> None:
    client = await admin(token=token)

    assert (await client.get("/", headers={"Authorization": "Bearer wrong"})).status == 401


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost:8081", "127.0.0.1", "127.0.0.1:1", "127.8.8.8", "[::1]:8081", "[::1]"],
)
async def test_without_a_token_loopback_gets_in(admin: Any, host: str) -> None:
    assert (await (await admin()).get("/", headers={"Host": host})).status == 200


@pytest.mark.parametrize("path", [*PAGES, "/healthz"])
@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8081", "localhost.evil.example", "127.0.0.1.evil.example",
     "192.0.2.1", "localhost:8081:1", "[::2]", "localhost:x", "127.1", "0x7f.0.0.1",
     "@localhost", "0.0.0.0"],
)  # fmt: skip
async def test_without_a_token_another_host_is_misdirected(
    admin: Any, path: str, host: str
) -> None:
    """DNS rebinding: a page of evil.example whose name leads to 127.0.0.1."""
    assert (await (await admin()).get(path, headers={"Host": host})).status == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Origin": "http://localhost"},
        {"Origin": "ftp://localhost:8081"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": ""},
        {"Origin": "http://localhost:8081", "Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
@pytest.mark.parametrize("token", [None, TOKEN])
async def test_another_site_is_refused(
    admin: Any, headers: dict[str, str], token: str | None
) -> None:
    client = await admin(token=token) if token else await admin()
    own = {"Host": "localhost:8081", "Authorization": f"Bearer {TOKEN}"}

    for path in ("/", "/api/v1/events"):
        assert (await client.get(path, headers=own | headers)).status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost:8081", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "https://localhost:8081"},
        {"Sec-Fetch-Site": "none"},
    ],
    ids=str,
)
async def test_the_own_site_gets_in(admin: Any, headers: dict[str, str]) -> None:
    answer = await (await admin()).get("/", headers={"Host": "localhost:8081"} | headers)

    assert answer.status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None]
)
async def test_a_change_that_a_form_could_send_is_415(
    admin: Any, method: str, kind: str | None
) -> None:
    client = await admin()

    answer = await client.request(
        method, "/api/v1/events", data=b"{}", headers={"Content-Type": kind} if kind else {}
    )

    assert answer.status == 415


async def test_a_change_in_json_is_weighed(admin: Any) -> None:
    answer = await (await admin()).post("/api/v1/events", json={})

    assert (answer.status, answer.headers["Allow"]) == (405, "GET,HEAD")


async def test_no_answer_lets_another_origin_read(admin: Any) -> None:
    client = await admin()
    asking = {"Origin": "http://evil.example", "Access-Control-Request-Method": "GET"}

    for answer in (await client.options("/api/v1/events", headers=asking), await client.get("/")):
        assert not any(name.startswith("Access-Control") for name in answer.headers)


@pytest.mark.parametrize("listen", ["0.0.0.0:8081", "[::]:8081", "192.0.2.1:8081", "gateway:8081"])
def test_without_a_token_others_must_not_reach_it(listen: str) -> None:
    refusal = refuses_to_start(Admin.model_validate({"listen": listen}))

    assert refusal is not None
    assert "set admin.token, or listen on 127.0.0.1" in refusal
    assert refuses_to_start(Admin.model_validate({"listen": listen, "token": TOKEN})) is None


@pytest.mark.parametrize("listen", ["127.0.0.1:8081", "[::1]:8081", "localhost:8081"])
def test_loopback_needs_no_token(listen: str) -> None:
    assert refuses_to_start(Admin.model_validate({"listen": listen})) is None
