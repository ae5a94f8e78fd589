"""Silences that operators make and end while the gateway runs."""

from gateway.errors import Misused, SettingsError
from gateway.pipeline.judging import SILENCED
from gateway.routing.silences import SilenceSettings, parse_silence
from gateway.running.acting import Acting, Item
from gateway.store import deliveries, listing, silences
from gateway.store.silences import StoredSilence
from gateway.store.store import Connection


class SilenceActs(Acting):
    """Makes silences and ends them."""

    async def add_silence(self, said: Item) -> Item:
        """The new silence; raises SettingsError with whatever is wrong with it."""
        now = self._clock.now()
        settings = parse_silence(said)
        if settings.until <= now:
            raise SettingsError(["until: is over already"])
        silence = _stored(settings, self._new_id("sil", now))

        def add(connection: Connection) -> None:
            silences.add(connection, silence, now)
            deliveries.rejudge_untried(connection, now)

        await self._store.write(add)
        self._wake()
        self._log.info("silence added", silence=silence.id, owner=silence.owner)
        return await self._silence(silence.id) or {}

    async def expire_silence(self, silence_id: str) -> Item | None:
        """The silence, which has ended; None where there is none of that id.

        Raises Misused for one of the configuration.
        """
        now = self._clock.now()
        if any(each.id == silence_id for each in self._in_force.parts.silences):
            raise Misused(f"{silence_id} stands in the configuration: take it out there")

        def end(connection: Connection) -> bool:
            found = silences.expire(connection, silence_id, now)
            deliveries.rejudge(connection, "muted", now=now, reason=SILENCED)
            return found

        if not await self._store.write(end):
            return None
        self._log.info("silence expired", silence=silence_id)
        self._wake()
        return await self._silence(silence_id)

    async def _silence(self, silence_id: str) -> Item | None:
        now = self._clock.now()
        silence = await self._store.read(
            lambda connection: listing.silence(connection, silence_id, now=now)
        )
        return silence and self._starred(silence)


def _stored(settings: SilenceSettings, silence_id: str) -> StoredSilence:
    return StoredSilence(
        id=silence_id,
        matchers=tuple(str(matcher) for matcher in settings.matchers),
        starts=settings.starts,
        until=settings.until,
        owner=settings.owner,
        reason=settings.reason,
    )
