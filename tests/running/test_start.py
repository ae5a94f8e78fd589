import shutil
from pathlib import Path

import pytest

from gateway.errors import CannotStart, SettingsError
from gateway.load import Loaded
from gateway.preview.routing_test import failures
from gateway.running.reload import Origin
from gateway.running.start import starting
from gateway.settings.snapshot import Snapshot
from gateway.store import configurations
from gateway.store.configurations import Accepted
from gateway.store.store import Store
from tests.pipeline.conftest import NOON
from tests.running.conftest import Files

BROKEN = "servr: {}\n"


def started(files: Files, *, strict: bool = False) -> tuple[Loaded, Origin]:
    return starting(files.path, environ=files.environ, strict=strict)


async def accepted(files: Files, *, packed: bytes | None = None) -> Snapshot:
    """Keeps the files in the store, as a gateway that ran with them has."""
    snapshot = Snapshot.take(files.path)
    row = Accepted(digest=snapshot.digest, accepted_at=NOON, files=packed or snapshot.packed())
    store = Store.open(files.store_url)
    await store.write(lambda connection: configurations.accept(connection, row))
    store.close()
    return snapshot


def test_sound_files_are_what_runs(files: Files) -> None:
    loaded, origin = started(files)

    assert set(loaded.parts.sinks) == {"siem"}
    assert origin.snapshot.digest == Snapshot.take(files.path).digest
    assert origin.fallback is None


def test_a_failing_routing_test_is_no_reason_not_to_start(files: Files) -> None:
    test = "- {name: nobody hears, event: {sample: new-critical}, expect_none: [siem]}\n"
    files.add("tests/rules.yaml", test)

    loaded, origin = started(files)

    assert failures(loaded.parts)
    assert origin.fallback is None


def test_broken_files_are_all_there_is_to_say_where_nothing_was_ever_accepted(
    files: Files,
) -> None:
    files.add("more.yaml", BROKEN)

    with pytest.raises(SettingsError, match=r"more\.yaml:1:1: servr"):
        started(files)

    assert not (files.folder / "gateway.db").exists()


async def test_in_the_place_of_broken_files_runs_what_was_accepted_last(files: Files) -> None:
    files.write(instance="older")
    kept = await accepted(files)
    files.write(instance="newer")
    files.add("more.yaml", BROKEN)

    loaded, origin = started(files)

    assert loaded.parts.instance == "older"
    assert loaded.parts.folder == files.path
    assert origin.snapshot.digest == kept.digest
    assert origin.fallback is not None
    assert origin.fallback.accepted_at == NOON
    assert origin.fallback.digest == Snapshot.take(files.path).digest
    assert [each.path for each in origin.fallback.problems] == ["servr"]


@pytest.mark.parametrize("where", ["before", "after"])
async def test_what_was_accepted_last_is_found_though_the_file_that_names_the_store_is_no_yaml(
    files: Files, where: str
) -> None:
    files.environ["FOLDER"] = str(files.folder)
    await accepted(files)
    store = 'store:\n  # a disk of its own\n\n  url: "sqlite:///${FOLDER}/gateway.db"\n'
    broken = "route: {sinks: [siem\n"
    text = store + broken if where == "after" else broken + store
    (files.path / "gateway.yaml").write_text(text)

    _, origin = started(files)

    assert origin.fallback is not None


async def test_it_runs_with_the_templates_that_it_had_then(files: Files) -> None:
    files.add("templates/mine.json.j2", '{"text": "older"}')
    files.write(route={"sinks": ["siem"], "template": "mine"})
    await accepted(files)
    shutil.rmtree(files.path / "templates")

    loaded, origin = started(files)

    assert origin.fallback is not None
    assert loaded.parts.tree.root.template == "mine"


@pytest.mark.parametrize("packed", [b"not packed at all", b""])
async def test_a_kept_configuration_that_cannot_be_read_helps_nobody(
    files: Files, packed: bytes
) -> None:
    await accepted(files, packed=packed or Snapshot(files={"a.yaml": BROKEN.encode()}).packed())
    files.add("more.yaml", BROKEN)

    with pytest.raises(SettingsError, match=r"more\.yaml:1:1: servr"):
        started(files)


async def test_strict_starts_with_nothing_but_the_files(files: Files) -> None:
    await accepted(files)
    files.add("more.yaml", BROKEN)

    with pytest.raises(CannotStart, match=r"more\.yaml:1:1: servr"):
        started(files, strict=True)


async def test_no_copy_of_the_kept_files_is_left_behind(
    files: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await accepted(files)
    files.add("more.yaml", BROKEN)
    copies = tmp_path / "copies"
    copies.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(copies))

    started(files)

    assert list(copies.iterdir()) == []
