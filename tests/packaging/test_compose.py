"""docker-compose.yml, as far as it can be judged without an engine."""

import re
from pathlib import Path
from typing import Any

import pytest

from gateway.settings.listeners import Server
from gateway.settings.types import duration

from .conftest import Run

Compose = dict[str, Any]
EVERY = pytest.mark.parametrize("name", ["gateway", "caddy"])


def test_follows_the_specification(run: Run) -> None:
    run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")


@EVERY
def test_containers_have_no_rights_and_bounds(compose: Compose, name: str) -> None:
    service = compose["services"][name]

    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert service["restart"] == "unless-stopped"
    assert {"mem_limit", "pids_limit"} <= service.keys()
    assert any(mount.startswith("/tmp:") for mount in service["tmpfs"])  # noqa: S108 - a mount


@EVERY
def test_foreign_images_are_pinned_by_exact_tag(compose: Compose, name: str) -> None:
    image = compose["services"][name]["image"]

    assert re.fullmatch(r"[a-z-]+:\d+\.\d+\.\d+(?:-[a-z]+)?", image)


def test_image_carries_the_version_of_the_project(compose: Compose, root: Path) -> None:
    version = re.search(r'^version = "(.+)"', (root / "pyproject.toml").read_text(), re.MULTILINE)

    assert version is not None
    assert compose["services"]["gateway"]["image"] == f"snyk-gateway:{version[1]}"


def test_gateway_is_published_on_loopback_only(compose: Compose) -> None:
    ports = compose["services"]["gateway"]["ports"]

    assert sorted(ports) == ["127.0.0.1:8080:8080", "127.0.0.1:8081:8081"]


def test_configuration_is_mounted_read_only_and_as_a_folder(compose: Compose, root: Path) -> None:
    source, target, mode = compose["services"]["gateway"]["volumes"][0].split(":")

    assert (target, mode) == ("/config", "ro")
    assert (root / source).is_dir()


def test_drain_ends_before_the_engine_loses_patience(compose: Compose) -> None:
    patience = duration(compose["services"]["gateway"]["stop_grace_period"])

    assert patience > Server().grace


def test_every_secret_file_of_the_configuration_is_mounted(compose: Compose, root: Path) -> None:
    text = (root / "config" / "gateway.yaml").read_text()
    read = set(re.findall(r'\{file: "\$\{CREDENTIALS_DIRECTORY:-/run/secrets\}/(\w+)"\}', text))

    assert read == set(compose["services"]["gateway"]["secrets"])
    assert read == compose["secrets"].keys()
    assert "gateway_admin_token" in read


def test_every_variable_of_the_configuration_is_passed_on(compose: Compose, root: Path) -> None:
    text = (root / "config" / "gateway.yaml").read_text()
    used = set(re.findall(r"\$\{(\w+)", text)) - {"CREDENTIALS_DIRECTORY"}

    assert used == compose["services"]["gateway"]["environment"].keys()


def test_secrets_are_explained_and_never_committed(compose: Compose, root: Path) -> None:
    folder = root / "deploy" / "secrets"
    named = [secret["file"].removeprefix("./") for secret in compose["secrets"].values()]

    assert all((root / name).parent == folder for name in named)
    assert (folder / ".gitignore").read_text().splitlines()[0] == "*"
    explained = re.findall(r"^\| `(\w+)`", (folder / "README.md").read_text(), re.MULTILINE)
    assert compose["secrets"].keys() <= set(explained)


def test_variables_of_compose_are_in_the_example(compose: Compose, root: Path) -> None:
    used = set(re.findall(r"\$\{(\w+)", str(compose)))
    given = set(re.findall(r"^(\w+)=", (root / ".env.example").read_text(), re.MULTILINE))

    assert used <= given


def test_caddy_waits_for_a_gateway_that_restarts_and_repeats_whole_bodies(root: Path) -> None:
    text = (root / "deploy" / "caddy" / "Caddyfile").read_text()

    assert "lb_try_duration 60s" in text
    assert "request_buffers 32MiB" in text
    assert "max_size 32MiB" in text
    assert Server().max_body == 32 * 1024**2


def test_caddy_lets_only_webhooks_and_liveness_through(root: Path) -> None:
    text = (root / "deploy" / "caddy" / "Caddyfile").read_text()

    assert "@public path /webhooks/* /healthz\n" in text
    assert "8081" not in text
