"""What an engine does for the store."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol

import sqlalchemy as sa

Operation = Callable[[sa.Connection], Any]


class Backend(Protocol):
    """One open database; from any thread."""

    def write(self, operation: Operation) -> Future[Any]:
        """The operation's result, once it is committed."""
        ...

    def read(self, operation: Operation) -> Future[Any]:
        """The operation's result, from one moment; it changes nothing."""
        ...

    def close(self) -> None:
        """Returns once everything that was asked for is done."""
        ...
