"""The section `store` of gateway.yaml."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from gateway.settings.section import Section
from gateway.settings.types import Duration, SecretText, problem

_SQLITE = "sqlite:///"
_SERVER = "postgresql://"
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ADVICE = "write sqlite:///data/gateway.db, or postgresql://user@host/database"


def is_server(url: str) -> bool:
    """Whether it names a database on a server, which several gateways may share."""
    return url.startswith(_SERVER)


def database(url: str) -> Path:
    """The file that an SQLite URL names; a relative one counts from the working directory."""
    return Path(url.removeprefix(_SQLITE))


def shown(url: str) -> str:
    """The URL as it may be printed: without a password, and the options that may hold one."""
    if not is_server(url):
        return url
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    return f"{_SERVER}{user.partition(':')[0]}{at}{host}{parts.path}"


def _url(url: str) -> str:
    if is_server(url):
        return _server(url)
    path = url.removeprefix(_SQLITE)
    if path in {url, "", ":memory:"} or path.endswith("/") or "?" in path or "\x00" in path:
        raise problem(f"not a store; {_ADVICE}")
    return url


def _server(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise problem(f"not a URL; {_ADVICE}") from None
    if len(parts.path) < 2 or "\x00" in url:  # noqa: PLR2004 - a slash and a name
        raise problem("the database has no name; write postgresql://user@host/database")
    if parts.netloc.count("@") > 1 or _STRAY_PERCENT.search(url):
        # Else the driver would take the rest of a password for a host, and say so.
        raise problem("write %40 for a '@' in a user's name or password, and %25 for a '%'")
    if parts.fragment:
        raise problem("a URL here takes no #fragment; write %23 for a '#' in a password")
    return url


class StoreSettings(Section):
    """Where everything is remembered."""

    url: Annotated[str, AfterValidator(_url)] = "sqlite:///data/gateway.db"
    password: SecretText | None = Field(
        default=None, description="Of the database user; beside the URL, so that it can be a file"
    )
    retention: Duration = Field(
        default=30 * 86400.0, ge=3600, description="What ended longer ago is forgotten"
    )

    @property
    def secret(self) -> Callable[[], str] | None:
        """Gives the password as it is now; None where there is none beside the URL."""
        return None if self.password is None else self.password.reveal

    @model_validator(mode="after")
    def _has_use_for_a_password(self) -> "StoreSettings":
        if self.password is not None and not is_server(self.url):
            raise problem("an SQLite file has no password; leave it out")
        return self
