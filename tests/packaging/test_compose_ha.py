"""docker-compose.ha.yml, as far as it can be judged without an engine."""

import re
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gateway.load import load
from gateway.settings.listeners import Server
from gateway.settings.types import duration
from gateway.store.settings import StoreSettings

from .conftest import Run

Compose = dict[str, Any]
GATEWAYS = ["gateway-1", "gateway-2"]
EVERY = pytest.mark.parametrize("name", [*GATEWAYS, "caddy", "postgres"])
# What a gateway's own place in the file is, beside what both share.
OWN = {"ports", "build", "pull_policy"}


@pytest.fixture
def caddyfile(root: Path) -> str:
    return (root / "deploy" / "caddy-ha" / "Caddyfile").read_text()


def test_follows_the_specification(run: Run, makefile: str) -> None:
    words = ("--builtin-schema", "vendor.compose-spec", "docker-compose.yml")

    run("check-jsonschema", *words, "docker-compose.ha.yml")
    assert f"check-jsonschema {' '.join(words)} docker-compose.ha.yml\n" in makefile


def test_every_service_is_judged_here(ha: Compose) -> None:
    assert ha["services"].keys() == {*GATEWAYS, "caddy", "postgres"}


@EVERY
def test_containers_have_no_rights_and_bounds(ha: Compose, name: str) -> None:
    service = ha["services"][name]

    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "caddy" else [])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert service["restart"] == "unless-stopped"
    assert {"mem_limit", "pids_limit", "logging", "stop_grace_period"} <= service.keys()
    assert any(mount.startswith("/tmp:") for mount in service["tmpfs"])  # noqa: S108 - a mount


@EVERY
def test_images_are_pinned_by_exact_tag(ha: Compose, name: str) -> None:
    image = ha["services"][name]["image"]

    # PostgreSQL's minor version is its second number.
    assert re.fullmatch(r"(?:postgres:\d+\.\d+|[a-z-]+:\d+\.\d+\.\d+)(?:-[a-z]+)?", image)


def test_gateways_are_alike_but_for_their_ports(ha: Compose) -> None:
    first, second = (ha["services"][name] for name in GATEWAYS)

    assert {key: first[key] for key in first.keys() - OWN} == {
        key: second[key] for key in second.keys() - OWN
    }


def test_only_one_builds_what_both_run(ha: Compose) -> None:
    first, second = (ha["services"][name] for name in GATEWAYS)

    assert (first["build"], "build" in second) == (".", False)


def test_gateways_are_those_of_the_single_compose_file(ha: Compose, compose: Compose) -> None:
    single = compose["services"]["gateway"]
    own = {"build", "ports", "volumes", "secrets", "tmpfs"}
    gateway = ha["services"]["gateway-1"]

    assert {key: gateway.get(key) for key in single.keys() - own} == {
        key: single[key] for key in single.keys() - own
    }
    assert gateway["volumes"][0] == single["volumes"][0]
    assert gateway["secrets"] == [*single["secrets"], "postgres_password"]
    assert ha["services"]["caddy"]["image"] == compose["services"]["caddy"]["image"]


def test_nothing_but_the_balancer_is_published_beyond_loopback(ha: Compose) -> None:
    ports = {name: service.get("ports", []) for name, service in ha["services"].items()}

    assert ports == {
        "gateway-1": ["127.0.0.1:8081:8081"],
        "gateway-2": ["127.0.0.1:8082:8081"],
        "caddy": ["80:80", "443:443"],
        "postgres": [],
    }


def test_database_is_reached_by_the_gateways_only(ha: Compose) -> None:
    inside = {name for name, service in ha["services"].items() if "back" in service["networks"]}

    assert inside == {*GATEWAYS, "postgres"}
    assert ha["services"]["postgres"]["networks"] == ["back"]
    assert ha["networks"]["back"]["internal"] is True


@pytest.mark.parametrize("name", [*GATEWAYS, "postgres"])
def test_health_is_asked_after(ha: Compose, name: str) -> None:
    check = ha["services"][name]["healthcheck"]

    assert check["test"][:2] in (["CMD", "snyk-gateway"], ["CMD", "pg_isready"])
    assert duration(check["timeout"]) <= duration(check["interval"])


@pytest.mark.parametrize("name", GATEWAYS)
def test_gateways_wait_for_the_database(ha: Compose, name: str) -> None:
    assert ha["services"][name]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


