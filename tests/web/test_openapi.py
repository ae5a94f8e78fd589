from typing import Any

import jsonschema
import pytest

from gateway.web.openapi import description
from gateway.web.reads import KINDS

NAMES = [kind.name for kind in KINDS]


async def test_the_description_is_served(admin: Any) -> None:
    answer = await (await admin()).get("/api/v1/openapi.json")

    assert await answer.json() == description("0.1.0")


@pytest.mark.parametrize("path", ["/api/v1/{}", "/api/v1/{}/{{id}}"])
@pytest.mark.parametrize("name", NAMES)
def test_every_list_is_described(name: str, path: str) -> None:
    assert path.format(name) in description("0.1.0")["paths"]


@pytest.mark.parametrize(
    ("name", "id_"), [("alerts", "alt_1"), ("deliveries", "dlv_1"), ("events", "evt_1")]
)
async def test_what_is_answered_is_what_is_described(admin: Any, name: str, id_: str) -> None:
    document = description("0.1.0")
    client = await admin()

    for path, template in ((name, name), (f"{name}/{id_}", f"{name}/{{id}}")):
        answer = await (await client.get(f"/api/v1/{path}")).json()
        operation = document["paths"][f"/api/v1/{template}"]["get"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.validate(answer, schema | {"components": document["components"]})


def test_every_reference_leads_somewhere() -> None:
    document = description("0.1.0")

    assert set(document["components"]["schemas"]) == set(NAMES)
