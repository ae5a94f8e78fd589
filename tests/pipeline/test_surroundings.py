from pathlib import Path

import pytest

from gateway.pipeline.surroundings import Signatures, mind_disk
from tests.pipeline.conftest import Pipeline, Start

MIB = 1024**2
GIB = 1024**3
HERE = Path()


@pytest.fixture
def gateway(pipeline: Start) -> Pipeline:
    return pipeline("route: {sinks: [chat]}")


async def alarms(gateway: Pipeline) -> list[str]:
    return [item["transport_id"] for item in await gateway.heard_of(type="internal")]


@pytest.mark.parametrize(
    ("size", "free", "expected"),
    [
        (100 * GIB, 3 * GIB, []),
        (100 * GIB, 1 * GIB, ["disk_nearly_full"]),
        (20 * GIB, 1100 * MIB, []),
        (20 * GIB, 900 * MIB, ["disk_nearly_full"]),
        (1 * GIB, 300 * MIB, []),
        (1 * GIB, 200 * MIB, ["disk_nearly_full"]),
    ],
)
async def test_a_disk_is_nearly_full_by_its_share_or_by_what_is_left(
    gateway: Pipeline, size: int, free: int, expected: list[str]
) -> None:
    await mind_disk(HERE, gateway.alarm, usage=lambda _folder: (size, size - free, free))

    assert await alarms(gateway) == expected


async def test_the_disk_of_a_real_folder_is_looked_at(gateway: Pipeline, tmp_path: Path) -> None:
    await mind_disk(tmp_path, gateway.alarm)

    assert set(await alarms(gateway)) <= {"disk_nearly_full"}


@pytest.mark.parametrize(("refused", "expected"), [((9, 9), []), ((0, 10), ["signature_failures"])])
async def test_many_refused_signatures_between_two_looks_are_told_and_a_few_are_not(
    gateway: Pipeline, refused: tuple[int, int], expected: list[str]
) -> None:
    watch = Signatures(gateway.in_force, gateway.metrics, gateway.alarm)

    for number in refused:
        gateway.metrics.signature_failures.labels("snyk").inc(number)
        await watch.look()

    assert await alarms(gateway) == expected
