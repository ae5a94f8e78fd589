"""Where a store is: a file, or a PostgreSQL, for those tests that ask for one."""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import uvloop

from gateway.store import postgres
from gateway.store.schema import migrate
from tests.postgres import DSN, database, server


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Of a server; each worker has its own."""
    if DSN in os.environ:
        yield os.environ[DSN]
        return
    with server() as running:
        yield running.url


@pytest.fixture(scope="session")
def migrated(postgres_url: str) -> Iterator[str]:
    """URL of a database on the newest schema, to be copied."""
    with database(postgres_url) as url:
        engine = postgres.writer_engine(url)
        migrate(engine)
        engine.dispose()
        yield url


@pytest.fixture
def shared_url(postgres_url: str, migrated: str) -> Iterator[str]:
    """Of a database on the newest schema with nothing in it."""
    with database(postgres_url, template=migrated.rpartition("/")[2]) as url:
        yield url


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gateway.db"


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


def pytest_asyncio_loop_factories(
    config: pytest.Config,  # noqa: ARG001 - pytest-asyncio's signature
    item: pytest.Item,
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Where sockets are at work, tests run on the loop that a gateway has, and its stand-in."""
    loops: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
    if {"web", "transport"} & set(item.path.parts):
        loops["uvloop"] = uvloop.new_event_loop
    return loops
