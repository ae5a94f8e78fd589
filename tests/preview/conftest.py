from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from gateway.load import load
from gateway.pipeline.parts import Parts

SECTIONS = """\
sources: {snyk: {type: snyk, secrets: [a-secret-of-sixteen-or-more]}}
sinks:
  chat: {type: slack, url: "https://hooks.slack.example/services/T0/B0/hidden"}
  oncall: {type: opsgenie, api_key: genie-key-genie-key}
route:
  sinks: [chat]
  group_by: [event]
  routes:
    - {name: page, matchers: [severity = critical, project.tags.env = prod], sinks: [oncall, chat]}
"""

Build = Callable[..., Parts]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    def build(tests: str = "", more_routes: str = "") -> Parts:
        (tmp_path / "gateway.yaml").write_text(SECTIONS + more_routes)
        (tmp_path / "tests").mkdir(exist_ok=True)
        (tmp_path / "tests" / "routing.yaml").write_text(dedent(tests))
        return load(tmp_path, environ={}, offline=False).parts

    return build
