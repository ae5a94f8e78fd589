"""A service of one's own, in ten lines."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.clock import SystemClock
from gateway.errors import SettingsError
from gateway.load import load, schema
from gateway.model.exchange import Delivered, Outcome, Refused
from gateway.pipeline.parts import Parts
from gateway.pipeline.trial import trial
from gateway.settings.snapshot import Snapshot
from gateway.transport.carrier import Carrier

PRESET = """\
about: A board of Kanbanana, an invented service.
url:
  pattern: 'https?://[^/]+/boards/\\w+/cards'
  example: https://kanbanana.example/boards/KEY/cards
headers: {X-Client: snyk-gateway}
template: kanbanana
always: {board: "{{ alert.route }}"}
limits: {texts: {title: 40}}
success: {status: [200, 201], json: {result: created}}
rate: 5/s
"""
TEMPLATE = """\
{"title": "{{ alert.counts.total }} open in {{ project.name or 'a project' }}, says Snyk today",
"note": "{{ note }}"}
"""
GATEWAY = """\
sources: {snyk: {type: snyk, secrets: [a-secret-of-sixteen-or-more]}}
sinks: {board: {type: kanbanana, url: "URL"}}
route: {sinks: [board]}
"""
URL = "https://kanbanana.example/boards/KEY/cards"


def write(folder: Path, *, url: str = URL, preset: str = PRESET, gateway: str = GATEWAY) -> Path:
    for name, text in {
        "gateway.yaml": gateway.replace("URL", url),
        "presets/kanbanana.yaml": preset,
        "templates/kanbanana.json.j2": TEMPLATE,
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


def problems(folder: Path) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(folder, environ={}, offline=True)
    return [str(each).removeprefix(f"{folder}/") for each in caught.value.problems]


class Board:
    """The other end: it keeps what it got, and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], Any]] = []
        self.answer = {"result": "created"}

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((request.path_qs, dict(request.headers), json.loads(await request.read())))
        return web.json_response(self.answer, status=201)


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
async def server(board: Board) -> AsyncIterator[TestServer]:
    app = web.Application()
    app.router.add_post("/boards/KEY/cards", board.take)
    server = TestServer(app)
    await server.start_server()
    yield server
    await server.close()


async def told(parts: Parts) -> Outcome:
    transport = Carrier()
    try:
        return await trial(parts, parts.sinks["board"], transport, clock=SystemClock())
    finally:
        await transport.close()


def test_the_preset_has_ten_lines() -> None:
    assert len(PRESET.splitlines()) == 10


async def test_it_delivers(tmp_path: Path, board: Board, server: TestServer) -> None:
    folder = write(tmp_path, url=str(server.make_url("/boards/KEY/cards")))
    loaded = load(folder, environ={}, offline=False)

    outcome = await told(loaded.parts)

    ((path, headers, body),) = board.got
    assert outcome == Delivered(status=201, detail='{"result": "created"}')
    assert [str(each) for each in loaded.warnings if "40" not in each.text] == []
    assert (path, headers["X-Client"]) == ("/boards/KEY/cards", "snyk-gateway")
    assert body["board"] == "root"
    assert len(body["title"]) <= 40


async def test_what_its_rules_do_not_know_is_no_delivery(
    tmp_path: Path, board: Board, server: TestServer
) -> None:
    board.answer = {"result": "ignored"}
    folder = write(tmp_path, url=str(server.make_url("/boards/KEY/cards")))

    outcome = await told(load(folder, environ={}, offline=False).parts)

    assert isinstance(outcome, Refused)


def test_check_says_where_a_sample_does_not_fit(tmp_path: Path) -> None:
    folder = write(tmp_path, preset=PRESET.replace("title: 40", "title: 20"))

    warnings = load(folder, environ={}, offline=True).warnings

    assert [each.text for each in warnings if "the service takes 20" in each.text] != []


def test_a_url_of_another_shape_is_a_problem(tmp_path: Path) -> None:
    folder = write(tmp_path, url="https://kanbanana.example/else")

    shape = "https://kanbanana.example/boards/KEY/cards"
    assert problems(folder) == [
        f"gateway.yaml:2:39: sinks.board.url: not the URL of a kanbanana webhook; write {shape}"
    ]


