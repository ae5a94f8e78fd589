"""The configuration that is tried: three receivers, and a route to each kind of them."""

from pathlib import Path

import yaml

from tests.faults.witnesses import AT_ONCE, SECRET

ALERT = '{"action": "{{ alert.action }}", "project": "{{ project.id }}"}'
PAGE = '{"message": "{{ project.id }}", "note": "{{ project.id }}"}'


def configure(folder: Path, receivers: str) -> Path:
    """A configuration with the three receivers; each life of the gateway calls them by its number.

    The archive gets every body as it came; `alerts` and `pager` get an alert for each finding. What
    the gateway has to say of itself goes to `ops`.
    """
    url = receivers + "/${LIFE}/"
    kept = {"type": "http", "concurrency": AT_ONCE, "timeout": "120s"}
    sections = {
        "server": {"listen": "127.0.0.1:0", "grace": "20s"},
        "admin": {"listen": "127.0.0.1:0"},
        "store": {"url": f"sqlite:///{folder}/store/gateway.db"},
        "sources": {"snyk": {"type": "snyk", "secrets": [SECRET]}},
        "sinks": {
            "archive": {**kept, "url": url + "archive"},
            "alerts": {**kept, "url": url + "alerts", "template": "alert"},
            "pager": {
                "type": "opsgenie",
                "api_key": "made-up-key",
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
    config = folder / "config"
    (config / "templates").mkdir(parents=True)
    (config / "gateway.yaml").write_text(yaml.safe_dump(sections))
    (config / "templates" / "alert.json.j2").write_text(ALERT)
    (config / "templates" / "page.json.j2").write_text(PAGE)
    return config
