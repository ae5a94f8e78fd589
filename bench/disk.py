"""Where stores are put: on a disk, for a commit that reaches no disk costs next to nothing."""

import tempfile
from pathlib import Path

_IN_MEMORY = frozenset({"tmpfs", "ramfs"})
_BUILD = Path(__file__).parents[1] / "build"


def scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder that is gone afterwards: in the system's own place, or else in `build/`."""
    return tempfile.TemporaryDirectory(prefix="gateway-bench-", dir=place())


def place() -> Path:
    """Where such folders are made."""
    usual = Path(tempfile.gettempdir())
    if filesystem(usual) not in _IN_MEMORY:
        return usual
    _BUILD.mkdir(exist_ok=True)
    if filesystem(_BUILD) in _IN_MEMORY:
        raise SystemExit("nowhere to write but memory: let TMPDIR name a folder on a disk")
    return _BUILD


def filesystem(folder: Path) -> str:
    """The type of the file system that holds the folder."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    holding = [(len(at), kind) for at, kind in mounts if folder.resolve().is_relative_to(Path(at))]
    return max(holding, key=lambda each: each[0])[1]
