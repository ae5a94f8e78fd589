"""The time that whoever shares the database goes by."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from gateway.store.statements import is_shared

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now(connection: sa.Connection, own: datetime) -> datetime:
    """The database's, where replicas share it, for their clocks differ; else the caller's own."""
    if not is_shared(connection):
        return own
    seconds = sa.func.extract("epoch", sa.func.clock_timestamp())
    return _EPOCH + timedelta(seconds=float(connection.execute(sa.select(seconds)).scalar_one()))
