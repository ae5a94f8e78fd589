"""Rules that change while the gateway works, and rules that it does not take."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway import samples
from gateway.settings.snapshot import Snapshot
from gateway.sources.snyk import signed_headers
from tests.flow.conftest import SECRET, FastClock, Receiver, Running, configuration

Start = Callable[..., Awaitable[Receiver]]
Run = Callable[[Path], Awaitable[Running]]
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
OTHER_SECRET = "another-secret-of-sixteen"
QUIET = {
    "matchers": ["severity = critical"],
    "until": "2099-01-01T00:00:00Z",
    "owner": "ops",
    "reason": "being moved",
}


def to(folder: Path, *sinks: str, **sections: Any) -> Path:
    """A configuration with one sink for each URL, by its first name: `siem=http://…`."""
    named = dict(each.split("=", 1) for each in sinks)
    route = {"sinks": list(named), "group_by": ["finding"]}
    # A lease is three times as long, and the clock runs a hundred times as fast.
    http = {name: {"type": "http", "url": url, "timeout": "5m"} for name, url in named.items()}
    return configuration(folder, **{"sinks": http, "route": route, **sections})


async def reloaded(gateway: Running) -> None:
    """Asks for it, and sees that the files are in force: the watch may have been faster."""
    status, answer = await gateway.change("reload")
    assert status == 200, answer
    state = await gateway.admin("/api/v1/config")
    assert state["digest"] == Snapshot.take(gateway.config).digest


async def refused(gateway: Running) -> str:
    """The problems, one a line."""
    status, answer = await gateway.change("reload")
    assert status == 409, answer
    return "\n".join(answer["problems"])


async def test_what_was_opened_under_rules_that_are_gone_is_closed_where_it_was_told(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    genie, siem = await receiver(202, '{"requestId": "r-1"}'), await receiver(204, "")
    oncall = {
        "type": "opsgenie",
        "verify": False,
        "api_key": "genie-key-genie-key",
        "url": genie.url,
    }
    sinks = {"oncall": oncall, "siem": {"type": "http", "url": siem.url}}
    route = {"sinks": ["oncall"], "group_by": ["finding"]}
    gateway = await run(configuration(tmp_path, sinks=sinks, route=route))
    await gateway.send("new-critical")
    await gateway.settled(1)

    configuration(tmp_path, sinks=sinks, route={"sinks": ["siem"], "group_by": ["event"]})
    await reloaded(gateway)
    await gateway.send("fixed", hours=1)

    opened, closed = await genie.wait_for(2)
    assert closed.path == f"/v2/alerts/{opened.json['alias']}/close"
    await gateway.settled(2)
    assert siem.got == []


async def test_a_try_in_flight_ends_though_its_sink_is_taken_out_meanwhile(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem, spare = await receiver(204, ""), await receiver(204, "")
    gateway = await run(to(tmp_path, f"siem={siem.url}"))
    siem.gate.clear()
    await gateway.send("new-critical")
    await siem.wait_for(1)

    to(tmp_path, f"spare={spare.url}")
    await reloaded(gateway)
    siem.gate.set()

    (delivery,) = await gateway.settled(1)
    assert (delivery["sink"], delivery["status"], delivery["tries"]) == ("siem", "delivered", 1)
    assert (len(siem.got), len(spare.got)) == (1, 0)


async def test_a_sink_that_only_recorded_is_told_of_an_alert_as_a_whole_once_it_sends(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem = await receiver(204, "")
    by_project = {"sinks": ["siem"], "group_by": ["project"]}
    sink = {"type": "http", "url": siem.url}
    configuration(tmp_path, sinks={"siem": {**sink, "mode": "record"}}, route=by_project)
    gateway = await run(tmp_path / "config")
    await gateway.send("new-critical")
    (recorded,) = await gateway.settled(1)
    (attempt,) = (await gateway.admin(f"/api/v1/deliveries/{recorded['id']}"))["attempts"]
    untold = len(siem.got)

    configuration(tmp_path, sinks={"siem": sink}, route=by_project)
    await reloaded(gateway)
    (body,) = samples.bodies("new-critical", at=AT + timedelta(hours=1))
    body["newIssues"][0]["id"] = "ANOTHER-1"
    await gateway.post(samples.encode(body), "later")
    await siem.wait_for(1)

    assert (recorded["status"], recorded["reason"]) == ("delivered", "recorded")
    assert "alert.opened" in attempt["detail"]
    assert untold == 0
    told = siem.got[0].json
    assert (told["type"], len(told["alert"]["findings"])) == ("alert.opened", 2)


async def test_a_sink_that_is_added_hears_of_what_comes_after(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem, late = await receiver(204, ""), await receiver(204, "")
    gateway = await run(to(tmp_path, f"siem={siem.url}"))
    await gateway.send("new-critical", number=1)
    await gateway.settled(1)

    to(tmp_path, f"siem={siem.url}", f"late={late.url}")
    await reloaded(gateway)
    await gateway.send("new-critical", number=2)
    await gateway.settled(3)

    assert (len(siem.got), len(late.got)) == (2, 1)


async def owed_to_a_sink_that_is_gone(
    folder: Path, run: Run, siem: Receiver, spare: Receiver
) -> Running:
    """A gateway that says so of its only delivery."""
    siem.answers = [(503, "later")]
    gateway = await run(to(folder, f"siem={siem.url}"))
    await gateway.send("new-critical")
    await siem.wait_for(1)
    to(folder, f"spare={spare.url}")
    await reloaded(gateway)
    page = await gateway.until(
        "/api/v1/deliveries", lambda page: page["items"][0]["reason"] == "unknown_sink"
    )
    assert page["items"][0]["status"] == "pending"
    return gateway


async def test_what_is_owed_to_a_sink_that_is_gone_goes_on_when_it_comes_back(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem, spare = await receiver(), await receiver()
    gateway = await owed_to_a_sink_that_is_gone(tmp_path, run, siem, spare)

    siem.answers = [(204, "")]
    to(tmp_path, f"siem={siem.url}")
    await reloaded(gateway)

    (delivery,) = await gateway.settled(1)
    assert delivery["status"] == "delivered"
    assert spare.got == []


async def test_what_is_owed_to_a_sink_that_is_gone_dies_when_it_is_too_old(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem, spare = await receiver(), await receiver()
    gateway = await owed_to_a_sink_that_is_gone(tmp_path, run, siem, spare)

    clock = gateway.gateway._clock
    assert isinstance(clock, FastClock)
    clock._began += timedelta(hours=29)

    page = await gateway.until("/api/v1/deliveries?status=dead", lambda page: page["items"])
    assert [each["reason"] for each in page["items"]] == ["unknown_sink"]
    (internal,) = await spare.wait_for(1)
    assert internal.json["kind"] == "dead_letter"


async def test_a_silence_that_is_taken_out_of_the_rules_lets_go_what_it_muted(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem = await receiver(204, "")
    gateway = await run(to(tmp_path, f"siem={siem.url}", silences=[QUIET]))
    await gateway.send("new-critical")
    await gateway.until("/api/v1/deliveries?status=muted", lambda page: page["items"])

    to(tmp_path, f"siem={siem.url}")
    await reloaded(gateway)

    (told,) = await siem.wait_for(1)
    assert told.json["type"] == "alert.opened"


async def test_a_silence_that_was_taken_out_while_nothing_ran_lets_go_at_the_start(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem = await receiver(204, "")
    before = await run(to(tmp_path, f"siem={siem.url}", silences=[QUIET]))
    await before.send("new-critical")
    await before.until("/api/v1/deliveries?status=muted", lambda page: page["items"])
    await before.stop()

    await run(to(tmp_path, f"siem={siem.url}"))

    (told,) = await siem.wait_for(1)
    assert told.json["type"] == "alert.opened"


async def test_a_silence_that_is_put_into_the_rules_mutes_what_was_not_tried_yet(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem = await receiver(204, "")
    gateway = await run(to(tmp_path, f"siem={siem.url}"))
    await gateway.change("sinks/siem/pause")
    await gateway.send("new-critical")
    await gateway.until("/api/v1/deliveries?status=pending", lambda page: page["items"])

    to(tmp_path, f"siem={siem.url}", silences=[QUIET])
    await reloaded(gateway)
    await gateway.until("/api/v1/deliveries?status=muted", lambda page: page["items"])
    await gateway.change("sinks/siem/resume")
    await gateway.send("clean", number=7)

    await gateway.until("/api/v1/events?status=pending", lambda page: not page["items"])
    assert siem.got == []


async def test_a_broken_configuration_is_refused_and_the_old_one_goes_on(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem = await receiver(204, "")
    config = to(tmp_path, f"siem={siem.url}")
    gateway = await run(config)

    config.joinpath("more.yaml").write_text("tables: {}\nservr: {}\n")
    problems = await refused(gateway)
    await gateway.send("new-critical")

    assert "more.yaml:2:1: servr: unknown key (did you mean 'server'?)" in problems
    await siem.wait_for(2)  # that it was refused, and the finding
    assert {got.json["type"] for got in siem.got} == {"internal", "alert.opened"}
    assert "gateway_config_reload_success 0.0" in await gateway.admin("/metrics")
    state = await gateway.admin("/api/v1/config")
    assert state["source"] == "files"
    assert "more.yaml:2:1: servr" in state["error"]

    config.joinpath("more.yaml").unlink()
    _, answer = await gateway.change("reload")

    assert answer["status"] == "unchanged"
    assert "gateway_config_reload_success 1.0" in await gateway.admin("/metrics")
    assert (await gateway.admin("/api/v1/config"))["error"] is None


async def test_a_refusal_is_told_to_the_internal_sinks_alone(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem, ops = await receiver(204, ""), await receiver(204, "")
    sinks = {name: {"type": "http", "url": to.url} for name, to in (("siem", siem), ("ops", ops))}
    rules: dict[str, Any] = {"sinks": ["siem"], "group_by": ["finding"]}
    internal = {"sinks": ["ops"]}
    config = configuration(tmp_path, sinks=sinks, route=rules, internal=internal)
    gateway = await run(config)

    config.joinpath("more.yaml").write_text("servr: {}\n")
    await refused(gateway)

    (said,) = await ops.wait_for(1)
    assert (said.json["type"], said.json["kind"]) == ("internal", "reload_failed")
    assert "more.yaml:1:1: servr: unknown key" in said.json["text"]
    await gateway.settled(1)
    assert siem.got == []


async def test_a_failing_routing_test_keeps_new_rules_out(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem = await receiver(204, "")
    config = to(tmp_path, f"siem={siem.url}")
    gateway = await run(config)

    tests = config / "tests"
    tests.mkdir()
    (tests / "rules.yaml").write_text(
        "- name: nobody hears of it\n  event: {sample: new-critical}\n  expect_none: [siem]\n"
    )

    assert "rules.yaml:1:1: nobody hears of it: routing test failed" in await refused(gateway)


@pytest.mark.parametrize(
    ("section", "setting"),
    [
        ("server", "listen: 127.0.0.1:1"),
        ("admin", "listen: 127.0.0.1:1"),
        ("store", "url: sqlite:///elsewhere.db"),
    ],
)
async def test_what_needs_a_restart_is_refused_where_it_stands(
    tmp_path: Path, receiver: Start, run: Run, section: str, setting: str
) -> None:
    siem = await receiver(204, "")
    gateway = await run(to(tmp_path, f"siem={siem.url}"))

    key, value = setting.split(": ")
    config = to(tmp_path, f"siem={siem.url}", **{section: {key: value}})
    problems = await refused(gateway)

    lines = (config / "gateway.yaml").read_text().splitlines()
    line = lines.index(f"  {setting}") + 1
    column = len(f"  {key}: ") + 1
    assert f"gateway.yaml:{line}:{column}: {section}.{key}: a change needs a restart" in problems


async def test_another_admin_token_counts_at_once(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem = await receiver(204, "")
    gateway = await run(to(tmp_path, f"siem={siem.url}"))

    token = "a-token-of-sixteen-or-more"
    admin = {"listen": "127.0.0.1:0", "token": token}
    to(tmp_path, f"siem={siem.url}", admin=admin)
    url = f"http://127.0.0.1:{gateway.gateway.admin.port}/api/v1"
    # Whether the watch was faster or not, this one may.
    bearer = {"Authorization": f"Bearer {token}"}
    async with gateway.client.post(f"{url}/reload", json={}, headers=bearer) as answer:
        assert answer.status == 200

    async with gateway.client.get(f"{url}/config") as stranger:
        assert stranger.status == 401
    async with gateway.client.get(f"{url}/config", headers=bearer) as known:
        assert known.status == 200


async def test_addresses_that_may_send_webhooks_change_at_once(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    siem = await receiver(204, "")
    gateway = await run(to(tmp_path, f"siem={siem.url}"))
    body = samples.encode(samples.bodies("clean", at=AT)[0])
    before, _ = await gateway.post(body)

    server = {"listen": "127.0.0.1:0", "allow_from": ["192.0.2.0/24"]}
    to(tmp_path, f"siem={siem.url}", server=server)
    await reloaded(gateway)
    after, _ = await gateway.post(body)

    assert (before, after) == (200, 403)


async def test_sources_come_and_go_at_once(tmp_path: Path, receiver: Start, run: Run) -> None:
    siem = await receiver(204, "")
    gateway = await run(to(tmp_path, f"siem={siem.url}"))

    other = {"type": "snyk", "secrets": [OTHER_SECRET]}
    to(tmp_path, f"siem={siem.url}", sources={"other": other})
    await reloaded(gateway)

    assert await posted(gateway, "snyk", SECRET) == 404
    assert await posted(gateway, "other", SECRET) == 401
    assert await posted(gateway, "other", OTHER_SECRET) == 200


async def posted(gateway: Running, source: str, secret: str) -> int:
    """What the gateway answers to a webhook of that source."""
    body = samples.encode(samples.bodies("clean", at=AT)[0])
    headers = signed_headers(
        body,
        secret,
        event="project_snapshot/v0",
        transport_id="t-1",
        timestamp="2026-03-01T12:00:00Z",
    )
    url = f"http://127.0.0.1:{gateway.gateway.public.port}/webhooks/{source}"
    async with gateway.client.post(url, data=body, headers=headers) as answer:
        return answer.status
