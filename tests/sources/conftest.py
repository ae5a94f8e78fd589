"""Reading the stored fixtures as the gateway would."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway import codec
from gateway.model.event import Event
from gateway.settings.secrets import Secret
from gateway.sources.snyk import Snyk, SnykSettings

FIXTURES = Path(__file__).parents[1] / "fixtures" / "snyk"
SECRET = "orchard-webhook-secret-0123456789abcdef"

Read = Callable[[str | bytes | dict[str, Any]], Event]


@pytest.fixture
def snyk() -> Snyk:
    return Snyk("snyk", SnykSettings(type="snyk", secrets=[Secret(SECRET)]))


@pytest.fixture
def read(snyk: Snyk) -> Read:
    """Reads a fixture by its name, a body, or the document of one."""

    def reading(what: str | bytes | dict[str, Any]) -> Event:
        if isinstance(what, str):
            body = (FIXTURES / f"{what}.json").read_bytes()
        else:
            body = what if isinstance(what, bytes) else codec.encode(what)
        received = datetime(2026, 11, 20, 5, 12, 50, tzinfo=UTC)
        return snyk.read(body, id="evt_1", received_at=received, version="v0")

    return reading
