"""What a variable put into the configuration shows as stars, wherever the admin side shows it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from gateway.running.starred import starred
from gateway.store import listing
from tests.pipeline.conftest import NOON
from tests.running.conftest import Rig

MADE_UP = "a-made-up-secret"
RULES: dict[str, Any] = {
    "route": {
        "sinks": ["siem"],
        "group_by": ["finding"],
        "labels": {"team": "${HIDDEN}"},
        "routes": [{"name": "other", "matchers": ["id = ${HIDDEN}"], "when": "id == '${HIDDEN}'"}],
    },
    "silences": [
        {
            "matchers": ["severity = critical"],
            "until": (NOON + timedelta(days=1)).isoformat(),
            "owner": "${HIDDEN}",
            "reason": "as ${HIDDEN} said",
        }
    ],
}


def stars(text: str) -> str:
    return text.replace(MADE_UP, "***")


def texts(value: Any) -> Iterator[str]:
    """Every text in it, keys included."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


@pytest.fixture
def hidden(rig: Rig) -> Rig:
    """A gateway whose rules are full of a variable."""
    rig.files.environ["HIDDEN"] = MADE_UP
    rig.files.write(**RULES)
    rig.in_force.parts = rig.files.load()
    return rig


def test_free_text_is_starred_however_deep() -> None:
    said = {"marks": [{"text": f"by {MADE_UP}"}], "labels": {"team": MADE_UP}, "tries": 3}

    assert starred(said, stars) == {
        "marks": [{"text": "by ***"}],
        "labels": {"team": "***"},
        "tries": 3,
    }


def test_a_label_is_starred_whatever_its_name() -> None:
    assert starred({"labels": {"name": MADE_UP, "source": MADE_UP}}, stars) == {
        "labels": {"name": "***", "source": "***"}
    }


def test_what_others_ask_for_by_stays_as_it_is() -> None:
    said = {"id": MADE_UP, "status": MADE_UP, "sinks": [MADE_UP], "project": {"name": MADE_UP}}

    assert starred(said, stars) == said


async def test_no_list_and_no_item_shows_it(hidden: Rig) -> None:
    event_id = await hidden.came()
    await hidden.judged()
    (alert,) = await hidden.listed(listing.alerts)
    (delivery,) = await hidden.listed(listing.deliveries)
    reads, acts = hidden.reads(), hidden.acts()

    shown = {
        "events": (await reads.events(limit=9)).items,
        "alerts": (await reads.alerts(limit=9)).items,
        "deliveries": (await reads.deliveries(limit=9)).items,
        "silences": (await reads.silences(limit=9)).items,
        "event": await reads.event(event_id),
        "alert": await reads.alert(alert["id"]),
        "delivery": await reads.delivery(delivery["id"]),
        "silence": await reads.silence((await reads.silences(limit=9)).items[0]["id"]),
        "sinks": await acts.sinks(),
        "routes": await acts.routes(),
        "config": await acts.config(),
        "explained": await acts.explain(event_id),
    }

    assert all(shown.values())
    assert delivery["status"] == "muted"
    assert [name for name, each in shown.items() if MADE_UP in " ".join(texts(each))] == []
    assert "**********" in " ".join(texts(shown["routes"]))
