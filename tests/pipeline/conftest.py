from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from gateway.load import load
from gateway.metrics import Metrics
from gateway.model.identity import NewId
from gateway.pipeline.parts import InForce, Parts
from gateway.store.store import Store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

CONFIGURATION = """\
store: {{url: "sqlite:///{folder}/gateway.db"}}
sources: {{snyk: {{type: snyk, secrets: [a-secret-of-sixteen-or-more]}}}}
sinks:
  chat: {{type: slack, url: "https://hooks.slack.example/services/T0/B0/x"}}
  oncall: {{type: opsgenie, api_key: genie-key-genie-key}}
route: {{sinks: [chat, oncall], group_by: [finding]}}
"""


class StillClock:
    """A clock that stands still; sleeping takes no time."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def wait(self, event: Any, seconds: float) -> None:
        del event
        self.slept.append(seconds)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def new_id() -> NewId:
    numbers = count(1)
    return lambda prefix, _now: f"{prefix}_{next(numbers):04}"


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    file = tmp_path / "gateway.yaml"
    file.write_text(CONFIGURATION.format(folder=tmp_path))
    return load(file, environ={}, offline=False).parts


@pytest.fixture
def in_force(parts: Parts) -> InForce:
    return InForce(parts)


@pytest.fixture
def store(parts: Parts) -> Iterator[Store]:
    store = Store.open(parts.store.url)
    yield store
    store.close()
