"""What a process did to its store and what it answered, in one order, as strace wrote it down.

A write counts from the moment at which it is asked for, a sync only once it has returned: what
lies between may or may not be on the disk.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

CALLS = "openat,pwrite64,ftruncate,fsync,fdatasync,unlink,sendto,write,writev"
STRANGE = "pwritev,pwritev2,truncate,fallocate,unlinkat,rename,renameat,renameat2"
"""None of these, nor `write`, is done to files that matter; if it is, the reading breaks off."""
SUFFIXES = ("", "-wal", "-journal")
"""The files of a database that outlive it; its index of the log (-shm) is built anew."""


@dataclass(frozen=True, slots=True)
class Created:
    """A file was opened, and made where there was none."""

    name: str


@dataclass(frozen=True, slots=True)
class Written:
    """So many bytes, at that place."""

    name: str
    at: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Truncated:
    """The file ends there."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Synced:
    """What was written to the file is on the disk."""

    name: str


@dataclass(frozen=True, slots=True)
class FolderSynced:
    """Which files there are is on the disk."""


@dataclass(frozen=True, slots=True)
class Removed:
    """The file was taken out of its folder."""

    name: str


@dataclass(frozen=True, slots=True)
class Answered:
    """Somebody is told that this event was taken."""

    event: str


Step = Created | Written | Truncated | Synced | FolderSynced | Removed | Answered


class NotUnderstood(Exception):
    """A line shows something that the model of the disk has no place for."""


_LINE = re.compile(r"(?P<pid>\d+) +(?:<\.\.\. )?(?P<call>\w+)(?P<resumed> resumed>)?(?P<rest>.*)")
_HEX = r"(?:\\x[0-9a-f]{2})*"
_ON_FILE = re.compile(rf"\(\d+<(?P<path>{_HEX})>(?:\(deleted\))?")
_NAMED = re.compile(rf'\((?:AT_FDCWD(?:<{_HEX}>)?, )?"(?P<path>{_HEX})"')
_CONTENT = re.compile(rf', "(?P<content>{_HEX})"(?P<cut>\.\.\.)?')
_NUMBERS = re.compile(r", (\d+)(?:, (\d+))?(?:\)| <)")
_RESULT = re.compile(r"\) += (-?\d+)")
_ANSWER = re.compile(rb'HTTP/1\.1 200 .*"event": ?"(?P<event>\w+)"', re.DOTALL)
_PIECE = re.compile(rf'(?:, |iov_base=)"({_HEX})"')
_SYNCS = frozenset({"fsync", "fdatasync"})
_SENT = frozenset({"sendto", "write", "writev"})
"""How one event loop or the other hands an answer to the kernel."""
_LONGEST_PATH = 20_000
_UNFINISHED = "<unfinished ...>"


@dataclass(slots=True)
class Reader:
    """Turns lines of `strace -f -y -xx` into steps, for the database at that path."""

    database: str
    begun: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By thread: the call that has not returned, and its file."""

    def steps(self, lines: Iterable[str]) -> Iterator[Step]:
        """The steps, in the order in which they were seen."""
        for line in lines:
            found = _LINE.match(line)
            if found is None or found["rest"] == "":
                continue
            pid, call, rest = found["pid"], found["call"], found["rest"]
            step = self._end(pid, call, rest) if found["resumed"] else self._begin(pid, call, rest)
            if step is not None:
                yield step

    def _begin(self, pid: str, call: str, rest: str) -> Step | None:
        name = self._name(rest)
        if name is None:
            return _answer(rest) if call in _SENT else None
        unfinished = rest.endswith(_UNFINISHED)
        if unfinished:
            self.begun[pid] = (call, name)
        elif _result(rest) < 0:
            return None
        if call == "openat" or call in _SYNCS:
            return None if unfinished else self._returned(call, name)
        if any(each in _SYNCS and file == name for each, file in self.begun.values()):
            raise NotUnderstood(f"{call} of {name} during its sync")
        return _change(call, name, rest, unfinished=unfinished)

    def _end(self, pid: str, call: str, rest: str) -> Step | None:
        began = self.begun.pop(pid, None)
        if began is None:
            return None
        if _result(rest) < 0:
            raise NotUnderstood(f"{call} of {began[1]} failed after it had begun")
        return self._returned(call, began[1])

    def _returned(self, call: str, name: str) -> Step | None:
        if call in _SYNCS:
            return Synced(name) if name != "/" else FolderSynced()
        return Created(name) if call == "openat" and name != "/" else None

    def _name(self, rest: str) -> str | None:
        """What the call is about: a file of the database, `/` for their folder, or neither."""
        found = _ON_FILE.match(rest) or _NAMED.match(rest)
        if found is None:
            return None
        path = _plain(found["path"]).decode()
        folder, _, name = path.rpartition("/")
        home, _, database = self.database.rpartition("/")
        if path == home:
            return "/"
        ours = folder == home and name in {database + suffix for suffix in SUFFIXES}
        return name if ours else None


def _change(call: str, name: str, rest: str, *, unfinished: bool) -> Step:
    numbers = _NUMBERS.search(rest[-80:])
    if call == "unlink":
        return Removed(name)
    if call == "ftruncate" and numbers is not None:
        return Truncated(name, int(numbers[1]))
    content = _CONTENT.search(rest)
    if call != "pwrite64" or content is None or content["cut"] or numbers is None:
        raise NotUnderstood(f"{call} of {name}: {rest[:200]}")
    plain = _plain(content["content"])
    if len(plain) != int(numbers[1]) or not (unfinished or _result(rest) == len(plain)):
        raise NotUnderstood(f"{call} of {name} wrote only a part")
    return Written(name, int(numbers[2]), plain)


def _answer(rest: str) -> Step | None:
    told = _ANSWER.match(_plain("".join(_PIECE.findall(rest))))
    return Answered(told["event"].decode()) if told else None


def _result(rest: str) -> int:
    found = _RESULT.search(rest[-_LONGEST_PATH:])  # an opened path comes after it
    if found is None:
        raise NotUnderstood(f"no result in {rest[-200:]}")
    return int(found[1])


def _plain(hexed: str) -> bytes:
    return bytes.fromhex(hexed.replace("\\x", ""))
