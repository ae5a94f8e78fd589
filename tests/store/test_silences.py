from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from gateway.store import listing, silences
from gateway.store.silences import StoredSilence

HOUR = timedelta(hours=1)


def silence(now: datetime, id_: str = "sil_1", *, starts: datetime | None = None) -> StoredSilence:
    return StoredSilence(
        id=id_,
        matchers=('severity = "low"',),
        starts=starts,
        until=now + 2 * HOUR,
        owner="platform",
        reason="being retired",
    )


def test_a_silence_lasts_until_its_end(connection: sa.Connection, now: datetime) -> None:
    silences.add(connection, silence(now), now)

    assert silences.unended(connection, now) == [silence(now)]
    assert silences.unended(connection, now + 2 * HOUR) == []


@pytest.mark.parametrize("starts", [None, 1], ids=["has begun", "has not begun"])
def test_an_expired_silence_has_ended(
    connection: sa.Connection, now: datetime, starts: int | None
) -> None:
    begins = None if starts is None else now + starts * HOUR
    silences.add(connection, silence(now, starts=begins), now)

    assert silences.expire(connection, "sil_1", now)

    assert silences.unended(connection, now) == []
    shown = listing.silence(connection, "sil_1", now=now)
    assert shown is not None
    assert (shown["status"], shown["until"]) == ("expired", now)


def test_an_unknown_silence_cannot_be_expired(connection: sa.Connection, now: datetime) -> None:
    assert not silences.expire(connection, "sil_9", now)


@pytest.mark.parametrize(
    ("status", "ids"),
    [
        (None, ["sil_3", "sil_2", "sil_1"]),
        ("active", ["sil_1"]),
        ("pending", ["sil_2"]),
        ("expired", ["sil_3"]),
    ],
)
def test_silences_are_listed_by_status(
    connection: sa.Connection, now: datetime, status: str | None, ids: list[str]
) -> None:
    silences.add(connection, silence(now), now)
    silences.add(connection, silence(now, "sil_2", starts=now + HOUR), now)
    silences.add(connection, silence(now, "sil_3"), now)
    silences.expire(connection, "sil_3", now)

    page = listing.silences(connection, now=now, status=status, limit=9)

    assert [item["id"] for item in page.items] == ids
