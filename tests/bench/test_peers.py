import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench import report, webhook
from bench.load import closed
from bench.peers import alertmanager, gateway, hooks, nodered
from bench.peers.chain import Chain, Processes, Program
from bench.peers.part import PER_CPU, Measured, rows
from bench.peers.rounds import Round, arrived, lost, run, scene
from bench.receiver import receiving
from bench.result import Part, Spread

URL = "http://127.0.0.1:9/"
NOWHERE = Program("no-such-program", "apt-get install no-such-package")


def chain(what: str, **fields: Any) -> Chain:
    return Chain(
        **{"what": what, "running": partial(shimmed, "alertmanager"), "events": 1, **fields}
    )


@asynccontextmanager
async def shimmed(kind: str, folder: Path, url: str) -> AsyncIterator[Processes]:
    async with alertmanager.shim(kind, url, folder / "log") as processes:
        yield processes


def measured(*per_cpu: float) -> Measured:
    return Measured([Round(accepted=1, delivered=2, per_cpu=each) for each in per_cpu], (4, 30))


def told(number: int, issue: str) -> bytes:
    text = {"project": f"acme/service-{number:09}:package.json", "id": issue}
    return b"POST / HTTP/1.1\r\n\r\n" + json.dumps(text).encode()


def forged(request: bytes) -> bytes:
    return request.replace(b"Prototype Pollution", b"Prototype pollution")


def test_alertmanager_sends_each_finding_at_once_and_by_itself() -> None:
    made = yaml.safe_load(alertmanager.configuration(URL))

    assert made["route"]["group_by"] == ["..."]
    assert made["route"]["group_wait"] == "0s"
    assert made["receivers"] == [
        {"name": "receiver", "webhook_configs": [{"url": URL, "send_resolved": False}]}
    ]


def test_alertmanager_alone_is_asked_what_the_shim_would_ask() -> None:
    head, _, body = alertmanager.requests(7, 2)[1].partition(b"\r\n\r\n")
    alerts = json.loads(body)

    assert head.startswith(b"POST /api/v2/alerts ")
    assert f"Content-Length: {len(body)}".encode() in head
    assert {each["labels"]["project"] for each in alerts} == {"acme/service-000000008:package.json"}
    assert len({each["labels"]["alertname"] for each in alerts}) == 3


def test_a_hook_verifies_and_names_what_is_in_the_body(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.defpath)
    (hook,) = json.loads(hooks.configuration(URL))
    asked = hook["pass-arguments-to-command"]
    body: Any = json.loads(webhook.body(7))
    texts = [of_payload(body, each["name"]) for each in asked if each["source"] == "payload"]
    words = [each["name"] for each in asked if each["source"] == "string"]

    assert hook["trigger-rule"]["match"]["type"] == "payload-hmac-sha256"
    assert texts[1::3] == [issue["id"] for issue in body["newIssues"]]
    assert words.count(URL) == 3
    assert words.count("--next") == 2


def of_payload(body: Any, name: str) -> Any:
    for part in name.split("."):
        body = body[int(part) if isinstance(body, list) else part]
    return body


def test_a_flow_has_the_bytes_that_were_signed_and_no_loose_ends() -> None:
    nodes = {each["id"]: each for each in json.loads(nodered.flow(URL))}
    ends = [to for node in nodes.values() for wire in node.get("wires", []) for to in wire]

    assert nodes["in"]["skipBodyParsing"]
    assert json.dumps(webhook.SECRET) in nodes["verify"]["func"]
    assert sorted(ends) == ["answer", "post", "verify"]
    assert nodes["post"]["url"] == URL


def test_node_red_listens_on_loopback_and_asks_nobody() -> None:
    made = json.loads(nodered.settings(1880).removeprefix("module.exports = "))

    assert (made["uiHost"], made["uiPort"]) == ("127.0.0.1", 1880)
    assert made["telemetry"] == {"enabled": False, "updateNotification": False}


def test_a_program_is_found_by_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "node-red"
    program.touch(mode=0o755)
    monkeypatch.setenv("NODE_RED", str(program))

    assert nodered.PROGRAM.path == str(program)
    assert nodered.CHAIN.missing == ""


