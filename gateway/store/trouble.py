"""What the engine's errors mean to the rest of the house."""

import sqlalchemy as sa

from gateway.errors import StoreDamaged, StoreFull, Unavailable

# What SQLite says where the disk or the allowed number of pages is used up (SQLITE_FULL).
_FULL = "disk is full"
# The same for a file that is no sound database (SQLITE_CORRUPT, SQLITE_NOTADB).
_DAMAGED = ("malformed", "not a database")
# The same from PostgreSQL (postgresql.org/docs/current/errcodes-appendix.html).
_DISK_FULL, _DATA_CORRUPTED, _INDEX_CORRUPTED = "53100", "XX001", "XX002"
# Two transactions were in each other's way, and this one gave way: a deadlock, a conflict, a lock
# that did not become free, a row that another had added first.
_RACES = frozenset({"40P01", "40001", "55P03", "23505"})
# Connection trouble, the server shut down or not up yet, too many connections.
_AWAY = ("08", "57P", "53300")
# What was asked was wrong: asking again changes nothing, so it is not the store's trouble.
_ASKED_WRONG = (sa.exc.IntegrityError, sa.exc.DataError, sa.exc.ProgrammingError)


def is_trouble(error: Exception) -> bool:
    """Whether the engine failed, rather than the operation: then another time may do."""
    engine = isinstance(error, sa.exc.DBAPIError | sa.exc.TimeoutError)
    return engine and not isinstance(error, _ASKED_WRONG)


def lost_a_race(error: sa.exc.DBAPIError) -> bool:
    """Whether the same may well succeed at once when it is begun again."""
    return _state(error) in _RACES


def is_away(error: sa.exc.DBAPIError) -> bool:
    """Whether nothing can be asked at the moment, of a server that is down or out of reach."""
    state = _state(error)
    if state is None:  # no server said this
        return error.connection_invalidated or isinstance(error, sa.exc.OperationalError)
    return state.startswith(_AWAY)


def _state(error: BaseException | None) -> str | None:
    """The code by which a server tells its errors apart."""
    original = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return getattr(original, "sqlstate", None)


def words(error: BaseException) -> str:
    """What the engine said, in one line; without the rows that a server quotes: payloads."""
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    return " ".join((primary or str(error)).split())


def scrubbed(error: sa.exc.DBAPIError) -> sa.exc.DBAPIError:
    """The same error, which prints as `words` has it."""
    return type(error)(None, None, Exception(words(deepest(error))), hide_parameters=True)


def deepest(error: BaseException) -> BaseException:
    """The first cause: after a full disk the last error only says "no such savepoint"."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error


def translated(error: Exception) -> Unavailable:
    """The error as callers of the store may meet it."""
    cause = deepest(error)
    state = _state(error)
    if _FULL in str(cause) or state == _DISK_FULL:
        return StoreFull()
    if state in {_DATA_CORRUPTED, _INDEX_CORRUPTED}:
        return StoreDamaged(f"the database is damaged: {words(cause)}")
    if any(each in str(cause) for each in _DAMAGED):
        return StoreDamaged(f"the store's file is damaged: {cause}; restore it from a copy")
    return Unavailable(f"the store cannot do it at the moment: {words(cause)}")
