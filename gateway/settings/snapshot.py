"""The configuration's files as they were at one moment."""

import hashlib
import os
import zlib
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from gateway import codec
from gateway.errors import Unreadable
from gateway.settings.files import Found, find, is_file

MOST_BYTES = 32 * 1024**2
# Base64 makes four of three; names and punctuation come on top.
_MOST_UNPACKED = 2 * MOST_BYTES


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Names and contents; what cannot be read or is too much is known by its name only."""

    files: Mapping[str, bytes] = field(repr=False)  # secrets may be written in them
    left_out: tuple[str, ...] = ()
    """Names of what could not be read, or did not fit into MOST_BYTES."""
    single: str = ""
    """The name of the file where the configuration is one file; empty for a folder."""

    @classmethod
    def take(cls, path: Path) -> "Snapshot":
        """The files of a configuration folder, or of a single file and the folders beside it."""
        files: dict[str, bytes] = {}
        left_out: list[str] = []
        room = MOST_BYTES
        for found in find(path):
            content = _content(found, room)
            if content is None:
                left_out.append(found.name)
            else:
                files[found.name] = content
                room -= len(content)
        single = path.name if is_file(path) else ""
        return cls(files=files, left_out=tuple(sorted(left_out)), single=single)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over names and contents, in hex digits."""
        told = hashlib.sha256()
        for name in (self.single, *self.left_out):
            _add(told, os.fsencode(name))
        _add(told, b"")
        for name in sorted(self.files):
            _add(told, os.fsencode(name))
            _add(told, self.files[name])
        return told.hexdigest()

    def packed(self) -> bytes:
        """Everything, compressed."""
        content = {
            "single": os.fsencode(self.single),
            "left_out": [os.fsencode(name) for name in self.left_out],
            "files": [[os.fsencode(name), content] for name, content in self.files.items()],
        }
        return zlib.compress(codec.encode(content))

    @classmethod
    def unpacked(cls, packed: bytes) -> "Snapshot":
        """What `packed` gave; raises Unreadable for anything else."""
        content = codec.decode(_inflated(packed))
        try:
            return cls(
                files={_name(name): b64decode(each) for name, each in content["files"]},
                left_out=tuple(_name(name) for name in content["left_out"]),
                single=_name(content["single"]),
            )
        except (KeyError, TypeError, ValueError, NotBase64) as error:
            raise Unreadable(f"not a packed configuration: {error}") from None

    def write_to(self, folder: Path) -> Path:
        """Writes the files, for their owner only; the path to load the configuration from."""
        for name, content in self.files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_bytes(content)
        return folder / self.single


def signature(path: Path) -> tuple[Any, ...]:
    """What tells cheaply that files may have changed: nothing is read but the directories."""
    return tuple(
        (each.name, each.target, *(_stirred(each.status) if each.status else ()))
        for each in find(path)
    )


def _stirred(status: os.stat_result) -> tuple[int, ...]:
    return (
        status.st_dev,
        status.st_ino,
        status.st_mtime_ns,
        status.st_ctime_ns,  # moves with permissions, and where a tool sets back the time
        status.st_size,
    )


def _content(found: Found, room: int) -> bytes | None:
    try:
        with found.path.open("rb") as file:
            content = file.read(room + 1)
    except OSError:
        return None
    return content if len(content) <= room else None


def _add(told: Any, part: bytes) -> None:
    told.update(len(part).to_bytes(8, "big") + part)  # the length keeps neighbours apart


def _inflated(packed: bytes) -> bytes:
    inflate = zlib.decompressobj()
    try:
        content = inflate.decompress(packed, _MOST_UNPACKED)
    except zlib.error:
        raise Unreadable("not a packed configuration: not compressed") from None
    if not inflate.eof:
        raise Unreadable("not a packed configuration: too long, or its end is missing")
    return content


def _name(encoded: str) -> str:
    name = os.fsdecode(b64decode(encoded))
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{name!r} leads out of the folder")
    return name