def test_a_program_that_is_missing_is_a_row() -> None:
    (row,) = rows([chain("Other", needs=[NOWHERE])], {})

    assert row.figures[PER_CPU] == "not installed: apt-get install no-such-package"
    assert not any(text for column, text in row.figures.items() if column != PER_CPU)
    assert not row.verdict


@pytest.mark.parametrize(
    ("ours", "others", "verdict", "ratio"),
    [
        ([12, 13, 11], [10, 9, 30], "met", 1.2),
        ([11, 11, 11], [10, 9, 30], "missed", 1.1),
        ([12], [], "no verdict", ""),
    ],
)
def test_the_goal_is_held_against_the_best_other(
    ours: Sequence[float], others: Sequence[float], verdict: str, ratio: float | str
) -> None:
    chains = [chain("Ours", ours=True), chain("Other"), chain("Worse"), chain("Alone", aside=True)]
    came = {"Ours": measured(*ours), "Alone": measured(99)}
    if others:
        came |= {"Other": measured(*others), "Worse": measured(1)}

    first, *rest = rows(chains, came)

    assert first.verdict == verdict
    assert first.figures["times the best other"] == ratio
    assert not any(row.goal for row in rest)


def test_all_rows_share_one_table() -> None:
    chains = [chain("Ours", ours=True), chain("Other", needs=[NOWHERE])]
    made = list(rows(chains, {"Ours": measured(1000, 2000, 4000)}))
    text = report.text(Part(name="peers", title="Peers", rows=made, notes=["A note."]))

    assert len(list(report.tables(made))) == 1
    assert str(Spread.of([1000, 2000, 4000])) in text
    assert "4 of 30" in text


def test_a_finding_counts_once_and_only_in_its_own_turn() -> None:
    requests = [told(5, "SNYK-JS-LODASH-1-0"), told(100, "SNYK-JS-LODASH-1-0")]
    again = [told(100, "SNYK-JS-LODASH-1-0"), told(100, "SNYK-JS-LODASH-1-2"), b"GET / HTTP/1.1"]

    found = arrived([*requests, *again], first=100)

    assert found == {(100, b"SNYK-JS-LODASH-1-0"), (100, b"SNYK-JS-LODASH-1-2")}


async def test_the_shim_verifies_and_posts_alerts(tmp_path: Path) -> None:
    good = webhook.requests(1, 5)
    async with (
        receiving(keep=True) as receiver,
        alertmanager.shim("alertmanager", receiver.url, tmp_path / "log") as shim,
    ):
        load = await closed(shim.port, [*good, forged(webhook.requests(6, 1)[0])], 2)

    assert load.statuses == {200: 5, 401: 1}
    assert len(receiver.bodies) == 5
    assert {number for number, _ in arrived(receiver.bodies, 1)} == {1, 2, 3, 4, 5}
    assert len(arrived(receiver.bodies, 1)) == 15


async def test_a_round_of_the_shim() -> None:
    async with scene(chain("A shim")) as stage, stage.running() as processes:
        came = await run(stage, processes, 8)

    assert came.accepted > 0
    assert came.delivered > 0
    assert came.per_cpu > 0


@pytest.mark.parametrize(("kind", "expected"), [("alertmanager", 0), ("handler", 15)])
async def test_what_never_arrives_is_lost(kind: str, expected: int) -> None:
    async with (
        scene(chain(kind, running=partial(shimmed, kind))) as stage,
        stage.running() as processes,
    ):
        assert await lost(stage, processes, 5, quiet=0.1) == (expected, 15)


@pytest.mark.parametrize(
    "other",
    [gateway.ALERTS, gateway.SINGLE, alertmanager.SHIMMED, hooks.CHAIN, nodered.CHAIN],
    ids=lambda other: other.what,
)
async def test_a_chain_delivers_what_is_signed(other: Chain) -> None:
    if other.missing:
        pytest.skip(other.missing)
    async with scene(other) as stage, stage.running() as processes:
        bad = [forged(each) for each in other.requests(1, 1)]
        load = await closed(processes.port, [*bad, *other.requests(2, 2)], 1)
        await stage.receiver.until(6, 20)

    assert load.good == 2
    assert len(stage.receiver.times) == 6
    assert {number for number, _ in arrived(stage.receiver.bodies, 1)} == {2, 3}
