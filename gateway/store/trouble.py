"""What the engine's errors mean to the rest of the house."""

import sqlalchemy as sa

from gateway.errors import StoreDamaged, StoreFull, Unavailable

# What SQLite says where the disk or the allowed number of pages is used up (SQLITE_FULL).
_FULL = "disk is full"
# The same for a file that is no sound database (SQLITE_CORRUPT, SQLITE_NOTADB).
_DAMAGED = ("malformed", "not a database")
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
    if any(words in str(cause) for words in _DAMAGED):
        return StoreDamaged(f"the store's file is damaged: {cause}; restore it from a copy")
    return Unavailable(f"the store cannot do it at the moment: {cause}")
