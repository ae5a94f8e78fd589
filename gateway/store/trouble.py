"""What the engine's errors mean to the rest of the house."""

import sqlalchemy as sa

from gateway.errors import StoreFull, Unavailable

# What SQLite says where the disk or the allowed number of pages is used up (SQLITE_FULL).
_FULL = "disk is full"
# What was asked was wrong: asking again changes nothing, so it is not the store's trouble.
_ASKED_WRONG = (sa.exc.IntegrityError, sa.exc.DataError, sa.exc.ProgrammingError)


def is_trouble(error: Exception) -> bool:
    """Whether the engine failed, rather than the operation: then another time may do."""
    engine = isinstance(error, sa.exc.DBAPIError | sa.exc.TimeoutError)
    return engine and not isinstance(error, _ASKED_WRONG)


def deepest(error: BaseException) -> BaseException:
    """The first cause: after a full disk the last error only says "no such savepoint"."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error


def translated(error: Exception) -> Unavailable:
    """The error as callers of the store may meet it."""
    cause = deepest(error)
    if _FULL in str(cause):
        return StoreFull()
    return Unavailable(f"the store cannot do it at the moment: {cause}")
