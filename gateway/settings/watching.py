"""Notices that the configuration's files have changed: by content, whatever the file system says.

Event paths name the folder that was swapped, not the one that is linked, and files that are mounted
one by one never fire; so nothing here waits for events.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.settings.snapshot import Snapshot, signature

# Contents are compared in every so many looks even where nothing seems to have moved.
_EVERY = 30


class Watch:
    """One look at a time; the caller looks about once a second."""

    def __init__(
        self,
        path: Path,
        *,
        signature: Callable[[Path], tuple[Any, ...]] = signature,
        snapshot: Callable[[Path], Snapshot] = Snapshot.take,
    ) -> None:
        self._path = path
        self._signature = signature
        self._snapshot = snapshot
        self._seen: tuple[Any, ...] | None = None
        self._known: str | None = None
        self._stirred = False
        self._quiet_looks = 0

    def mark(self, digest: str) -> None:
        """This content is known: only another one is a change."""
        self._known = digest

    def changed(self) -> bool:
        """True once for each new content, as soon as two looks in a row see the same files.

        Without a mark, the first content that is seen is the known one.
        """
        before, self._seen = self._seen, self._signature(self._path)
        if self._seen != before:
            self._stirred = True
            return False
        self._quiet_looks += 1
        if not self._stirred and self._quiet_looks % _EVERY:
            return False
        return self._is_new()

    def _is_new(self) -> bool:
        digest = self._snapshot(self._path).digest
        if self._signature(self._path) != self._seen:  # it moved while it was read
            return False
        self._stirred = False
        known, self._known = self._known, digest
        return known not in (None, digest)
