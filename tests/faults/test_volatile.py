import random
from collections.abc import Mapping

from tests.faults.timeline import Created, FolderSynced, Removed, Step, Synced, Truncated, Written
from tests.faults.volatile import Fate, Volume, fate

BEFORE, AFTER = b"b" * 2048, b"a" * 2048
WRITE = Written("log", 0, AFTER)


def left(*steps: Step, kept: float = 0.0, seed: int = 0) -> Mapping[str, bytes]:
    volume = Volume()
    for step in steps:
        volume.take(step)
    rolls = random.Random(seed)
    return volume.cut(Fate(rolls, kept, sector=512))


def on_disk(content: bytes) -> tuple[Step, ...]:
    written = Written("log", 0, content)
    return (Created("log"), written, Synced("log"), FolderSynced())


def test_what_was_synced_is_there_whatever_comes() -> None:
    assert left(*on_disk(BEFORE)) == {"log": BEFORE}


def test_what_was_not_synced_is_lost_or_kept() -> None:
    assert left(*on_disk(BEFORE), WRITE, kept=0.0) == {"log": BEFORE}
    assert left(*on_disk(BEFORE), WRITE, kept=1.0) == {"log": AFTER}


def test_a_write_may_be_torn_at_its_sectors_in_front_or_anywhere() -> None:
    seen = {left(*on_disk(BEFORE), WRITE, kept=0.01, seed=seed)["log"] for seed in range(400)}

    sectors = {tuple(each[at : at + 512] for at in range(0, 2048, 512)) for each in seen}
    assert all(set(each) <= {b"b" * 512, b"a" * 512} for each in sectors)
    assert len(sectors) == 2**4


def test_a_torn_write_is_cut_where_sectors_of_the_file_end() -> None:
    late = Written("log", 500, b"a" * 24)

    seen = {left(*on_disk(bytes(600)), late, kept=0.01, seed=seed)["log"] for seed in range(200)}

    assert {each[500:524].count(b"a") for each in seen} == {0, 12, 24}


def test_a_later_write_may_be_there_without_an_earlier_one() -> None:
    steps = (*on_disk(b""), Written("log", 0, b"first"), Written("log", 5, b"second"))

    seen = {left(*steps, kept=0.5, seed=seed)["log"] for seed in range(100)}

    assert {b"", b"first", b"firstsecond", b"\0\0\0\0\0second"} <= seen


def test_an_unsynced_truncation_goes_either_way() -> None:
    steps = (*on_disk(b"abc"), Truncated("log", 1))

    assert left(*steps, kept=0.0) == {"log": b"abc"}
    assert left(*steps, kept=1.0) == {"log": b"a"}
    assert left(*steps, Synced("log"), kept=0.0) == {"log": b"a"}


def test_a_file_may_be_missing_until_its_folder_was_synced_though_it_was_itself() -> None:
    steps = (Created("log"), WRITE, Synced("log"))

    assert left(*steps, kept=0.0) == {}
    assert left(*steps, kept=1.0) == {"log": AFTER}
    assert left(*steps, FolderSynced(), kept=0.0) == {"log": AFTER}


def test_a_removed_file_may_be_back_until_its_folder_was_synced() -> None:
    steps = (*on_disk(BEFORE), Removed("log"))

    assert left(*steps, kept=0.0) == {"log": BEFORE}
    assert left(*steps, kept=1.0) == {}
    assert left(*steps, FolderSynced(), kept=0.0) == {}


def test_opening_a_file_that_is_there_changes_nothing() -> None:
    assert left(*on_disk(BEFORE), Created("log"), kept=1.0) == {"log": BEFORE}


def test_cuts_go_every_way() -> None:
    rolls = random.Random(1)

    drawn = [fate(rolls) for _ in range(100)]

    assert {0.0, 1.0} < {each.kept for each in drawn}
    assert {each.sector for each in drawn} == {512, 4096}
