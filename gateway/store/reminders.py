"""When open alerts are told of again, under the rules of now."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from gateway.store.columns import Moment
from gateway.store.statements import chunks
from gateway.store.tables import alerts

_MICROSECOND = timedelta(microseconds=1)


def plan(connection: sa.Connection, repeats: Mapping[str, timedelta], now: datetime) -> None:
    """Has open alerts reminded of as `repeats` says by route: so long after their last notice.

    One that would have been due already is reminded of so long after now: a setting that is new
    must not tell of everything at once. A reminder that is due by the old and the new rules stays.
    """
    routes: dict[timedelta, list[str]] = defaultdict(list)
    for route, repeat in repeats.items():
        routes[repeat].append(route)
    _forget(connection, repeats)
    for repeat, names in routes.items():
        for some in chunks(names):
            _plan(connection, some, repeat, now)


def _forget(connection: sa.Connection, repeats: Mapping[str, timedelta]) -> None:
    """What routes that remind of nothing had planned."""
    is_planned = alerts.c.remind_at.is_not(None)
    planned = connection.execute(sa.select(alerts.c.route).where(is_planned).distinct()).scalars()
    for some in chunks(route for route in planned.all() if route not in repeats):
        lost = sa.update(alerts).where(is_planned, alerts.c.route.in_(some))
        connection.execute(lost.values(remind_at=None))


def _plan(connection: sa.Connection, routes: list[str], repeat: timedelta, now: datetime) -> None:
    told = sa.type_coerce(sa.func.coalesce(alerts.c.flush_at, alerts.c.opened_at), sa.BigInteger)
    due = sa.type_coerce(told + repeat // _MICROSECOND, Moment)
    planned = alerts.c.remind_at
    changed = sa.or_(planned.is_(None), planned > now + repeat, sa.and_(planned < due, due > now))
    later = sa.case((due > now, due), else_=sa.literal(now + repeat, Moment))
    which = (alerts.c.resolved_at.is_(None), alerts.c.route.in_(routes), changed)
    connection.execute(sa.update(alerts).where(*which).values(remind_at=later))
