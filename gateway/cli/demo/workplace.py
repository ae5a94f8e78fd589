"""A copy of the configuration, changed in addresses and secrets only."""

import base64
import os
import re
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from gateway import codec
from gateway.errors import CannotStart
from gateway.settings.interpolation import interpolate
from gateway.settings.yaml import compose, construct

_VARIABLE = re.compile(r"(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
# What a Python process needs of its environment; the operator's secrets stay behind.
_KEPT = re.compile(r"PATH|HOME|LANG|LC_.*|TZ|TMPDIR|PYTHON.*|VIRTUAL_ENV|LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where everything listens during the demo."""

    public: str
    """Host and port."""
    admin: str
    receivers: str
    """URL under which each sink's stand-in stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """What the demo's gateway runs on."""

    folder: Path
    environ: Mapping[str, str]
    source: str
    """Name of the source that takes Snyk's webhooks."""
    secret: str
    sinks: Mapping[str, Mapping[str, Any]]
    """Settings of every sink, secrets filled in."""


def read_sections(config: Path) -> dict[str, Any]:
    """The top-level keys of a configuration that has passed its check, variables as written."""
    files = [config] if config.is_file() else sorted(config.glob("*.yaml"))
    sections: dict[str, Any] = {}
    for file in files:
        root = compose(file, str(file), yaml.MappingNode)
        if isinstance(root, yaml.Node):
            sections |= construct(root)
    return sections


def prepare(
    config: Path, folder: Path, addresses: Addresses, environ: Mapping[str, str] = os.environ
) -> Workplace:
    """Writes the changed configuration into the folder."""
    generated: dict[str, str] = {}
    sections = _named_secrets(read_sections(config), generated)
    source = _source(sections)
    sections["sources"][source]["secrets"] = ["${DEMO_WEBHOOK_SECRET}"]
    _move(sections, folder, addresses)
    text = codec.pretty(sections)  # JSON is YAML, too
    for name in (*_VARIABLE.findall(text), "DEMO_WEBHOOK_SECRET"):
        generated[name] = _secret()
    (folder / "gateway.yaml").write_text(text, encoding="utf-8")
    _copy_templates(config, folder)
    kept = {name: value for name, value in environ.items() if _KEPT.fullmatch(name)}
    return Workplace(
        folder=folder,
        environ=kept | generated,
        source=source,
        secret=generated["DEMO_WEBHOOK_SECRET"],
        sinks=_mapped(sections.get("sinks") or {}, lambda text: interpolate(text, generated).text),
    )


def _source(sections: Mapping[str, Any]) -> str:
    for name, settings in (sections.get("sources") or {}).items():
        if settings.get("type") == "snyk":
            return str(name)
    raise CannotStart("the configuration has no source of type snyk: the demo has nothing to send")


def _move(sections: dict[str, Any], folder: Path, addresses: Addresses) -> None:
    """Changes the addresses: everything stands on loopback, the database in the folder."""
    server, admin, store = (dict(sections.get(key) or {}) for key in ("server", "admin", "store"))
    for key in ("tls", "allow_from", "trusted_proxies"):
        server.pop(key, None)
    admin.pop("token", None)
    sections.pop("egress", None)
    sections["server"] = server | {"listen": addresses.public}
    sections["admin"] = admin | {"listen": addresses.admin}
    sections["store"] = store | {"url": f"sqlite:///{folder / 'gateway.db'}"}
    for name, settings in (sections.get("sinks") or {}).items():
        settings["url"] = f"{addresses.receivers}/{name}"


def _named_secrets(value: Any, generated: dict[str, str]) -> Any:
    """The same with a variable for every `{file: …}`."""
    if isinstance(value, dict):
        if set(value) == {"file"}:
            name = f"DEMO_SECRET_{len(generated) + 1}"
            generated[name] = _secret()
            return f"${{{name}}}"
        return {key: _named_secrets(inner, generated) for key, inner in value.items()}
    if isinstance(value, list):
        return [_named_secrets(inner, generated) for inner in value]
    return value


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {key: _mapped(inner, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [_mapped(inner, change) for inner in value]
    return change(value) if isinstance(value, str) else value


def _secret() -> str:
    """A secret that any part takes, Standard Webhooks' signatures included."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _copy_templates(config: Path, folder: Path) -> None:
    templates = (config if config.is_dir() else config.parent) / "templates"
    if templates.is_dir():
        shutil.copytree(templates, folder / "templates")
