import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from typer.testing import Result

from gateway.store import copying
from gateway.store.driver import driver
from gateway.store.lock import Lock
from gateway.store.store import Store
from gateway.store.tables import metadata
from tests.postgres import database
from tests.store.conftest import Make
from tests.store.filled import fill

Run = Callable[..., Result]


@pytest.fixture
def config(tmp_path: Path, url: str) -> str:
    """A file that says no more than where the store is."""
    return configured(tmp_path, url)


@pytest.fixture
def filled(url: str) -> str:
    fill(url, Make())
    return url


def configured(folder: Path, url: str) -> str:
    file = folder / "gateway.yaml"
    file.write_text(f"store:\n  url: {url}\n")
    return str(file)


def changed(path: Path, statement: str) -> None:
    raw = driver.connect(str(path), isolation_level=None)
    raw.execute(statement)
    raw.close()


def test_a_new_store_is_made(run: Run, config: str, url: str) -> None:
    results = [run("store", "migrate", "--config", config) for _ in range(2)]

    assert [(each.exit_code, each.stdout) for each in results] == [(0, ""), (0, "")]
    assert [each.stderr for each in results] == [
        f"{url}: made, on schema 0005\n",
        f"{url}: is on schema 0005, the newest\n",
    ]


def test_a_database_is_brought_to_the_newest_schema(
    run: Run, tmp_path: Path, postgres_url: str
) -> None:
    with database(postgres_url) as url:
        config = configured(tmp_path, url)
        run("store", "migrate", "--config", config)
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '0003'")
            connection.execute("DROP TABLE locks, duties; ALTER TABLE events DROP lease_until")
            connection.execute("DROP INDEX events_unread")

        result = run("store", "migrate", "--config", config)

    assert (result.exit_code, result.stderr) == (0, f"{url}: brought from schema 0003 to 0005\n")


def test_a_gateway_that_runs_is_not_disturbed(run: Run, config: str, path: Path) -> None:
    lock = Lock(path)

    result = run("store", "migrate", "--config", config)

    lock.release()
    assert (result.exit_code, result.stderr.count("\n")) == (3, 1)
    assert "in use by another gateway" in result.stderr


@pytest.mark.parametrize("command", ["migrate", "check"])
def test_a_store_that_is_in_doubt_is_not_guessed(
    command: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = configured(tmp_path, "${STORE_THAT_IS_NOT_SET}")

    result = run("store", command, "--config", config)

    assert result.exit_code == 1
    assert "store.url: the variable STORE_THAT_IS_NOT_SET is not set" in result.stderr
    assert not (tmp_path / "data").exists()


def test_a_sound_store_is_told_in_lines(run: Run, config: str, filled: str) -> None:
    result = run("store", "check", "--config", config)

    assert (result.exit_code, result.stderr) == (0, f"{filled}: sound\n")
    lines = result.stdout.splitlines()
    assert lines[0] == f"store   {filled}"
    assert lines[1].startswith("engine  SQLite 3.")
    assert lines[2:5] == ["schema  0005", "", "TABLE           ROWS"]
    assert "deliveries      12" in lines


def test_a_sound_database_is_told_in_json(run: Run, tmp_path: Path, shared_url: str) -> None:
    fill(shared_url, Make())
    secret = shared_url.replace("gateway@", "gateway:hunter22@")

    result = run("store", "check", "--json", "--config", configured(tmp_path, secret))

    said = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (said["store"], said["findings"], said["revision"]) == (shared_url, [], "0005")
    assert said["rows"].keys() == metadata.tables.keys()
    assert "hunter22" not in result.stdout + result.stderr


@pytest.mark.usefixtures("filled")
def test_what_is_found_is_told(run: Run, config: str, path: Path) -> None:
    changed(path, "DROP INDEX deliveries_due")

    result = run("store", "check", "--config", config)

    assert result.exit_code == 1
    assert result.stdout.endswith("\ndeliveries: the index deliveries_due is missing\n")
    assert result.stderr.endswith("gateway.db: 1 finding\n")


def test_no_store_cannot_be_opened(run: Run, config: str, path: Path) -> None:
    result = run("store", "check", "--config", config)

    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.endswith("gateway.db: there is no store\n")
    assert not path.exists()


def test_a_store_is_copied_and_compared(run: Run, filled: str, shared_url: str) -> None:
    result = run("store", "copy", "--from", filled, "--to", shared_url)

    assert result.exit_code == 0, result.stderr
    table = [line.split() for line in result.stdout.splitlines()]
    assert table[0] == ["TABLE", "ROWS", "SHA256"]
    assert {row[0]: row[1] for row in table}["deliveries"] == "12"
    assert all(len(row[2]) == 64 for row in table[1:])
    assert result.stderr.splitlines()[-1].startswith(f"{shared_url}: holds the same, ")


def test_a_copy_says_how_far_it_is(run: Run, filled: str, shared_url: str) -> None:
    result = run("store", "copy", "--from", filled, "--to", shared_url)

    assert any(line.startswith("copying: ") for line in result.stderr.splitlines())
    assert any(line.startswith("comparing: ") for line in result.stderr.splitlines())


def test_a_target_with_something_else_in_it_is_refused(
    run: Run, filled: str, shared_url: str
) -> None:
    store = Store.open(shared_url)
    store.close()
    with psycopg.connect(shared_url) as connection:
        connection.execute("INSERT INTO budgets VALUES ('mine', 1, 1)")

    result = run("store", "copy", "--from", filled, "--to", shared_url)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"{shared_url}: budgets holds rows that are not the first of")


