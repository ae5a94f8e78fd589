import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import SettingsError, Unavailable
from gateway.load import load
from gateway.model.breaker import FIRST_WAIT
from gateway.running.reload import Fallback, Reload
from gateway.settings.problem import Problem
from gateway.settings.snapshot import Snapshot
from gateway.store import alerts, configurations, listing
from gateway.store.store import Store
from tests.pipeline.conftest import NOON, SHORT
from tests.running.conftest import Rig

QUIET = {
    "matchers": ["severity = critical"],
    "until": "2099-01-01T00:00:00Z",
    "owner": "ops",
    "reason": "being moved",
}
BROKEN = "servr: {}\n"
LOAD = "gateway.running.reload.load"
LOOKS = 50
"""More than it takes until contents are compared though nothing seems to have moved."""


class Moody:
    """A store that can be told to fail."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.fails = False

    async def write(self, operation: Any) -> Any:
        if self.fails:
            raise Unavailable
        return await self._store.write(operation)


def success(rig: Rig) -> float | None:
    return rig.metrics.registry.get_sample_value("gateway_config_reload_success")


async def kept(rig: Rig) -> str | None:
    """The digest of the configuration in the store."""
    accepted = await rig.store.read(configurations.last)
    return accepted.digest if accepted else None


async def begun(rig: Rig) -> Reload:
    reload = rig.reload()
    await reload.begin()
    return reload


async def test_what_it_starts_with_is_kept(rig: Rig) -> None:
    await begun(rig)

    assert await kept(rig) == Snapshot.take(rig.files.path).digest
    assert success(rig) == 1


async def test_new_files_are_put_in_force_and_kept(rig: Rig) -> None:
    reload = await begun(rig)

    rig.files.write(instance="other")
    answer = await reload()

    digest = Snapshot.take(rig.files.path).digest
    assert answer == {"status": "reloaded", "warnings": []}
    assert rig.in_force.parts.instance == "other"
    assert rig.applied == [rig.in_force.parts]
    assert await kept(rig) == digest == reload.state()["digest"]


async def test_the_same_files_change_nothing(rig: Rig) -> None:
    reload = await begun(rig)
    before = rig.in_force.parts

    answer = await reload()

    assert answer["status"] == "unchanged"
    assert rig.in_force.parts is before
    assert rig.applied == []


async def test_warnings_are_in_the_answer(rig: Rig) -> None:
    reload = await begun(rig)

    rig.files.write(silences=[{**QUIET, "until": "2020-01-01T00:00:00Z"}])
    answer = await reload()

    assert any("silences[0]" in each for each in answer["warnings"])


async def test_broken_files_change_nothing_but_what_is_said(rig: Rig) -> None:
    reload = await begun(rig)
    before, digest = rig.in_force.parts, reload.state()["digest"]

    rig.files.add("more.yaml", BROKEN)
    with pytest.raises(SettingsError):
        await reload()

    state = reload.state()
    assert rig.in_force.parts is before
    assert await kept(rig) == digest == state["digest"]
    assert "more.yaml:1:1: servr: unknown key" in state["error"]
    assert success(rig) == 0
    (internal,) = await rig.listed(listing.events)
    assert internal["type"] == "internal"


async def test_only_problems_are_in_the_way_not_the_warnings_beside_them(rig: Rig) -> None:
    reload = await begun(rig)

    rig.files.write(silences=[{**QUIET, "until": "2020-01-01T00:00:00Z"}])
    rig.files.add("more.yaml", BROKEN)
    with pytest.raises(SettingsError):
        await reload()

    assert [each.split(": ")[1] for each in reload.state()["problems"]] == ["servr"]


async def test_what_would_not_have_been_started_is_refused(rig: Rig) -> None:
    reload = await begun(rig)

    rig.files.write(admin={"token": "a-token-of-sixteen-or-more"})
    rig.refusal = "anybody could"
    with pytest.raises(SettingsError, match=r"gateway\.yaml:2:\d+: admin: anybody could"):
        await reload()

    assert rig.in_force.parts.admin.token is None


async def test_mended_files_end_the_complaint(rig: Rig) -> None:
    reload = await begun(rig)
    rig.files.add("more.yaml", BROKEN)
    with pytest.raises(SettingsError):
        await reload()

    (rig.files.path / "more.yaml").unlink()
    answer = await reload()

    assert answer["status"] == "unchanged"
    assert (reload.state()["error"], success(rig)) == (None, 1)


async def test_secrets_of_before_stay_secret(rig: Rig) -> None:
    rig.files.environ["OLD"] = "the-old-secret-of-sixteen"
    old = {"snyk": {"type": "snyk", "secrets": ["${OLD}"]}}
    rig.files.write(sources=old)
    rig.in_force.parts = rig.files.load()
    reload = await begun(rig)

    rig.files.write()
    await reload()

    assert "the-old-secret" not in rig.in_force.parts.redaction("the-old-secret-of-sixteen")


async def test_where_the_store_fails_the_old_one_stays_in_force_and_the_watch_tries_again(
    rig: Rig,
) -> None:
    moody = Moody(rig.store)
    reload = await begun(replace(rig, store=moody))  # type: ignore[arg-type]  # writes alone
    before = rig.in_force.parts
    rig.files.write(instance="other")

    moody.fails = True
    with pytest.raises(Unavailable):
        await reload()
    failed = rig.in_force.parts
    moody.fails = False
    watching = asyncio.create_task(reload.watch())
    while rig.in_force.parts is before:
        await asyncio.sleep(SHORT)
    watching.cancel()

    assert failed is before
    assert rig.in_force.parts.instance == "other"


async def test_an_error_of_ours_is_a_reload_that_failed(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    reload = await begun(rig)

    def broken(*_path: Path, **_options: Any) -> Any:
        raise RuntimeError("a bug")

    monkeypatch.setattr(LOAD, broken)
    with pytest.raises(RuntimeError):
        await reload()

    assert success(rig) == 0
    assert "see its log: RuntimeError" in reload.state()["error"]


async def test_files_that_change_while_they_are_read_are_read_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    reload = await begun(rig)
    names = iter(["second", "third"])

    def slow(path: Path, **options: Any) -> Any:
        loaded = load(path, **options)
        if name := next(names, None):
            rig.files.write(instance=name)
        return loaded

    monkeypatch.setattr(LOAD, slow)
    rig.files.write(instance="first")
    await reload()

    assert rig.in_force.parts.instance == "third"
    assert await kept(rig) == Snapshot.take(rig.files.path).digest


async def test_what_is_muted_is_judged_anew(rig: Rig) -> None:
    rig.files.write(silences=[QUIET])
    rig.in_force.parts = rig.files.load()
    reload = await begun(rig)
    await rig.came()
    muted = await rig.judged()

    rig.files.write()
    await reload()

    assert (muted, await rig.judged()) == (["muted"], ["pending"])


async def test_what_was_let_go_and_not_tried_yet_is_judged_anew(rig: Rig) -> None:
    reload = await begun(rig)
    await rig.came()
    free = await rig.judged()

    rig.files.write(silences=[QUIET])
    await reload()

    assert (free, await rig.judged()) == (["pending"], ["muted"])


async def test_a_reminder_that_is_new_in_the_rules_counts_for_what_is_open_already(
    rig: Rig,
) -> None:
    reload = await begun(rig)
    await rig.came()

    rig.files.write(route={"sinks": ["siem"], "group_by": ["finding"], "repeat_interval": "4h"})
    await reload()

    assert await rig.store.read(alerts.next_reminder) == NOON + timedelta(hours=4)


@pytest.mark.parametrize("changes", [{}, {"instance": "other"}])
async def test_a_sink_that_was_left_alone_is_probed_at_once(
    rig: Rig, changes: dict[str, str]
) -> None:
    reload = await begun(rig)
    await rig.refused()
    waited = await rig.probe_at()

    rig.files.write(**changes)
    await reload()

    assert waited == NOON + FIRST_WAIT
    assert await rig.probe_at() == NOON


async def test_what_is_muted_is_judged_anew_at_the_start(rig: Rig) -> None:
    rig.files.write(silences=[QUIET])
    rig.in_force.parts = rig.files.load()
    await rig.came()

    rig.files.write()
    rig.in_force.parts = rig.files.load()
    await begun(rig)

    assert await rig.judged() == ["pending"]


async def test_an_older_configuration_is_said_to_be_one_until_the_files_are_mended(
    rig: Rig,
) -> None:
    problem = Problem(file="more.yaml", line=1, column=1, path="servr", text="unknown key")
    fallback = Fallback(accepted_at=NOON, problems=(problem,), digest="of the broken files")
    reload = rig.reload(replace(rig.origin(), fallback=fallback))
    await reload.begin()
    older, failed = dict(reload.state()), success(rig)

    answer = await reload()

    assert (older["source"], older["accepted_at"], older["error"]) == ("store", NOON, str(problem))
    assert (failed, success(rig)) == (0, 1)
    assert answer["status"] == "reloaded"
    assert (reload.state()["source"], reload.state()["error"]) == ("files", None)


async def test_broken_files_are_not_read_again_until_they_change(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    reload = await begun(rig)
    rig.files.add("more.yaml", BROKEN)
    with pytest.raises(SettingsError):
        await reload()
    read: list[Path] = []

    monkeypatch.setattr(LOAD, lambda path, **_options: read.append(path))
    watching = asyncio.create_task(reload.watch())
    while len(rig.clock.slept) < LOOKS:
        await asyncio.sleep(SHORT)
    watching.cancel()

    assert read == []


async def test_asked_it_reads_files_that_have_not_changed(rig: Rig) -> None:
    reload = await begun(rig)
    rig.files.add("more.yaml", BROKEN)
    with pytest.raises(SettingsError):
        await reload()
    (rig.files.path / "more.yaml").unlink()

    rig.asked.set()
    watching = asyncio.create_task(reload.watch())
    while reload.state()["error"]:
        await asyncio.sleep(SHORT)
    watching.cancel()

    assert success(rig) == 1
    assert not rig.asked.is_set()
