"""One process per database file."""

import fcntl
import os
from pathlib import Path

from gateway.errors import CannotStart


class Lock:
    """Held from construction to release; the system releases it when the process dies."""

    def __init__(self, database: Path) -> None:
        """Raises CannotStart where another process holds it or its file cannot be written."""
        real = database.resolve()  # a symlink is no second database
        path = real.with_name(real.name + ".lock")
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise CannotStart(f"{path}: cannot be written: {error.strerror}") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            text = f"{database}: in use by another gateway, which holds {path}"
            raise CannotStart(text) from None

    def release(self) -> None:
        """Lets others in; the file stays, since removing it would race with them."""
        os.close(self._file)
