"""config/ is a small cookbook: every recipe does what its comment says."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway import codec, samples
from gateway.load import load
from gateway.pipeline.parts import Parts
from gateway.preview.explain import explain
from gateway.preview.reading import read
from gateway.preview.render import render
from gateway.preview.routing_test import cases, failures

CONFIG = Path(__file__).parents[2] / "config"
MORNING = datetime(2026, 11, 23, 10, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 22, tzinfo=UTC)
NEXT_MORNING = datetime(2026, 11, 24, 9, tzinfo=UTC)  # London is on UTC in winter
RETIRED = {"name": "acme/legacy-shop:package.json"}


@pytest.fixture(scope="module")
def parts() -> Parts:
    return load(CONFIG, environ={}, offline=True).parts


def body(sample: str, number: int = 0, project: Mapping[str, Any] | None = None) -> bytes:
    """One of a sample's bodies, its project changed."""
    found = samples.bodies(sample, at=MORNING)[number]
    if project:
        found["project"] |= project
    return samples.encode(found)


def deliveries(parts: Parts, content: bytes, at: datetime = MORNING) -> list[dict[str, Any]]:
    """Everything that a body would make, of the event and of its findings."""
    explained = explain(parts, read(parts, content, at), at)
    of_findings = [each for finding in explained["findings"] for each in finding["deliveries"]]
    return [*explained["deliveries"], *of_findings]


def of_route(parts: Parts, name: str, content: bytes, at: datetime = MORNING) -> dict[str, Any]:
    """The one delivery of a route."""
    (found,) = [each for each in deliveries(parts, content, at) if each["route"] == name]
    return found


def test_nothing_is_wrong_with_it_but_what_is_not_filled_in() -> None:
    warnings = load(CONFIG, environ={}, offline=True).warnings

    odd = [
        each for each in warnings if each.kind != "unset" and not each.path.startswith("silences")
    ]
    assert odd == []


def test_its_routing_tests_pass(parts: Parts) -> None:
    assert failures(parts) == []


def test_every_route_has_a_routing_test(parts: Parts) -> None:
    found, _ = cases(CONFIG, parts)
    tested = {wanted.route for case in found for wanted in case.test.expect}

    assert {route.name for route in parts.tree.routes()} == tested


@pytest.mark.parametrize("sample", ["ping", "clean", "new-critical", "fixed"])
def test_the_siem_gets_every_webhook_as_it_came(parts: Parts, sample: str) -> None:
    sent = render(parts, body(sample), MORNING, "siem")

    assert [request["body"].encode() for request in sent] == [body(sample)]


def test_a_storm_is_one_alert_across_the_company(parts: Parts) -> None:
    struck = [body("storm", number) for number in range(len(samples.bodies("storm", at=MORNING)))]

    keys = {of_route(parts, "storm", each)["alert_key"] for each in struck}

    assert len(struck) > 1
    assert len(keys) == 1
    storm = parts.tree.find("storm")
    assert storm is not None
    assert storm.group_wait > 0


@pytest.mark.parametrize(
    ("tag", "responder"), [("payments", "payments-oncall"), ("checkout", "security")]
)
def test_a_page_goes_to_the_team_of_the_projects_tag(
    parts: Parts, tag: str, responder: str
) -> None:
    tags = [{"key": "env", "value": "prod"}, {"key": "team", "value": tag}]

    (page,) = render(parts, body("new-critical", project={"tags": tags}), MORNING, "oncall")

    assert codec.decode(page["body"].encode())["responders"] == [
        {"type": "team", "name": responder}
    ]


@pytest.mark.parametrize(("at", "until"), [(MORNING, None), (NIGHT, NEXT_MORNING)])
def test_licences_wait_for_office_hours(parts: Parts, at: datetime, until: datetime | None) -> None:
    assert of_route(parts, "licences", body("license"), at)["held_until"] == until


@pytest.mark.parametrize(
    ("project", "at", "muted"),
    [
        (RETIRED, MORNING, True),
        ({}, MORNING, False),
        (RETIRED, datetime(2028, 1, 1, tzinfo=UTC), False),
    ],
)
def test_a_project_that_is_being_retired_is_silent_until_the_silence_ends(
    parts: Parts, project: dict[str, str], at: datetime, muted: bool
) -> None:
    page = of_route(parts, "page-on-critical-production", body("new-critical", project=project), at)

    assert (page["muted_by"] is not None) == muted
