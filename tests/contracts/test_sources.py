"""What every source promises, whoever sends."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict

from gateway.errors import Unreadable
from gateway.model.event import Event
from gateway.settings.secrets import Secret
from gateway.sources.catalogue import SOURCES
from gateway.sources.snyk import signed_headers
from gateway.sources.source import Source

FIXTURES = Path(__file__).parents[1] / "fixtures"
NOW = datetime(2026, 11, 20, 5, 12, 50, tzinfo=UTC)
OLD, NEW = "orchard-former-secret-fedcba9876543210", "orchard-webhook-secret-0123456789abcdef"

Sign = Callable[[bytes, str], dict[str, str]]
Secrets = list[str | Secret]


@dataclass(frozen=True)
class Sender:
    """How the other side of a source behaves."""

    sign: Sign
    bodies: tuple[bytes, ...]
    """What it really sends."""
    signature: str
    """The header that carries its signature."""


def _sign_as_snyk(body: bytes, secret: str) -> dict[str, str]:
    return signed_headers(
        body,
        secret,
        event="project_snapshot/v0",
        transport_id="0f3cbb51-94f5-4a4a-9a0b-3f5c7d1e2a10",
        timestamp="2026-11-20T05:12:45Z",
    )


def _stored(folder: str) -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted((FIXTURES / folder).glob("*.json")))


SENDERS = {"snyk": Sender(_sign_as_snyk, _stored("snyk"), "X-Hub-Signature")}


def _source(kind: str, secrets: Secrets) -> Source:
    model = SOURCES[kind].settings.model_validate({"type": kind, "secrets": secrets})
    return SOURCES[kind].build("here", model)


def _verified(source: Source, headers: Iterable[tuple[str, str]], *chunks: bytes) -> bool:
    verification = source.verification(CIMultiDict(headers))
    if verification is None:
        return False
    for chunk in chunks:
        verification.update(chunk)
    return verification.holds()


def _read(source: Source, body: bytes) -> Event | None:
    """The event, or None if the source says that the body cannot be read; nothing else may come."""
    try:
        return source.read(body, id="evt_1", received_at=NOW, version="v0")
    except Unreadable:
        return None


@pytest.fixture(params=sorted(SOURCES))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def sender(kind: str) -> Sender:
    return SENDERS[kind]


@pytest.fixture
def source(kind: str) -> Source:
    return _source(kind, [NEW])


def test_every_source_has_a_sender_to_be_tested_with() -> None:
    assert SENDERS.keys() == SOURCES.keys()


def test_a_source_knows_its_name(source: Source) -> None:
    assert source.name == "here"
    assert source.skip_ignored is True


def test_what_the_sender_signed_is_verified(source: Source, sender: Sender) -> None:
    for body in sender.bodies:
        assert _verified(source, sender.sign(body, NEW).items(), body)


def test_a_body_may_come_in_any_pieces(source: Source, sender: Sender) -> None:
    body = sender.bodies[0]

    assert _verified(source, sender.sign(body, NEW).items(), b"", body[:3], b"", body[3:])


def test_a_forged_signature_is_refused(source: Source, sender: Sender) -> None:
    for body in sender.bodies:
        assert not _verified(source, sender.sign(body, "a secret of somebody else").items(), body)


def test_a_body_cut_short_or_made_longer_is_refused(source: Source, sender: Sender) -> None:
    for body in sender.bodies:
        headers = sender.sign(body, NEW).items()

        assert not _verified(source, headers, body[:-1])
        assert not _verified(source, headers, body, b"\n")
        assert not _verified(source, headers)


def test_the_same_request_twice_is_verified_twice_and_read_alike(
    source: Source, sender: Sender
) -> None:
    for body in sender.bodies:
        headers = sender.sign(body, NEW).items()

        assert _verified(source, headers, body)
        assert _verified(source, headers, body)
        assert _read(source, body) == _read(source, body)


@pytest.mark.parametrize("secrets", [[OLD, NEW], [NEW, OLD]])
@pytest.mark.parametrize("used", [OLD, NEW])
def test_every_configured_secret_counts(
    kind: str, sender: Sender, secrets: Secrets, used: str
) -> None:
    body = sender.bodies[0]

    assert _verified(_source(kind, secrets), sender.sign(body, used).items(), body)


def test_a_retired_secret_counts_no_more(source: Source, sender: Sender) -> None:
    body = sender.bodies[0]

    assert not _verified(source, sender.sign(body, OLD).items(), body)


def test_a_secret_is_rotated_by_writing_its_file(kind: str, sender: Sender, tmp_path: Path) -> None:
    body, file = sender.bodies[0], tmp_path / "secret"
    file.write_text(OLD, encoding="utf-8")
    source = _source(kind, [Secret(file=file)])
    before = _verified(source, sender.sign(body, OLD).items(), body)

    file.write_text(NEW, encoding="utf-8")

    assert before
    assert _verified(source, sender.sign(body, NEW).items(), body)
    assert not _verified(source, sender.sign(body, OLD).items(), body)


def test_an_emptied_secret_file_lets_nobody_in(kind: str, sender: Sender, tmp_path: Path) -> None:
    body, file = sender.bodies[0], tmp_path / "secret"
    file.write_text(NEW, encoding="utf-8")
    source = _source(kind, [Secret(file=file)])

    file.write_text("", encoding="utf-8")

    assert not _verified(source, sender.sign(body, "").items(), body)


def test_a_request_without_a_signature_is_refused_before_its_body(source: Source) -> None:
    assert source.verification(CIMultiDict()) is None


def test_a_signature_that_stands_twice_is_refused_before_the_body(
    source: Source, sender: Sender
) -> None:
    headers = list(sender.sign(sender.bodies[0], NEW).items())

    assert source.verification(CIMultiDict([*headers, *headers])) is None


@pytest.mark.parametrize("kind", sorted(SOURCES))
@settings(deadline=None)
@given(value=st.text() | st.text(st.characters(categories=["Cs", "Cc", "Nd"])))
def test_no_header_makes_a_source_raise(kind: str, value: str) -> None:
    source, body = _source(kind, [NEW]), SENDERS[kind].bodies[0]
    names = SENDERS[kind].sign(body, NEW)
    headers = CIMultiDict(dict.fromkeys(names, value))

    assert not _verified(source, headers.items(), body)
    assert source.transport_id(headers).isprintable()
    assert len(source.transport_id(headers)) <= 255
    assert source.version(headers).isascii()


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["", "None", "\0", "critical", "2026-11-20T05:12:44Z", "k=v"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


def _encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize("kind", sorted(SOURCES))
@settings(deadline=None)
@given(body=st.binary() | VALUES.map(_encoded))
def test_read_gives_an_event_or_says_unreadable(kind: str, body: bytes) -> None:
    _read(_source(kind, [NEW]), body)


@st.composite
def _changed(draw: st.DrawFn, bodies: tuple[bytes, ...]) -> bytes:
    """A real body with one value, wherever it stands, taken out or replaced."""
    document = json.loads(draw(st.sampled_from(bodies)))
    parent = document
    key = draw(st.sampled_from(sorted(parent)))
    while isinstance(parent[key], dict | list) and parent[key] and draw(st.booleans()):
        parent = parent[key]
        keys = sorted(parent) if isinstance(parent, dict) else range(len(parent))
        key = draw(st.sampled_from(keys))
    if draw(st.booleans()):
        del parent[key]
    else:
        parent[key] = draw(VALUES)
    return _encoded(document)


@pytest.mark.parametrize("kind", sorted(SOURCES))
@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_a_real_body_with_a_part_that_is_odd_gives_an_event_or_says_unreadable(
    kind: str, data: st.DataObject
) -> None:
    body = data.draw(_changed(SENDERS[kind].bodies))

    event = _read(_source(kind, [NEW]), body)

    if event is not None:
        assert event.type in {"project_snapshot", "ping"}
        assert "\\x00" not in repr((event.project, event.org, event.group, event.findings))


@pytest.mark.parametrize("kind", sorted(SOURCES))
@settings(deadline=None)
@given(data=st.data())
def test_a_real_body_with_a_byte_changed_gives_an_event_or_says_unreadable(
    kind: str, data: st.DataObject
) -> None:
    body = bytearray(data.draw(st.sampled_from(SENDERS[kind].bodies)))
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] = data.draw(st.integers(0, 255))

    _read(_source(kind, [NEW]), bytes(body))
