from typing import Any

import pytest

from gateway.running.refusal import refusals
from tests.running.conftest import Files

SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("server.listen", {"server": {"listen": "127.0.0.1:1"}}),
    ("server.tls", {"server": {"tls": {"certificate": "cert.pem", "key": "key.pem"}}}),
    ("server.max_inflight", {"server": {"max_inflight": "64MiB"}}),
    ("admin.listen", {"admin": {"listen": "127.0.0.1:1"}}),
    ("store.url", {"store": {"url": "sqlite:///elsewhere.db"}}),
]


def found(files: Files, refusal: str | None = None, **changed: Any) -> list[str]:
    """What is refused where these sections change."""
    before = files.load()
    files.add("cert.pem", "")
    files.add("key.pem", "")
    files.write(**changed)
    problems = refusals(
        before, files.load(), files.path, files.environ, refuses=lambda _parts: refusal
    )
    return [str(each) for each in problems]


def test_another_configuration_may_take_the_place(files: Files) -> None:
    assert found(files, instance="other", server={"grace": "7s"}) == []


@pytest.mark.parametrize(("path", "changed"), SETTINGS)
def test_what_a_running_gateway_cannot_change_is_refused_where_it_stands(
    files: Files, path: str, changed: dict[str, Any]
) -> None:
    (problem,) = found(files, **changed)

    assert f": {path}: a change needs a restart" in problem
    line = int(problem.removeprefix(f"{files.path}/gateway.yaml:").split(":")[0])
    key = path.split(".")[1]
    near = (files.path / "gateway.yaml").read_text().splitlines()[line - 2 : line]
    assert any(f"{key}:" in each for each in near)


def test_everything_is_said_at_once(files: Files) -> None:
    test = "- {name: nobody hears, event: {sample: new-critical}, expect_none: [siem]}\n"
    files.add("tests/rules.yaml", test)

    problems = found(files, "anybody could", server={"listen": "127.0.0.1:1"})

    assert [each.split(": ")[1] for each in problems] == ["server.listen", "admin", "nobody hears"]


def test_another_password_of_the_database_needs_a_restart_and_is_not_shown(files: Files) -> None:
    url = "postgresql://gateway@db.example/gateway"
    files.write(store={"url": url, "password": "the-first-one"})

    (problem,) = found(files, store={"url": url, "password": "the-second-one"})

    assert "store.password: a change needs a restart" in problem
    assert "one" not in problem.replace("gateway.yaml", "")