def test_tables_that_differ_at_last_are_named(
    run: Run, filled: str, path: Path, shared_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = copying.copy

    def spoilt(*all_: object) -> None:
        whole(*all_)  # type: ignore[arg-type]  # passed on as it came
        with psycopg.connect(shared_url) as connection:
            connection.execute("UPDATE alerts SET route = 'else' WHERE id = 'alr_2'")

    monkeypatch.setattr(copying, "copy", spoilt)

    result = run("store", "copy", "--from", filled, "--to", shared_url)

    assert result.exit_code == 1
    assert f"{shared_url}: alerts differs: 2 rows, " in result.stderr
    assert path.exists()


def test_a_store_in_use_is_not_copied(run: Run, filled: str, path: Path, shared_url: str) -> None:
    lock = Lock(path)

    result = run("store", "copy", "--from", filled, "--to", shared_url)

    lock.release()
    assert (result.exit_code, result.stderr.count("\n")) == (3, 1)


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ("mysql://x", "not a store; write sqlite:///data/gateway.db"),
        ("postgresql://u:p@hunter22@db/x", "write %40 for a '@'"),
        ("postgresql://u:hunter22%@db/x", "%25 for a '%'"),
        ("postgresql://u:hunter22@db", "the database has no name"),
        ("sqlite:///gateway.db", "sqlite:///gateway.db is the store itself"),
    ],
)
def test_what_is_no_place_for_a_copy_is_wrong_usage(run: Run, there: str, said: str) -> None:
    result = run("store", "copy", "--from", "sqlite:///gateway.db", "--to", there)

    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert "hunter22" not in result.stderr


def test_the_help_says_where_a_password_goes(run: Run) -> None:
    result = run("store", "copy", "--help")

    assert "PGPASSWORD or PGPASSFILE" in " ".join(result.stdout.split())


def test_a_password_is_taken_from_the_environment(
    run: Run, filled: str, shared_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGUSER", "gateway")
    monkeypatch.setenv("PGPASSWORD", "hunter22")

    result = run("store", "copy", "--from", filled, "--to", shared_url.replace("gateway@", ""))

    assert result.exit_code == 0, result.stderr
    assert "hunter22" not in result.stdout + result.stderr
