import base64
from pathlib import Path
from typing import Any

import pytest

from gateway import codec
from gateway.cli.demo.workplace import Addresses, Workplace, prepare, read_sections
from gateway.errors import CannotStart

GATEWAY = """\
server: {listen: "0.0.0.0:443", tls: {certificate: c.pem, key: k.pem}, max_body: 1MiB}
admin: {token: "${GATEWAY_ADMIN_TOKEN}"}
sources:
  snyk: {type: snyk, secrets: ["${SNYK_WEBHOOK_SECRET}"]}
sinks:
  slack: {type: slack, url: "${SLACK_WEBHOOK_URL}"}
  oncall: {type: opsgenie, api_key: {file: /run/secrets/opsgenie}, region: eu}
  siem:
    type: http
    url: https://siem.example/ingest
    sign: {standard_webhooks: "${SIEM_SECRET}"}
    headers: {X-Note: "$${literal}", X-Stage: "${STAGE:-test}"}
"""
ROUTING = "route: {sinks: [slack], group_by: [finding]}\n"
ADDRESSES = Addresses(
    public="127.0.0.1:1001", admin="127.0.0.1:1002", receivers="http://127.0.0.1:1003"
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    (folder / "templates").mkdir(parents=True)
    (folder / "gateway.yaml").write_text(GATEWAY)
    (folder / "routing.yaml").write_text(ROUTING)
    (folder / "templates" / "short.json.j2").write_text("{}")
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "demo"
    folder.mkdir()
    return folder


def prepared(config: Path, target: Path) -> tuple[Workplace, dict[str, Any]]:
    environ = {"PATH": "/bin", "LC_ALL": "C", "SIEM_SECRET": "the-real-one", "AWS_KEY": "x"}
    workplace = prepare(config, target, ADDRESSES, environ)
    return workplace, read_sections(target)


def test_only_addresses_and_secrets_change(config: Path, target: Path) -> None:
    _, sections = prepared(config, target)

    assert sections == {
        "server": {"listen": "127.0.0.1:1001", "max_body": "1MiB"},
        "admin": {"listen": "127.0.0.1:1002"},
        "store": {"url": f"sqlite:///{target}/gateway.db"},
        "sources": {"snyk": {"type": "snyk", "secrets": ["${DEMO_WEBHOOK_SECRET}"]}},
        "sinks": {
            "slack": {"type": "slack", "url": "http://127.0.0.1:1003/slack"},
            "oncall": {
                "type": "opsgenie",
                "api_key": "${DEMO_SECRET_1}",
                "region": "eu",
                "url": "http://127.0.0.1:1003/oncall",
            },
            "siem": {
                "type": "http",
                "url": "http://127.0.0.1:1003/siem",
                "sign": {"standard_webhooks": "${SIEM_SECRET}"},
                "headers": {"X-Note": "$${literal}", "X-Stage": "${STAGE:-test}"},
            },
        },
        "route": {"sinks": ["slack"], "group_by": ["finding"]},
    }


def test_the_operators_own_secrets_stay_behind(config: Path, target: Path) -> None:
    workplace, _ = prepared(config, target)

    assert set(workplace.environ) == {
        *("PATH", "LC_ALL", "DEMO_SECRET_1", "DEMO_WEBHOOK_SECRET", "SIEM_SECRET")
    }
    assert workplace.environ["SIEM_SECRET"] != "the-real-one"


def test_receivers_are_told_the_secrets_that_the_gateway_gets(config: Path, target: Path) -> None:
    workplace, _ = prepared(config, target)

    environ, sinks = workplace.environ, workplace.sinks
    assert sinks["oncall"]["api_key"] == environ["DEMO_SECRET_1"]
    assert sinks["siem"]["sign"]["standard_webhooks"] == environ["SIEM_SECRET"]
    assert sinks["siem"]["headers"] == {"X-Note": "${literal}", "X-Stage": "test"}
    assert (workplace.source, workplace.secret) == ("snyk", environ["DEMO_WEBHOOK_SECRET"])


def test_a_made_up_secret_is_one_that_standard_webhooks_takes(config: Path, target: Path) -> None:
    workplace, _ = prepared(config, target)

    secret = workplace.environ["SIEM_SECRET"].removeprefix("whsec_")
    assert len(base64.b64decode(secret, validate=True)) == 32


def test_templates_come_along(config: Path, target: Path) -> None:
    prepared(config, target)

    assert (target / "templates" / "short.json.j2").read_text() == "{}"


def test_a_single_file_is_a_configuration_too(config: Path, target: Path) -> None:
    (config / "gateway.yaml").write_text(GATEWAY + ROUTING)

    _, sections = prepared(config / "gateway.yaml", target)

    assert {"sinks", "route"} <= set(sections)
    assert (target / "templates").is_dir()


def test_text_that_looks_like_a_number_stays_text(config: Path, target: Path) -> None:
    routing = {"route": {"sinks": [], "routes": [{"name": "012", "note": "17:00"}]}}
    (config / "routing.yaml").write_bytes(codec.encode(routing))

    _, sections = prepared(config, target)

    assert sections["route"] == routing["route"]


def test_without_a_source_there_is_nothing_to_show(config: Path, target: Path) -> None:
    (config / "gateway.yaml").write_text("sinks: {}\n")

    with pytest.raises(CannotStart, match="no source of type snyk"):
        prepared(config, target)
