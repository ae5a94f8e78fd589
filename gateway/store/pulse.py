"""A sign of life."""

import sqlalchemy as sa

from gateway.store.statements import insert
from gateway.store.tables import pulse


def beat(connection: sa.Connection) -> None:
    """The smallest change there is."""
    statement = insert(connection.dialect.name, pulse).values(id=1, beats=1)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_={"beats": (pulse.c.beats + 1) % 1_000_000}
        )
    )
