"""The two addresses that the gateway listens on."""

from pathlib import Path

from pydantic import Field

from gateway.settings.problem import Loc
from gateway.settings.section import Section
from gateway.settings.types import Duration, HttpUrl, Listen, Network, SecretText, Size


class Tls(Section):
    """Certificate chain and private key in PEM files; read again when they change."""

    certificate: str
    key: str

    def paths(self, folder: Path) -> tuple[Path, Path]:
        """Both files; relative ones count from the configuration folder."""
        return folder / self.certificate, folder / self.key


class Server(Section):
    """The public side: webhooks and health, nothing else."""

    listen: Listen = ("0.0.0.0", 8080)  # noqa: S104 - a container's port is published on purpose
    tls: Tls | None = None
    max_body: Size = Field(default=32 * 1024**2, ge=1024)
    max_inflight: Size = Field(default=256 * 1024**2, ge=1024)
    allow_from: list[Network] = Field(default_factory=list)
    trusted_proxies: list[Network] = Field(default_factory=list)
    grace: Duration = Field(default=25.0, ge=0, le=600)

    def warnings(self) -> list[tuple[Loc, str]]:
        """A body that no room is left for."""
        if self.max_inflight >= self.max_body:
            return []
        return [(("max_inflight",), "is below max_body: larger bodies always get 503")]


class Admin(Section):
    """The operator's side: page, API, metrics."""

    listen: Listen = ("127.0.0.1", 8081)
    token: SecretText | None = None
    public_url: HttpUrl | None = None
