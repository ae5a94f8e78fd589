from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.store.settings import StoreSettings, database, shown


def test_the_default_is_a_file_below_the_working_directory() -> None:
    assert database(StoreSettings().url) == Path("data/gateway.db")


def test_four_slashes_make_an_absolute_path() -> None:
    url = StoreSettings(url="sqlite:////var/lib/gateway.db").url

    assert database(url) == Path("/var/lib/gateway.db")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://gateway@db/gateway",
        "postgresql://gateway:pass%23word@db:5433/gateway?sslmode=verify-full",
        "postgresql://one,two/gateway?user=gateway",
        "postgresql:///gateway?host=/run/postgresql",
    ],
)
def test_a_server_is_named_as_its_own_tools_name_it(url: str) -> None:
    assert StoreSettings(url=url).url == url


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("postgresql://gateway@db", "the database has no name"),
        ("postgresql://db/", "the database has no name"),
        ("postgresql://db/gateway#x", "write %23"),
        ("postgresql://[db/gateway", "not a URL"),
        ("postgresql+psycopg://db/gateway", "write sqlite:///data/gateway.db, or postgresql://"),
        ("postgres:x", "write sqlite:///data/gateway.db, or postgresql://"),
    ],
)
def test_a_server_that_is_none_is_a_problem(url: str, text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        StoreSettings(url=url)


def test_what_is_printed_of_a_server_holds_no_secret() -> None:
    url = "postgresql://gateway:secret@db:5433/gateway?password=secret"

    assert shown(url) == "postgresql://gateway@db:5433/gateway"
    assert shown("sqlite:///data/gateway.db") == "sqlite:///data/gateway.db"


def test_a_password_is_for_a_server_and_is_asked_for_when_it_is_used() -> None:
    given = StoreSettings.model_validate({"url": "postgresql://db/gateway", "password": "secret"})

    assert given.secret is not None
    assert given.secret() == "secret"
    assert "secret" not in repr(given).replace("SecretText", "")
    with pytest.raises(ValidationError, match="an SQLite file has no password"):
        StoreSettings.model_validate({"password": "secret"})


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
