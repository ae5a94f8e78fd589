"""Sample events in Snyk's shape, all made up: for simulations, demonstrations and routing tests."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.samples.scenario import SCENARIOS

NAMES = tuple(SCENARIOS)


def bodies(name: str, *, number: int = 0, at: datetime) -> list[dict[str, Any]]:
    """The bodies of a sample, several for `storm`, tested at that time.

    Number 0 is the one that the documentation speaks of; every other has projects and issues of
    its own. `fixed` removes what `new-critical` of the same number opened.
    """
    return SCENARIOS[name](number, at)


def event(body: Mapping[str, Any]) -> str:
    """The value of `X-Snyk-Event` for a body."""
    return "ping/v0" if "webhookId" in body else "project_snapshot/v0"


def encode(body: Mapping[str, Any]) -> bytes:
    """The body as Snyk writes it: one line of compact UTF-8 JSON."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
