"""The files of a configuration: what stands below its folder, the nearest first, with bounds."""

import os
import stat
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path, PurePosixPath

MOST_FILES = 2_000
# So that a configuration that stands in a home directory does not read all of it.
_MOST_ENTRIES = 20_000
_SUFFIXES = frozenset({".yaml", ".yml", ".j2", ".json"})
Identity = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One file or folder, as it is where its links lead."""

    name: str
    """Relative to the configuration folder, with slashes."""
    path: Path
    status: os.stat_result | None
    """None for a link that leads nowhere."""
    target: str
    """What a link says; empty for anything else."""


def find(path: Path) -> Iterator[Found]:
    """The files of a configuration folder, or of a single file and the folders beside it.

    Links are followed, hidden names are not: a mounted ConfigMap links into its hidden folders.
    """
    single = is_file(path)
    entries = islice(_walk(path.parent if single else path), _MOST_ENTRIES)
    below = (each for each in entries if _counts(each) and ("/" in each.name or not single))
    return islice(chain([_found(path.name, path)] if single else [], below), MOST_FILES)


def is_file(path: Path) -> bool:
    """Whether a regular file stands there; false too for what cannot be looked at."""
    status = _status(path)
    return status is not None and stat.S_ISREG(status.st_mode)


def _counts(found: Found) -> bool:
    is_regular = found.status is None or stat.S_ISREG(found.status.st_mode)
    return is_regular and PurePosixPath(found.name).suffix in _SUFFIXES


def _walk(folder: Path) -> Iterator[Found]:
    waiting: deque[tuple[str, Path, frozenset[Identity]]] = deque([("", folder, frozenset())])
    while waiting:
        prefix, here, above = waiting.popleft()
        status = _status(here)
        if status is None or _identity(status) in above:  # a link may lead back
            continue
        for name in _names(here):
            found = _found(prefix + name, here / name)
            yield found
            if found.status is not None and stat.S_ISDIR(found.status.st_mode):
                waiting.append((f"{found.name}/", found.path, above | {_identity(status)}))


def _names(folder: Path) -> list[str]:
    try:
        return sorted(each.name for each in folder.iterdir() if not each.name.startswith("."))
    except OSError:
        return []


def _found(name: str, path: Path) -> Found:
    return Found(name=name, path=path, status=_status(path), target=_target(path))


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (OSError, ValueError):
        return None


def _target(path: Path) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115 - as it is written
    except OSError:
        return ""


def _identity(status: os.stat_result) -> Identity:
    return status.st_dev, status.st_ino
