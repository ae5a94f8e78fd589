"""The configuration that is tried: three receivers, and a route to each kind of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.faults.witnesses import AT_ONCE, SECRET

ALERT = '{"action": "{{ alert.action }}", "project": "{{ project.id }}"}'
PAGE = '{"message": "{{ project.id }}", "note": "{{ project.id }}"}'


def configure(
    folder: Path, receivers: str, *, store: str | None = None, timeout: str = "120s"
) -> Path:
    """A configuration with the three receivers; each life of the gateway calls them by its number.

    The archive gets every body as it came; `alerts` and `pager` get an alert for each finding. What
    the gateway has to say of itself goes to `ops`.
    """
    url = receivers + "/${LIFE}/"
    kept = {"type": "http", "concurrency": AT_ONCE, "timeout": timeout}
    sections = {
        "sinks": {
            "archive": {**kept, "url": url + "archive"},
            "alerts": {**kept, "url": url + "alerts", "template": "alert"},
            "pager": {
                "type": "opsgenie",
                "region": "jsm",
                "verify": False,
                "api_key": "made-up-key",
                "timeout": timeout,
                "url": url + "pager",
                "template": "page",
            },
            "ops": {"type": "http", "url": url + "ops"},
        },
        "internal": {"sinks": ["ops"]},
        "route": {
            "sinks": ["alerts", "pager"],
            "group_by": ["finding"],
            "max_alerts": "900000/1h",
            "routes": [
                {
                    "name": "everything",
                    "matchers": ["event.type != internal"],
                    "deliver": "events",
                    "sinks": ["archive"],
                },
                {"name": "rest"},
            ],
        },
    }
    templates = {"alert.json.j2": ALERT, "page.json.j2": PAGE}
    return written(folder, sections, templates, server={"grace": "20s"}, store=store)


def written(
    folder: Path,
    sections: Mapping[str, Any],
    templates: Mapping[str, str],
    *,
    server: Mapping[str, str] | None = None,
    store: str | None = None,
) -> Path:
    """A configuration with these sections and templates, on loopback.

    Its store is a file in the folder, where no URL is given.
    """
    whole = {
        "server": {"listen": "127.0.0.1:0", **(server or {})},
        "admin": {"listen": "127.0.0.1:0"},
        "store": {"url": store or f"sqlite:///{folder}/store/gateway.db"},
        "sources": {"snyk": {"type": "snyk", "secrets": [SECRET]}},
        **sections,
    }
    config = folder / "config"
    (config / "templates").mkdir(parents=True)
    (config / "gateway.yaml").write_text(yaml.safe_dump(whole))
    for name, text in templates.items():
        (config / "templates" / name).write_text(text)
    return config
