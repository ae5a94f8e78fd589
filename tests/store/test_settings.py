from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.store.settings import StoreSettings, database


def test_the_default_is_a_file_below_the_working_directory() -> None:
    assert database(StoreSettings().url) == Path("data/gateway.db")


def test_four_slashes_make_an_absolute_path() -> None:
    url = StoreSettings(url="sqlite:////var/lib/gateway.db").url

    assert database(url) == Path("/var/lib/gateway.db")


@pytest.mark.parametrize(
    "url", ["postgresql://db/gateway", "postgresql+psycopg://db", "postgres:x"]
)
def test_postgresql_is_for_later(url: str) -> None:
    with pytest.raises(ValidationError, match="PostgreSQL is not supported yet"):
        StoreSettings(url=url)


@pytest.mark.parametrize(
    "url",
    ["", "sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///data/", "mysql://x", "a.db"],
)
def test_anything_else_is_a_problem(url: str) -> None:
    with pytest.raises(ValidationError, match="write sqlite:///data/gateway"):
        StoreSettings(url=url)


def test_retention_is_finite_by_default_and_at_least_an_hour() -> None:
    assert StoreSettings().retention == 30 * 86400
    assert StoreSettings.model_validate({"retention": "1h"}).retention == 3600
    with pytest.raises(ValidationError):
        StoreSettings.model_validate({"retention": "59m"})
