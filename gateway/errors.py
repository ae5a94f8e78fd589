"""Everything that can go wrong, by what the caller would do about it.

GatewayError
├── Unreadable              keep the event, mark it, go on
├── Unavailable             answer 503, try again later
│   └── StoreFull
├── TransportError          an attempt that got no answer: try again
│   └── Blocked             an address that may not be reached: refuse
├── TemplateError           send the plain message instead, count it
├── SettingsError           print every problem, exit 1
├── Misused                 print one line, exit 2
├── NotFound                print one line, exit 1
├── Different               print one line, exit 1
├── CannotStart             print one line, exit 3
└── Unreachable             print one line, exit 3
"""

from collections.abc import Sequence
from typing import Any


class GatewayError(Exception):
    """Something went wrong."""

    def __init__(self, text: str | None = None) -> None:
        super().__init__(text or self.__doc__ or "")


class Unreadable(GatewayError):
    """The body was signed but cannot be read."""


class Unavailable(GatewayError):
    """The store cannot commit at the moment."""


class StoreFull(Unavailable):
    """The store's disk is full."""


class StoreDamaged(Unavailable):
    """The store's file is damaged."""


class TransportError(GatewayError):
    """No answer came back.

    `reason` is a short stable word; `ambiguous` says that the request had been written, so that
    the other side may have acted on it.
    """

    def __init__(self, reason: str, text: str, *, ambiguous: bool = False) -> None:
        super().__init__(text)
        self.reason = reason
        self.ambiguous = ambiguous


class Blocked(TransportError):
    """The address is one that the egress rules refuse."""

    def __init__(self, text: str) -> None:
        super().__init__("blocked", text)


class TemplateError(GatewayError):
    """The template cannot be compiled or rendered; `line` is 1-based where it is known."""

    def __init__(self, text: str, *, name: str = "", line: int | None = None) -> None:
        super().__init__(text)
        self.name = name
        self.line = line


class SettingsError(GatewayError):
    """The configuration has problems; all of them are in `problems`."""

    def __init__(self, problems: Sequence[Any]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class Misused(GatewayError):
    """The command was asked for something that the configuration does not have."""


class NotFound(GatewayError):
    """There is no such thing."""


class Different(GatewayError):
    """Two stores do not hold the same."""


class CannotStart(GatewayError):
    """The gateway cannot start."""


class Unreachable(GatewayError):
    """The gateway's admin address does not answer."""
