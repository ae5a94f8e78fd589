"""What every act of an operator needs."""

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from gateway import logs
from gateway.clock import Clock
from gateway.errors import NotFound
from gateway.model.identity import NewId
from gateway.pipeline.parts import InForce
from gateway.running.starred import starred
from gateway.store.store import Store

Item = Mapping[str, Any]


class Acting:
    """The store, what is in force, and a word to whoever waits for a change."""

    def __init__(
        self,
        store: Store,
        in_force: InForce,
        *,
        clock: Clock,
        new_id: NewId,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._in_force = in_force
        self._clock = clock
        self._new_id = new_id
        self._wake = wake
        self._log = logs.get("admin")

    def _starred(self, item: Item) -> Item:
        shown: Item = starred(item, self._in_force.parts.redaction)
        return shown


def refuse_unknown(ids: Sequence[str], known: Container[str]) -> None:
    """Raises NotFound where there are ids that nothing has."""
    unknown = [each for each in ids if each not in known]
    if unknown:
        raise NotFound(f"there is no {', '.join(unknown)}")
