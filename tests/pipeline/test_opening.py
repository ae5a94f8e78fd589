"""Settings that differ per alert are worked out when it opens, and kept."""

from typing import Any

from gateway.store import alerts
from tests.pipeline.conftest import Build, Pipeline, Start, issue

ROUTE = "route: {sinks: [oncall], group_by: [project], labels: {team: '{{ project.tags.team }}'}}\n"
SINKS = """\
sinks:
  oncall:
    type: opsgenie
    api_key: genie-key-genie-key
    responders: ["team:{{ tables.teams[labels.team].opsgenie }}"]
tables:
  teams: {payments: {opsgenie: payments-oncall}, default: {opsgenie: secops}}
"""
PAYMENTS: dict[str, Any] = {"tags": [{"key": "team", "value": "payments"}]}
CORE: dict[str, Any] = {"tags": [{"key": "team", "value": "core"}]}


async def kept(gateway: Pipeline) -> list[Any]:
    """Labels and settings of every alert, as they are stored."""
    ids = await gateway.alerts("id")
    found = await gateway.store.read(lambda connection: alerts.by_id(connection, ids))
    return [(dict(found[id_].labels), dict(found[id_].settings)) for id_ in ids]


async def test_what_an_alert_opened_with_stays_though_its_labels_source_changes(
    pipeline: Start,
) -> None:
    gateway = pipeline(ROUTE + SINKS)
    await gateway.hear(issue("A"), about=PAYMENTS)

    await gateway.hear(issue("B"), about=CORE)

    assert await kept(gateway) == [
        ({"team": "payments"}, {"oncall": {"responders": ["team:payments-oncall"]}})
    ]


async def test_it_stays_though_the_configuration_changes(pipeline: Start, build: Build) -> None:
    gateway = pipeline(ROUTE + SINKS)
    await gateway.hear(issue("A"), about=PAYMENTS)
    gateway.in_force.parts = build(ROUTE + SINKS.replace("payments-oncall", "others"))

    await gateway.hear(issue("B"), about=PAYMENTS)

    ((_, settings),) = await kept(gateway)
    assert settings == {"oncall": {"responders": ["team:payments-oncall"]}}


async def test_a_missing_row_of_a_table_is_its_default(pipeline: Start) -> None:
    gateway = pipeline(ROUTE + SINKS)

    await gateway.hear(issue("A"))

    ((labels, settings),) = await kept(gateway)
    assert (labels, settings) == ({"team": ""}, {"oncall": {"responders": ["team:secops"]}})


async def test_settings_without_expressions_are_not_kept(pipeline: Start) -> None:
    gateway = pipeline("route: {sinks: [oncall, chat]}\n")

    await gateway.hear(issue("A"))

    assert await kept(gateway) == [({}, {})]


async def test_nothing_secret_is_kept(pipeline: Start) -> None:
    sinks = """\
sinks:
  oncall:
    type: opsgenie
    api_key: genie-key-genie-key
    responders: ["team:${TEAM} {{ alert.route }}"]
    tags: ["{{ alert.route }}"]
  hook:
    type: http
    url: "https://siem.example/{{ alert.route }}?key=${KEY}"
    headers: {X-Route: "{{ alert.route }}"}
    query: {route: "{{ alert.route }}"}
"""
    gateway = pipeline(
        "route: {sinks: [oncall, hook]}\n" + sinks,
        environ={"TEAM": "a-hidden-team-name", "KEY": "a-hidden-key"},
    )

    await gateway.hear(issue("A"))

    assert await kept(gateway) == [({}, {"oncall": {"tags": ["root"]}})]


async def test_a_setting_that_cannot_be_worked_out_is_not_kept(pipeline: Start) -> None:
    sinks = """\
sinks:
  oncall:
    type: opsgenie
    api_key: genie-key-genie-key
    responders: ["team:{{ 9 // (project.tags.team | length) }}"]
    tags: ["{{ alert.route }}"]
"""
    gateway = pipeline("route: {sinks: [oncall]}\n" + sinks)

    await gateway.hear(issue("A"))

    assert await kept(gateway) == [({}, {"oncall": {"tags": ["root"]}})]
