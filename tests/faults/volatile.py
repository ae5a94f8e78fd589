"""A model of a disk whose cache is lost at a power cut.

What was synced is there. Of what was written since, each write may be there, or not, or in part:
its first sectors only, or any of them, of 512 or 4,096 bytes. Writes reach the disk in any order,
so a later one may be there without an earlier one; what lies between them is then zero. A file
that was made, truncated or removed is so, or as before, until it or its folder was synced.

Not modelled: a disk that says it has synced and has not, and a torn write that spoils bytes beside
it. SQLite does not expect to survive the first; against the second it relies on the disk
(sqlite.org/psow.html).
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from tests.faults.timeline import (
    Answered,
    Created,
    FolderSynced,
    Removed,
    Step,
    Synced,
    Truncated,
    Written,
)

_SECTORS = (512, 4096)
_TORN = 0.4
"""So many of the writes that are not there whole are there in part."""


@dataclass(slots=True)
class File:
    """What of it is safe, and what was done since."""

    synced: bytearray = field(default_factory=bytearray)
    pending: list[Written | Truncated] = field(default_factory=list)


@dataclass(slots=True)
class Fate:
    """What becomes of unsynced work at one cut."""

    random: random.Random
    kept: float
    """So many of the writes reach the disk."""
    sector: int

    def keeps(self) -> bool:
        """Whether the next one does."""
        return self.random.random() < self.kept

    def parts(self, change: Written) -> list[Written]:
        """What of a write is on the disk."""
        if self.keeps():
            return [change]
        if self.kept == 0 or self.random.random() > _TORN:
            return []
        sectors = list(_sectors(change, self.sector))
        if self.random.random() < 0.5:
            return sectors[: self.random.randrange(len(sectors) + 1)]
        return [each for each in sectors if self.random.random() < 0.5]


def fate(rolls: random.Random) -> Fate:
    """How one cut goes: nothing unsynced is kept, or all, or some."""
    kept = rolls.choice((0.0, 1.0, rolls.random(), rolls.random()))
    return Fate(rolls, kept, rolls.choice(_SECTORS))


@dataclass(slots=True)
class Volume:
    """The files of one folder."""

    synced: dict[str, File] = field(default_factory=dict)
    """By name, as a cut leaves them at least."""
    files: dict[str, File] = field(default_factory=dict)
    """By name, as they are seen."""
    pending: list[tuple[str, File | None]] = field(default_factory=list)
    """Names that were given or taken away since the folder was synced."""

    def take(self, step: Step) -> None:
        """Does the step."""
        match step:
            case Created(name):
                if name not in self.files:
                    self._name(name, File())
            case Removed(name):
                self._name(name, None)
            case Written(name) | Truncated(name):
                self.files[name].pending.append(step)
            case Synced(name):
                _settle(self.files[name])
            case FolderSynced():
                self.synced, self.pending = dict(self.files), []
            case Answered():
                pass

    def cut(self, fate: Fate) -> Mapping[str, bytes]:
        """The files that are found when the power is back."""
        names = dict(self.synced)
        for name, file in self.pending:
            if fate.keeps():
                _set(names, name, file)
        return {name: _left(file, fate) for name, file in names.items()}

    def _name(self, name: str, file: File | None) -> None:
        _set(self.files, name, file)
        self.pending.append((name, file))


def _set(names: dict[str, File], name: str, file: File | None) -> None:
    if file is None:
        names.pop(name, None)
    else:
        names[name] = file


def _settle(file: File) -> None:
    for change in file.pending:
        _apply(file.synced, change)
    file.pending.clear()


def _left(file: File, fate: Fate) -> bytes:
    content = bytearray(file.synced)
    for change in file.pending:
        if isinstance(change, Written):
            for part in fate.parts(change):
                _apply(content, part)
        elif fate.keeps():
            _apply(content, change)
    return bytes(content)


def _apply(content: bytearray, change: Written | Truncated) -> None:
    start = change.at if isinstance(change, Written) else change.size
    content.extend(bytes(max(0, start - len(content))))
    if isinstance(change, Written):
        content[start : start + len(change.content)] = change.content
    else:
        del content[start:]


def _sectors(change: Written, size: int) -> list[Written]:
    end = change.at + len(change.content)
    borders = [change.at, *range((change.at // size + 1) * size, end, size), end]
    return [
        Written(change.name, begin, change.content[begin - change.at : until - change.at])
        for begin, until in pairwise(borders)
    ]
