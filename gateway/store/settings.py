"""The section `store` of gateway.yaml."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from gateway.settings.section import Section
from gateway.settings.types import Duration, problem

_SQLITE = "sqlite:///"


def database(url: str) -> Path:
    """The file that an SQLite URL names; a relative one counts from the working directory."""
    return Path(url.removeprefix(_SQLITE))


def _url(url: str) -> str:
    if url.startswith(("postgresql:", "postgresql+", "postgres:")):
        raise problem("PostgreSQL is not supported yet")
    path = url.removeprefix(_SQLITE)
    if path in {url, "", ":memory:"} or path.endswith("/") or "?" in path or "\x00" in path:
        raise problem("not a store; write sqlite:///data/gateway.db")
    return url


class StoreSettings(Section):
    """Where everything is remembered."""

    url: Annotated[str, AfterValidator(_url)] = "sqlite:///data/gateway.db"
    retention: Duration = Field(
        default=30 * 86400.0, ge=3600, description="What ended longer ago is forgotten"
    )
