from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.event import Event, Group, Org, Project
from gateway.model.finding import Finding
from gateway.store import record

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
NUMBER = st.none() | st.floats(allow_nan=False, allow_infinity=False)
MOMENT = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(9999, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.just(UTC),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
FINDING = st.builds(
    Finding,
    id=TEXT,
    change=st.sampled_from(["new", "removed"]),
    title=TEXT,
    severity=TEXT,
    versions=TEXTS,
    cve=TEXTS,
    cvss=NUMBER,
    priority=NUMBER,
    fixable=st.booleans(),
    description=TEXT,
)
EVENT = st.builds(
    Event,
    id=TEXT,
    source=TEXT,
    type=TEXT,
    version=TEXT,
    received_at=MOMENT,
    tested_at=st.none() | MOMENT,
    project=st.builds(
        Project, id=TEXT, tags=st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)
    ),
    org=st.builds(Org, name=TEXT),
    group=st.builds(Group, name=TEXT),
    findings=st.lists(FINDING, max_size=2).map(tuple),
    unreadable_issues=st.integers(0, 1000),
    raw=st.dictionaries(TEXT, JSON, max_size=3),
)


@settings(max_examples=150, deadline=None)
@given(EVENT)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    assert record.load(Event, record.dump(event)) == event


@settings(max_examples=100, deadline=None)
@given(FINDING)
def test_a_finding_comes_back_as_it_was(finding: Finding) -> None:
    assert record.load(Finding, record.dump(finding)) == finding


def test_a_text_of_an_earlier_release_leaves_newer_fields_empty() -> None:
    assert record.load(Finding, '{"id": "SNYK-1"}') == Finding(id="SNYK-1")
