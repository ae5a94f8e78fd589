"""The matcher parser: any text is a matcher that prints as it is read, or a settings problem."""

import re
from datetime import UTC, datetime

from pydantic_core import PydanticCustomError

from fuzz.target import Plant, Target
from gateway.model.event import Event, Project
from gateway.model.finding import Finding
from gateway.routing import matcher
from gateway.routing.comparison import OPERATORS
from gateway.routing.fields import (
    EVENT_ONLY,
    FIELDS,
    FINDING_ONLY,
    TAG,
    Subject,
    Subjects,
    find_field,
)
from gateway.routing.matcher import Matcher, parse

NOW = datetime(2026, 11, 20, 5, 12, 50, tzinfo=UTC)
PROJECT = Project(id="p", name="acme/shop", tags=(("team", "web"), ("team", "7"), ("a b", "1.0")))
EVENT = Event(
    id="evt_1",
    source="snyk",
    type="project_snapshot",
    version="v0",
    received_at=NOW,
    project=PROJECT,
)
FULL = Finding(
    id="SNYK-JS-ACME-1",
    severity="high",
    title='a "b" \\ c\n',
    cve=tuple(f"CVE-2026-{number}" for number in range(1, 8)),
    cvss=7.5,
    published="2026-11-20T05:12:44",
    disclosed="2026-11-20",
)
FINDINGS = (FULL, Finding(id=""), None)
_KINDS: tuple[Subjects, ...] = ("finding", "event")
_OPPOSITE = {"=": "!=", "!=": "=", "=~": "!~", "!~": "=~"}


def check(written: bytes) -> None:
    """Parses the text; fails unless it is a settings problem or a matcher that holds together."""
    # As a variable reaches us whose bytes are no UTF-8: with lone surrogates.
    text = written.decode(errors="surrogateescape")
    read = _parse(text)
    if read is not None:
        _judge(read)


def _parse(text: str) -> Matcher | None:
    try:
        return parse(text)
    except PydanticCustomError:
        return None


def _judge(read: Matcher) -> None:
    assert parse(str(read)) == read
    assert str(parse(str(read))) == str(read)
    assert read.exact is None or read.operator == "="
    kinds = [kind for kind in _KINDS if _has(kind, read)]
    assert kinds == [*_KINDS] or read.field.name in FINDING_ONLY | EVENT_ONLY
    for finding in FINDINGS:
        subject = Subject(finding, EVENT)
        assert str(read) in read.why(subject)
        _judge_opposite(read, subject)


def _has(subject: Subjects, read: Matcher) -> bool:
    try:
        return find_field(read.field.name, subject) == read.field
    except PydanticCustomError:
        return False


def _judge_opposite(read: Matcher, subject: Subject) -> None:
    """What a negated operator asks for is what the plain one refuses."""
    held = read.matches(subject)
    if read.operator in _OPPOSITE:
        opposite = Matcher.of(read.field, _OPPOSITE[read.operator], read.value)
        assert opposite.matches(subject) is not held


def _quote(text: str) -> str:
    """As matcher's, but a backslash at the end is left alone, and so escapes the closing quote."""
    escaped = re.sub(r'\\(?=["\\n\n])', r"\\\\", text)
    return '"' + escaped.replace('"', '\\"').replace("\n", "\\n") + '"'


TARGET = Target(
    name="matcher",
    check=check,
    modules=(
        "gateway.routing.matcher",
        "gateway.routing.comparison",
        "gateway.routing.fields",
    ),
    words=(*OPERATORS, *FIELDS, TAG, '"', "\\", ".*", "(?i)", "high", "2026-01-01", "7.5", "1e9"),
    plant=Plant(matcher, "_quote", _quote),
)
