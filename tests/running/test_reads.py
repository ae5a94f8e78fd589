from typing import Any

import pytest

from gateway.running.reads import Reads
from tests.running.conftest import Rig

SAID = {
    "matchers": ["severity = low"],
    "until": "2099-01-01T00:00:00Z",
    "owner": "ops",
    "reason": "being moved",
}


def written(rig: Rig, *silences: dict[str, Any]) -> Reads:
    """Reads of a gateway with these silences in its configuration."""
    rig.files.write(silences=[{**SAID, **each} for each in silences])
    rig.in_force.parts = rig.files.load()
    return rig.reads()


async def test_silences_of_the_configuration_lead_the_first_page(rig: Rig) -> None:
    reads = written(rig, {"owner": "yaml"})
    for number in range(3):
        await rig.acts().add_silence({**SAID, "owner": f"runtime-{number}"})

    first = await reads.silences(limit=2)
    second = await reads.silences(limit=2, cursor=first.next)

    assert [each["owner"] for each in first.items] == ["yaml", "runtime-2", "runtime-1"]
    assert [each["owner"] for each in second.items] == ["runtime-0"]
    assert (first.items[0]["origin"], second.next) == ("yaml", None)


@pytest.mark.parametrize("status", ["pending", "active", "expired"])
async def test_silences_of_the_configuration_are_told_apart_by_their_state(
    rig: Rig, status: str
) -> None:
    reads = written(
        rig,
        {"owner": "pending", "from": "2098-01-01T00:00:00Z"},
        {"owner": "active"},
        {"owner": "expired", "until": "2020-01-01T00:00:00Z"},
    )

    page = await reads.silences(limit=10, status=status)

    assert [(each["owner"], each["status"]) for each in page.items] == [(status, status)]


async def test_one_silence_is_found_wherever_it_was_made(rig: Rig) -> None:
    reads = written(rig, {"owner": "yaml"})
    made = await rig.acts().add_silence(SAID)
    (configured, _) = (await reads.silences(limit=10)).items

    assert await reads.silence(configured["id"]) == configured
    assert await reads.silence(made["id"]) == made
    assert await reads.silence("sil_unknown") is None


async def test_what_came_is_shown_as_event_alert_and_delivery(rig: Rig) -> None:
    reads, event_id = rig.reads(), await rig.came()

    (event,) = (await reads.events(limit=10)).items
    (alert,) = (await reads.alerts(limit=10, status="open")).items
    (delivery,) = (await reads.deliveries(limit=10, sink="siem")).items

    assert event["id"] == event_id
    whole = [
        await reads.event(event_id),
        await reads.alert(alert["id"]),
        await reads.delivery(delivery["id"]),
    ]
    assert [each and each["id"] for each in whole] == [event_id, alert["id"], delivery["id"]]
    assert await reads.event("evt_unknown") is None
