"""What the admin side can ask of a running gateway beyond its lists."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from gateway.web.reads import Item


class Acts(Protocol):
    """Changes to a running gateway, and what only it can tell; times are aware.

    Whatever is returned is ready for JSON. Any of these may raise Unavailable.
    """

    async def add_silence(self, said: Mapping[str, Any], /) -> Item:
        """The new silence; raises SettingsError with every problem of what was said."""
        ...

    async def expire_silence(self, silence_id: str, /) -> Item | None:
        """The silence, which has ended by now; None where there is none.

        Raises Misused for one that stands in the configuration.
        """
        ...

    async def reload(self) -> Mapping[str, Any]:
        """`status` (reloaded or unchanged) and `warnings`.

        Raises SettingsError with every problem, or Misused with the one reason, where the running
        configuration stays in force.
        """
        ...

    async def replay(
        self, ids: Sequence[str], *, since: datetime | None, dry_run: bool
    ) -> Mapping[str, Any]:
        """`events`: how many are, or would be, walked through today's rules.

        Either ids are given or a time. Raises NotFound, with nothing done, for an unknown id.
        """
        ...

    async def resolve(
        self, ids: Sequence[str], *, project: str | None, dry_run: bool
    ) -> Mapping[str, Any]:
        """`alerts` and `ids`: how many open alerts are, or would be, resolved, and which.

        Either ids are given or a project (id or name). Raises NotFound, with nothing done, for an
        unknown id.
        """
        ...

    async def sinks(self) -> Sequence[Item]:
        """Every sink, as it is configured and as it stands."""
        ...

    async def pause(self, name: str, /, *, paused: bool) -> Item | None:
        """The sink, which waits from now on or goes on; None where there is none."""
        ...

    async def retry(
        self, ids: Sequence[str], *, wanted: Mapping[str, str] | None, dry_run: bool
    ) -> Mapping[str, Any]:
        """`deliveries` and `ids`: which dead ones are, or would be, tried again.

        Either ids are given or a filter. Raises NotFound, with nothing done, for an unknown id.
        """
        ...

    async def cancel(
        self, ids: Sequence[str], *, wanted: Mapping[str, str] | None, dry_run: bool
    ) -> Mapping[str, Any]:
        """`deliveries` and `ids`: which waiting ones are, or would be, given up; as `retry`."""
        ...

    async def explain(self, event_id: str, /) -> Item | None:
        """A stored event as `explain --json` shows one; None where there is none.

        `became` of each delivery lists what came of it, by sink: `id`, `sink`, `status`, `reason`,
        `tries`, `next_attempt_at`. Raises Unreadable where the body cannot be read.
        """
        ...

    async def config(self) -> Item:
        """Which configuration is in force, and why a newer one is not.

        `digest`, `accepted_at`, `source` (files or store), `error` (None or text), `problems`.
        """
        ...

    async def routes(self) -> Sequence[Item]:
        """The routing tree, depth first.

        Each with at least `name`, `depth`, `deliver`, `matchers`, `sinks`, `group_by`.
        """
        ...