def test_what_is_wrong_in_a_preset_is_told_once_with_its_place(tmp_path: Path) -> None:
    bad = PRESET.replace("title: 40", "title: many").replace("rate: 5/s", "raet: 5/s")

    assert problems(write(tmp_path, preset=bad)) == [
        "presets/kanbanana.yaml:8:25: limits.texts.title: a whole number is expected here",
        "presets/kanbanana.yaml:10:1: raet: unknown key (did you mean 'rate'?)",
    ]


@pytest.mark.parametrize(
    ("preset", "says"),
    [
        ("- a list\n", "presets/kanbanana.yaml:1:1: not a mapping of keys"),
        ("a: [\n", "presets/kanbanana.yaml:2:1: not YAML: "),
        ("rate: 1/s\nrate: 2/s\n", "presets/kanbanana.yaml:2:1: rate: stands here a second time"),
    ],
)
def test_a_file_that_is_no_preset_is_a_problem(tmp_path: Path, preset: str, says: str) -> None:
    found = problems(write(tmp_path, preset=preset))

    assert len(found) == 1
    assert found[0].startswith(says)


def test_a_stray_yml_is_a_problem(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "presets/other.yml").write_text("")

    assert problems(folder) == ["presets/other.yml:1:1: rename it: only *.yaml files are read"]


@pytest.mark.parametrize("name", ["http", "slack", "opsgenie"])
def test_a_preset_cannot_take_the_name_of_a_sink(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path)
    (folder / f"presets/{name}.yaml").write_text(PRESET)

    text = f"a sink of the type {name} needs no preset; give the file another name"
    assert problems(folder) == [f"presets/{name}.yaml:1:1: {text}"]


def test_a_preset_of_one_s_own_stands_before_a_built_in_one(tmp_path: Path) -> None:
    folder = write(tmp_path, gateway=GATEWAY.replace("kanbanana", "mattermost"))
    (folder / "presets/kanbanana.yaml").rename(folder / "presets/mattermost.yaml")

    parts = load(folder, environ={}, offline=True).parts

    assert parts.sinks["board"].format == "json"


def test_an_unknown_type_lists_presets_too(tmp_path: Path) -> None:
    found = problems(write(tmp_path, gateway=GATEWAY.replace("type: kanbanana", "type: kanban")))

    assert "discord" in found[0]
    assert "kanbanana (did you mean 'kanbanana'?)" in found[0]


def test_a_template_that_is_missing_is_a_problem(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "templates/kanbanana.json.j2").unlink()

    (found,) = problems(folder)
    assert "no template is called 'kanbanana' for json" in found


@pytest.mark.parametrize("format_", ["json", "card", "gchat", "slack", "md", "txt"])
def test_without_a_template_there_is_one_for_every_format(tmp_path: Path, format_: str) -> None:
    folder = write(tmp_path, preset=f"format: {format_}\n")
    (folder / "templates/kanbanana.json.j2").unlink()

    assert load(folder, environ={}, offline=True).warnings == ()


def test_a_built_in_template_that_is_named_lists_what_fits(tmp_path: Path) -> None:
    preset = "format: card\ntemplate: mattermost\nlimits: {bytes: 3000, texts: {text: 3000}}\n"
    folder = write(tmp_path, preset=preset)
    (folder / "templates/kanbanana.json.j2").unlink()

    assert load(folder, environ={}, offline=True).warnings == ()


def test_presets_are_among_the_files_that_are_kept(tmp_path: Path) -> None:
    """The last accepted configuration runs where the files are broken."""
    (tmp_path / "config").mkdir()
    folder = write(tmp_path / "config")
    snapshot = Snapshot.take(folder)

    copy = Snapshot.unpacked(snapshot.packed()).write_to(tmp_path / "copy")

    assert load(copy, environ={}, offline=False, origin=folder).parts.sinks["board"].settings.rate
    (folder / "presets/kanbanana.yaml").write_text(PRESET.replace("5/s", "6/s"))
    assert Snapshot.take(folder).digest != snapshot.digest


def test_editors_take_a_type_of_one_s_own_and_know_the_built_in_ones() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    hook = "https://mattermost.example/hooks/x"

    def errors(**sink: Any) -> list[Any]:
        return list(validator.iter_errors({"sinks": {"a": sink}}))

    assert errors(type="kanbanana", url=URL, anything=1) == []
    assert errors(type="mattermost", url=hook, rate="1/s") == []
    assert errors(type="mattermost", url=hook, anything=1) != []
