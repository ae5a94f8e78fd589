"""Events that are decided together come to what they come to one after the other."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa
from multidict import CIMultiDict

from gateway import codec
from gateway.metrics import Metrics
from gateway.store import events, listing, tables
from gateway.store.store import Store
from tests.arrivals import arrival_of
from tests.pipeline.conftest import NOON, Build, Pipeline, StillClock, issue

RULES = """
route:
  sinks: [siem]
  group_by: [project.id]
  routes:
    - {name: by-finding, matchers: ["severity = high"], group_by: [finding], sinks: [chat, oncall]}
    - {name: by-issue, matchers: ["severity = critical"], group_by: [id], max_alerts: 2/1h}
    - {name: single, matchers: ["severity = low"], deliver: findings}
"""
SEVERITIES = ("low", "medium", "high", "critical")
Bodies = Sequence[bytes]


def bodies(random: Random, number: int) -> Bodies:
    """Snapshots of three projects; what one lists another may remove, or list again."""
    return [body(random, tested) for tested in range(number)]


def body(random: Random, tested: int) -> bytes:
    ids = random.sample(range(6), 4)
    listed = [
        issue(f"X-{each}", SEVERITIES[each % 4], isIgnored=random.random() < 0.1)
        for each in ids[: random.randint(0, 2)]
    ]
    gone = [issue(f"X-{each}", SEVERITIES[each % 4]) for each in ids[2 : random.randint(2, 4)]]
    at = NOON + timedelta(seconds=tested + random.choice([0, 0, 0, -3]))
    project = {"id": f"p{random.randint(1, 3)}", "lastTestedDate": at.isoformat()}
    said = {"project": project, "org": {"id": "o1"}, "newIssues": listed, "removedIssues": gone}
    return codec.encode({**said, "number": tested})


async def store_all(gateway: Pipeline, some: Bodies, first: int) -> None:
    source = gateway.in_force.parts.sources["snyk"]
    arrivals = [
        arrival_of(source, each, CIMultiDict(), gateway.clock.now(), f"evt_{first + number:03}")
        for number, each in enumerate(some)
    ]
    await gateway.store.write(lambda connection: events.add(connection, arrivals))


async def one_by_one(gateway: Pipeline, some: Bodies, first: int) -> None:
    for number, each in enumerate(some):
        await store_all(gateway, [each], first + number)
        await gateway.dispatch()


async def together(gateway: Pipeline, some: Bodies, first: int) -> None:
    await store_all(gateway, some, first)
    await gateway.dispatch()


async def state(store: Store) -> dict[str, list[str]]:
    """All that people and sinks could tell apart, without ids that are made up."""

    def read(connection: sa.Connection) -> dict[str, list[str]]:
        alerts = listing.alerts(connection, limit=999).items
        owed = listing.deliveries(connection, limit=999).items
        entries = connection.execute(sa.select(tables.entries)).all()
        keys = {each["id"]: each["key"] for each in alerts}
        return {
            "alerts": sorted(repr({**each, "id": ""}) for each in alerts),
            "deliveries": sorted(
                repr({**each, "id": "", "alert": keys.get(each["alert"])}) for each in owed
            ),
            "entries": sorted(repr((keys[each.alert_id], each[1:])) for each in entries),
            "findings": sorted(map(repr, connection.execute(sa.select(tables.findings)))),
            "spent": sorted(map(repr, connection.execute(sa.select(tables.budgets)))),
            "projects": sorted(map(repr, connection.execute(sa.select(tables.projects)))),
        }

    return await store.read(read)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(f"sqlite:///{tmp_path}/other.db")
    yield store
    store.close()


@pytest.mark.parametrize("seed", range(12))
async def test_together_is_as_one_after_the_other(
    store: Store, other: Store, build: Build, clock: StillClock, *, seed: int
) -> None:
    random, parts = Random(seed), build(RULES)
    numbers = count(1)
    gateways = [
        Pipeline(each, parts, clock, Metrics(), lambda prefix, _now: f"{prefix}_{next(numbers):06}")
        for each in (store, other)
    ]
    first = 0

    for number in (9, 1, 14, 5):
        some = bodies(random, number)
        await together(gateways[0], some, first)
        await one_by_one(gateways[1], some, first)
        assert await state(store) == await state(other)
        told = [await each.deliver() for each in gateways]
        assert told[0] == told[1]
        clock.at += timedelta(minutes=random.choice([1, 40]))
        first += number
        assert await state(store) == await state(other)