def test_every_secret_is_mounted_explained_and_never_committed(ha: Compose, root: Path) -> None:
    folder = root / "deploy" / "secrets"
    texts = [(root / "config" / name).read_text() for name in ("gateway.yaml", "ha/store.yaml")]
    read = set(re.findall(r"/run/secrets\}/(\w+)", "".join(texts)))

    assert {name: secret["file"] for name, secret in ha["secrets"].items()} == {
        name: f"./deploy/secrets/{name}" for name in ha["secrets"]
    }
    assert read == set(ha["services"]["gateway-1"]["secrets"]) == ha["secrets"].keys()
    assert ha["services"]["postgres"]["secrets"] == ["postgres_password"]
    assert (folder / ".gitignore").read_text().splitlines()[0] == "*"
    explained = re.findall(r"^\| `(\w+)`", (folder / "README.md").read_text(), re.MULTILINE)
    assert set(explained) == ha["secrets"].keys()


def test_password_is_in_files_only(ha: Compose, root: Path) -> None:
    script = (root / "deploy" / "postgres" / "gateway.sh").read_text()
    environment = ha["services"]["postgres"]["environment"]

    assert environment["POSTGRES_PASSWORD_FILE"] == "/run/secrets/postgres_password"
    assert "POSTGRES_PASSWORD" not in environment
    assert "cat /run/secrets/postgres_password" in script


def test_variables_of_compose_are_in_the_example(ha: Compose, root: Path) -> None:
    used = set(re.findall(r"\$\{(\w+)", str(ha)))
    given = set(re.findall(r"^(\w+)=", (root / ".env.example").read_text(), re.MULTILINE))

    assert used <= given


def test_commits_are_on_the_disk(ha: Compose) -> None:
    command = ha["services"]["postgres"]["command"]
    settings = dict(word.split("=") for flag, word in pairwise(command) if flag == "-c")

    assert settings["synchronous_commit"] == "on"
    assert settings.keys().isdisjoint({"fsync", "full_page_writes"})


def test_store_is_sqlite_unless_its_file_is_replaced(ha: Compose, root: Path) -> None:
    volumes = ha["services"]["gateway-1"]["volumes"]

    assert volumes == ["./config:/config:ro", "./config/ha/store.yaml:/config/store.yaml:ro"]
    # A mount into a folder that is read-only needs a file to lie on.
    assert (root / "config" / "store.yaml").is_file()
    loaded = load(root / "config", environ={}, offline=True)
    assert loaded.parts.store == StoreSettings()


def test_store_of_the_pair_is_taken(root: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(root / "config", tmp_path / "config")
    shutil.copy(folder / "ha" / "store.yaml", folder / "store.yaml")

    loaded = load(folder, environ={}, offline=True)

    assert loaded.parts.store.url == "postgresql://gateway@postgres/gateway"
    assert {problem.kind for problem in loaded.warnings} <= {"unset"}


def test_stops_end_before_the_engine_loses_patience(ha: Compose, caddyfile: str) -> None:
    patience = {
        name: duration(service["stop_grace_period"]) for name, service in ha["services"].items()
    }

    assert all(patience[name] > Server().grace for name in GATEWAYS)
    assert patience["caddy"] > _setting(caddyfile, "lb_try_duration")


def test_balancer_asks_both_gateways_whether_they_are_ready(caddyfile: str) -> None:
    assert "reverse_proxy gateway-1:8080 gateway-2:8080 {" in caddyfile
    assert "health_uri /readyz\n" in caddyfile


def test_balancer_tries_for_longer_than_it_takes_to_notice(caddyfile: str) -> None:
    tries = _setting(caddyfile, "lb_try_duration")
    notices = _setting(caddyfile, "health_interval") + _setting(caddyfile, "health_timeout")

    assert notices <= _setting(caddyfile, "fail_duration") < tries
    assert _setting(caddyfile, "dial_timeout") < tries
    # A slow gateway may answer; a frozen one is left while there is time for the other.
    assert Server().grace < _setting(caddyfile, "response_header_timeout") < tries


def test_balancer_repeats_whole_bodies(caddyfile: str) -> None:
    assert "request_buffers 32MiB" in caddyfile
    assert "max_size 32MiB" in caddyfile
    assert Server().max_body == 32 * 1024**2
    assert caddyfile.count("method POST") == caddyfile.count("lb_retry_match") == 2


def test_balancer_lets_only_webhooks_and_liveness_through(caddyfile: str) -> None:
    assert "@public path /webhooks/* /healthz\n" in caddyfile
    assert "8081" not in caddyfile


def _setting(caddyfile: str, name: str) -> float:
    """The duration that a Caddyfile gives to the setting."""
    (text,) = re.findall(rf"^\s*{name} (\S+)$", caddyfile, re.MULTILINE)
    seconds: float = duration(text)
    return seconds
