"""Column types: what Python sees, whatever the engine stores."""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from gateway import codec
from gateway.store import record

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""Counts up with every row; SQLite does so only for its own INTEGER."""


class Moment(sa.TypeDecorator[datetime]):
    """An aware datetime in UTC, stored as microseconds since 1970."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's signature
        """What is stored."""
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """What is read."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Words(sa.TypeDecorator[str]):
    """Text without what one engine or the other refuses: NULs and lone surrogates."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """What is stored."""
        # A header that is not UTF-8 reaches us with surrogates; it must not cost us the body.
        return None if value is None else codec.clean(value)


class Recorded(sa.TypeDecorator[Any]):
    """An object of the model, or a list or mapping, stored as JSON text."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """What is stored."""
        return None if value is None else record.dump(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:  # noqa: ARG002 - SQLAlchemy's signature
        """What is read."""
        return None if value is None else record.load(self.kind, value)
