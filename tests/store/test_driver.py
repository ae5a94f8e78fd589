import pytest

from gateway.store.driver import advice, can_lose_commits, driver


@pytest.mark.parametrize(
    "version",
    [(3, 7, 0), (3, 40, 1), (3, 44, 5), (3, 45, 0), (3, 46, 1), (3, 50, 6), (3, 51, 0), (3, 51, 2)],
)
def test_versions_with_the_bug(version: tuple[int, int, int]) -> None:
    assert can_lose_commits(version)


@pytest.mark.parametrize(
    "version",
    [(3, 6, 23), (3, 44, 6), (3, 44, 9), (3, 50, 7), (3, 51, 3), (3, 53, 4), (4, 0, 0)],
)
def test_versions_without_it(version: tuple[int, int, int]) -> None:
    assert not can_lose_commits(version)


def test_only_a_version_with_the_bug_is_warned_of() -> None:
    assert "SQLite 3.40.1 can lose commits" in (advice((3, 40, 1)) or "")
    assert advice((3, 53, 4)) is None


def test_the_driver_tells_its_version_as_a_triple() -> None:
    assert len(driver.sqlite_version_info) == 3
