"""Whatever a sink may be told of, its built-in template makes what fits it and reads well."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from gateway.model.alert import Beyond
from gateway.model.delivery import Action, Deliver
from gateway.model.exchange import Message
from gateway.model.finding import Finding
from gateway.model.notice import Notice
from gateway.rendering.rendering import Renderer
from gateway.sinks.sink import Sink
from tests.contracts.specimens import SPECIMENS, built
from tests.rendering.conftest import HOSTILE, finding, notice

SINKS: Mapping[str, Sink] = {kind: built(kind, kind) for kind in SPECIMENS}
RENDERER = Renderer(None)
Shape = Callable[[Notice], Notice]


def changed(said: Notice, **changes: Any) -> Notice:
    return replace(said, alert=replace(said.alert, **changes))


def of_event(kind: str, said: dict[str, str] | None = None) -> Shape:
    def shaped(made: Notice) -> Notice:
        raw = {"internal": said} if said else {}
        event = replace(made.alert.event, type=kind, raw=raw)
        return replace(changed(made, event=event), deliver="events")

    return shaped


SHAPES: Mapping[str, Shape] = {
    "alert": lambda made: made,
    "reminder": lambda made: replace(made, reminder=True, new=()),
    "roll-up": lambda made: changed(made, rollup=True, beyond=Beyond(open=4000, by_rank={2: 4000})),
    "gone": lambda made: changed(made, ended="gone"),
    "by hand": lambda made: changed(made, ended="by_hand"),
    "marked": lambda made: replace(made, marks=("when of route a: " + HOSTILE * 50,) * 9),
    "labelled": lambda made: changed(made, labels={"team": HOSTILE}),
    "finding": lambda made: replace(made, deliver="findings"),
    "snapshot": of_event("project_snapshot"),
    "ping": of_event("ping"),
    "unreadable": of_event("unreadable"),
    "internal": of_event("internal", {"kind": HOSTILE, "text": HOSTILE * 100}),
}
SPICY = {"title": HOSTILE * 9, "package": HOSTILE, "exploit": HOSTILE, "severity": HOSTILE}
FINDINGS: Mapping[str, Callable[[int], Finding]] = {
    "plain": finding,
    "hostile": lambda number: finding(number, **SPICY),
    "long": lambda number: finding(number, title="é&" * 9000, versions=("<" * 9000,) * 9),
}


def rendered(said: Notice, type_: str, most: int = 20) -> str:
    sink = SINKS[type_]
    made = RENDERER.render(
        said,
        sink=sink.name,
        type=sink.type,
        format=sink.format,
        template=None,
        also=sink.also,
        max_findings=most,
        fits=lambda body: not faults(said, type_, body),
    )
    assert made.failed is None
    return made.body


def faults(said: Notice, type_: str, body: str) -> list[str]:
    message = Message(
        action=said.action, alias="a1" * 32, identity="1d" * 32, timestamp=1, body=body
    )
    return SINKS[type_].faults(message)


def document(said: Notice, type_: str, most: int = 20) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(rendered(said, type_, most))
    return made


@pytest.mark.parametrize("kind", FINDINGS)
@pytest.mark.parametrize("number", [1, 500])
@pytest.mark.parametrize("action", ["create", "update", "close"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("type_", SINKS)
def test_every_shape_fits_its_sink(
    type_: str, shape: str, action: Action, number: int, kind: str
) -> None:
    some = [FINDINGS[kind](each) for each in range(number)]
    said = SHAPES[shape](
        notice(action, findings=[] if action == "close" else some, fixed=some, name=HOSTILE)
    )

    body = rendered(said, type_)

    assert faults(said, type_, body) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_stays_escaped_for_slack(shape: str) -> None:
    some = [finding(each, **SPICY) for each in range(3)]

    body = rendered(SHAPES[shape](notice(findings=some, fixed=some, name=HOSTILE)), "slack")

    assert "<!" not in body
    assert "<@" not in body
    assert "evil.example|" not in body.replace("&lt;http://evil.example|", "")


CHATS = ("discord", "googlechat", "mattermost")
MARKDOWN_PINGS = ("@channel", "@here", "<@", "<!", "](http://evil", "](javascript")


def unescaped(body: str) -> str:
    """Without the backslashes of Markdown inside JSON."""
    return body.replace("\\\\", "")


@pytest.mark.parametrize(
    ("type_", "forbidden"),
    [
        ("discord", MARKDOWN_PINGS),
        ("mattermost", MARKDOWN_PINGS),
        ("googlechat", ("<users", "<!", "</script>", "<http", "<@")),
    ],
)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_stays_escaped_for_other_chats(
    shape: str, type_: str, forbidden: tuple[str, ...]
) -> None:
    some = [finding(each, **SPICY) for each in range(3)]

    body = rendered(SHAPES[shape](notice(findings=some, fixed=some, name=HOSTILE)), type_)

    assert not [each for each in forbidden if each in body]


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ("ping", "the webhook works"),
        ("snapshot", "Tested: nothing new"),
        ("unreadable", "An event could not be read"),
    ],
)
@pytest.mark.parametrize("type_", CHATS)
def test_other_chats_say_what_an_event_is(type_: str, shape: str, text: str) -> None:
    assert text in rendered(SHAPES[shape](notice(findings=[])), type_)


@pytest.mark.parametrize(
    ("shape", "action", "text"),
    [
        ("alert", "create", "2 new issues, 1 fixed"),
        ("alert", "update", "2 new issues, 1 fixed"),
        ("reminder", "update", "Still open: 2 issues"),
        ("roll-up", "create", "Roll-up of route everything"),
        ("gone", "close", "Not tested any more"),
        ("by hand", "close", "Resolved by hand"),
        ("alert", "close", "Fixed: Prototype Pollution"),
    ],
)
@pytest.mark.parametrize("type_", CHATS)
def test_other_chats_say_what_happened(type_: str, shape: str, action: Action, text: str) -> None:
    some = [] if action == "close" else [finding(1), finding(2)]
    said = SHAPES[shape](notice(action, findings=some, fixed=[finding(3)]))

    assert text in unescaped(rendered(said, type_))


@pytest.mark.parametrize("type_", CHATS)
def test_other_chats_show_what_is_known_of_a_finding(type_: str) -> None:
    said = notice(findings=[finding(1), finding(2)])

    body = unescaped(rendered(said, type_))

    for known in ("Prototype Pollution", "acme-parser 1.4.2", "fixed in 2.0.1", "CVE-2026-40001",
                  "CVSS 7.5", "https://security.snyk.io/vuln/SNYK-JS-ACME-1", "acme/shop", "main",
                  "https://app.snyk.io/org/acme/project/p-1"):  # fmt: skip
        assert known in body


@pytest.mark.parametrize("type_", ["slack", "opsgenie", "email", "apprise", *CHATS])
@pytest.mark.parametrize("kind", FINDINGS)
def test_what_a_sink_has_no_room_for_is_counted(type_: str, kind: str) -> None:
    said = notice(findings=[FINDINGS[kind](each) for each in range(500)])

    body = rendered(said, type_, most=100)

    listed = unescaped(body).count("CVE-2026-4")
    assert listed > 0
    assert f"… and {500 - listed} more" in body


HOOK = "the webhook works"


@pytest.mark.parametrize(
    ("shape", "action", "slack", "opsgenie"),
    [
        ("ping", "create", f"Snyk sent a ping: {HOOK} · acme", f"Snyk sent a ping: {HOOK} · acme"),
        ("snapshot", "create", "Tested: nothing new · acme", "Tested: nothing new · acme"),
        ("unreadable", "create", "An event could not be read", "An event could not be read"),
    ],
)
def test_events_that_list_nothing_say_what_they_are(
    shape: str, action: Action, slack: str, opsgenie: str
) -> None:
    said = SHAPES[shape](notice(action, findings=[]))

    assert document(said, "slack")["text"].startswith(slack)
    assert document(said, "opsgenie")["message"].startswith(opsgenie)


def test_a_snapshot_says_how_many_are_new_and_fixed() -> None:
    said = SHAPES["snapshot"](notice(findings=[finding(1), finding(2)], fixed=[finding(3)]))

    assert document(said, "slack")["text"] == "2 new issues, 1 fixed · acme/shop:package.json"
    assert "Fixed:\n- HIGH" in document(said, "opsgenie")["description"]


@pytest.mark.parametrize("deliver", ["findings", "events"])
def test_what_is_only_fixed_says_so(deliver: Deliver) -> None:
    said = replace(notice(findings=[], fixed=[finding(1)]), deliver=deliver)

    fixed = "Fixed: Prototype Pollution in acme-parser · acme/shop:package.json"
    assert document(said, "slack")["text"] == fixed
    assert document(said, "opsgenie")["message"] == fixed


def test_an_internal_event_says_what_the_gateway_has_to_say() -> None:
    said = of_event("internal", {"kind": "feed_silent", "text": "Nothing came for 26 h"})(
        notice(findings=[])
    )

    assert document(said, "slack")["text"] == "Nothing came for 26 h · snyk-gateway"
    assert document(said, "opsgenie")["message"] == "Nothing came for 26 h"


def test_a_reminder_lists_what_is_still_open() -> None:
    said = SHAPES["reminder"](notice("update", findings=[finding(1), finding(2)]))

    chat = document(said, "slack")
    assert chat["text"].startswith("Still open: 2 issues")
    assert all(
        f"SNYK-JS-ACME-{number} ·" in json.dumps(chat, ensure_ascii=False) for number in "12"
    )
    assert document(said, "opsgenie")["note"].startswith("Still open:\n- HIGH: Prototype Pollution")
    assert document(said, "http")["type"] == "alert.reminded"


def test_a_roll_up_says_what_it_stands_for() -> None:
    made = notice(findings=[finding(each) for each in range(40)])
    elsewhere = replace(made.alert.event, project=replace(made.alert.event.project, id="p-2"))
    entries = (*made.open[1:], replace(made.open[0], event=elsewhere))
    said = changed(replace(made, open=entries, new=entries), rollup=True)

    chat = document(said, "slack")

    assert chat["text"] == "Roll-up of route everything: 40 new issues in 2 projects"
    assert "beyond the route's limit of new alerts, in 2 projects" in json.dumps(chat)
    assert document(said, "opsgenie")["message"] == (
        "Roll-up of route everything: 40 issues · 2 projects"
    )


def test_a_roll_up_too_large_to_look_at_says_at_least() -> None:
    said = SHAPES["roll-up"](notice())

    text = "Roll-up of route everything: 4001 new issues in 1 or more projects"
    assert document(said, "slack")["text"] == text


def test_news_that_are_not_at_hand_are_counted() -> None:
    made = notice("update", findings=[finding()], new=0)

    text = document(changed(made, beyond=Beyond(open=1, new=1)), "slack")["text"]

    assert text == "1 new issue · acme/shop:package.json"


def test_an_event_whose_template_failed_is_still_an_event_for_machines() -> None:
    said = SHAPES["snapshot"](notice())

    made = document(said, "http")

    assert (made["type"], made["event"]["type"]) == ("event", "project_snapshot")


@pytest.mark.parametrize("type_", SINKS)
def test_marks_are_shown(type_: str) -> None:
    said = replace(notice(), marks=("when of route a failed", "label team failed"))

    assert "when of route a failed; label team failed" in rendered(said, type_)
