"""What an older gateway has stored keeps its meaning."""

from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from gateway.store import alerts, deliveries, listing
from gateway.store.driver import driver
from gateway.store.schema import migrate
from gateway.store.sqlite import writer_engine

OLD = """
INSERT INTO events (id, source, dedup, status, type, version, transport_id, received_at, project_id,
 project_name, org_id, new_count, removed_count, unreadable_issues, tries, error, bytes)
 VALUES ('evt_1', 'snyk', x'01', 'dispatched', 'project_snapshot', 'v0', '', 1, 'p', 'p', 'o', 1, 0,
 0, 1, '', 2);
INSERT INTO alerts (id, key, route, group_values, sinks, status, revision, severity, open_count,
 fixed_count, opened_at, updated_at, event_id, project_id, project_name)
 VALUES ('alr_1', 'k', 'page', '["evt_1"]', '["oncall"]', 'open', 1, 'high', 1, 0, 1, 1, 'evt_1',
 'p', 'p');
INSERT INTO entries (alert_id, finding_key, finding, event_id, opened, announced)
 VALUES ('alr_1', 'f', '{"id": "SNYK-1", "severity": "high"}', 'evt_1', 1, 0);
INSERT INTO deliveries (id, alert_id, alert_key, event_id, sink, revision, severity, state, reason,
 attempts, ambiguous, accepted_at, created_at, next_attempt_at)
 VALUES ('dlv_1', 'alr_1', 'k', 'evt_1', 'oncall', 1, 3, 'pending', '', 1, 0, 1, 1, 1);
INSERT INTO attempts (delivery_id, number, started_at, ended_at, outcome, reason, detail)
 VALUES ('dlv_1', 1, 1, 1, 'try_again', 'network', '');
"""


def at_revision(engine: sa.Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "gateway.store:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_a_delivery_of_the_first_release_is_still_owed(path: Path, now: datetime) -> None:
    engine = writer_engine(path)
    at_revision(engine, "0001")
    raw = driver.connect(str(path))
    raw.executescript(OLD)
    raw.close()

    migrate(engine)

    with engine.begin() as connection:
        shown = listing.delivery(connection, "dlv_1")
        due = deliveries.next_due(connection, "oncall", now=now)
        (alert,) = alerts.by_id(connection, ["alr_1"]).values()
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        enforced = connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one()
    engine.dispose()
    assert shown is not None
    assert (shown["route"], shown["deliver"], shown["tries"]) == ("page", "alerts", 1)
    assert len(shown["attempts"]) == 1
    assert due is not None
    assert (alert.labels, alert.rollup, alert.flush_at) == ({}, False, None)
    assert (broken, enforced) == ([], 1)
