"""Every message that Slack is sent, in every shape, by the judgement of others."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from gateway.codec import decode
from gateway.model.delivery import Action
from gateway.model.exchange import Message, Response
from gateway.model.notice import Notice
from gateway.rendering.filters import COLOURS
from gateway.rendering.rendering import Renderer
from gateway.sinks.sink import Sink
from tests.exchanges import exchanged
from tests.rendering.conftest import HOSTILE, finding, notice
from tests.rendering.slack_judges import blocks, faults, words
from tests.rendering.test_shapes import FINDINGS, SHAPES, SINKS, changed

MODES: Mapping[str, Sink] = {name: SINKS[name] for name in ("slack", "slack-token")}
RENDERER = Renderer(None, public_url="https://gateway.example")
PLACE = {"channel": "C0MADEUP", "ts": "1790000000.000100"}
OK = Response(status=200, body=b'{"ok":true,"channel":"C0MADEUP","ts":"1790000000.000200"}')


def sent(said: Notice, mode: str = "slack-token") -> list[dict[str, Any]]:
    """The bodies of all requests that one notice makes."""
    sink = MODES[mode]
    blank = Message(
        action=said.action,
        alias="a1" * 32,
        identity="1d" * 32,
        timestamp=1,
        body="",
        reminder=said.reminder,
        values={"channel": "C0MADEUP"} if mode == "slack-token" else {},
    )
    made = RENDERER.render(
        said,
        sink=sink.name,
        type=sink.type,
        format=sink.format,
        template=None,
        fits=lambda body: not sink.faults(replace(blank, body=body)),
    )
    assert made.failed is None
    requests, _ = exchanged(sink.deliver(replace(blank, body=made.body), PLACE), OK)
    return [decode(each.body) for each in requests]


def read(message: Mapping[str, Any]) -> list[str]:
    return list(words(blocks(message)))


@pytest.mark.parametrize("kind", FINDINGS)
@pytest.mark.parametrize("number", [1, 500])
@pytest.mark.parametrize("action", ["create", "update", "close"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mode", MODES)
def test_slack_takes_every_message(
    mode: str, shape: str, action: Action, number: int, kind: str
) -> None:
    some = [FINDINGS[kind](each) for each in range(number)]
    said = SHAPES[shape](
        notice(action, findings=[] if action == "close" else some, fixed=some, name=HOSTILE)
    )

    assert [faults(each) for each in sent(said, mode)] == [[]] * len(sent(said, mode))


@pytest.mark.parametrize(
    ("block", "judge"),
    [
        ({"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}, "slackblocks: Leng"),
        ({"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}, "slack_sdk: text"),
        ({"type": "header", "text": {"type": "plain_text", "text": ""}}, "an empty text"),
        ({"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2001}]}, "a field of"),
        ({"type": "sektion", "text": {"type": "mrkdwn", "text": "x"}}, "slack_sdk does not know"),
    ],
)
def test_the_judges_see_what_slack_would_refuse(block: dict[str, Any], judge: str) -> None:
    found = faults({"text": "t", "blocks": [block]})

    assert any(each.startswith(judge) for each in found)


def test_the_message_shows_every_open_finding_and_the_reply_what_changed() -> None:
    some = [finding(1), finding(2, severity="critical")]
    said = notice("update", findings=some[::-1], new=1, fixed=[finding(3)])

    message, reply = sent(said)

    assert message["text"] == "2 open issues: 1 critical, 1 high · acme/shop:package.json"
    assert message["attachments"][0]["color"] == COLOURS["critical"]
    assert read(message) == [
        "acme/shop:package.json",
        "*2 open issues: 1 critical, 1 high*",
        (
            "*Critical*  *<https://security.snyk.io/vuln/SNYK-JS-ACME-2|Prototype Pollution>*\n"
            "acme-parser 1.4.2 → fixed in 2.0.1\n"
            "SNYK-JS-ACME-2 · CVE-2026-40002 · CVSS 7.5 · exploit: mature"
        ),
        (
            "*High*  *<https://security.snyk.io/vuln/SNYK-JS-ACME-1|Prototype Pollution>*\n"
            "acme-parser 1.4.2 → fixed in 2.0.1\n"
            "SNYK-JS-ACME-1 · CVE-2026-40001 · CVSS 7.5 · exploit: mature"
        ),
        "Acme · main · route everything · opened 2026-11-23 10:00 UTC",
        "Open in Snyk",
        "Open alert",
    ]
    assert reply["text"] == "1 new issue, 1 fixed · acme/shop:package.json"
    assert "SNYK-JS-ACME-1" not in "".join(read(reply))
    assert "*Fixed*\n•  <https://security.snyk.io/vuln/SNYK-JS-ACME-3" in "".join(read(reply))


def test_a_message_with_one_finding_left_is_about_that_one() -> None:
    message, reply = sent(notice("update", findings=[finding(1)], new=0, fixed=[finding(2)]))

    assert message["text"] == "High: Prototype Pollution in acme-parser · acme/shop:package.json"
    assert "*High: Prototype Pollution in acme-parser*" in read(message)
    assert reply["text"] == "Fixed: Prototype Pollution in acme-parser · acme/shop:package.json"
    assert reply["attachments"][0]["color"] == COLOURS["resolved"]


def test_a_resolved_message_is_green_and_its_reply_one_line() -> None:
    message, reply = sent(notice("close", findings=[], fixed=[finding(1), finding(2)]))

    assert message["attachments"][0]["color"] == COLOURS["resolved"]
    assert "*All fixed*" in read(message)
    assert {key: reply[key] for key in reply if key not in {"channel", "thread_ts"}} == {
        "text": "All fixed: 2 issues · acme/shop:package.json"
    }


def test_a_reminder_is_one_reply() -> None:
    (reply,) = sent(SHAPES["reminder"](notice("update", findings=[finding(1), finding(2)])))

    assert reply["thread_ts"] == PLACE["ts"]
    assert reply["text"] == "Still open: 2 issues · acme/shop:package.json"


def test_what_the_message_has_no_room_for_is_counted() -> None:
    message, _ = sent(notice("update", findings=[finding(each) for each in range(57)], new=1))

    assert "… and 37 more" in read(message)


def test_a_roll_up_says_so_in_place() -> None:
    message, _ = sent(changed(notice("update"), rollup=True))

    assert message["text"].endswith("· Roll-up of route everything")
    assert "One message for what came beyond the route's limit of new alerts, in 1 project" in (
        read(message)
    )


def test_a_webhook_is_told_what_is_new_as_ever() -> None:
    said = notice("update", findings=[finding(1), finding(2)], new=1)

    (message,) = sent(said, "slack")

    assert message["text"] == "High: Prototype Pollution in acme-parser · acme/shop:package.json"
    assert "in_place" not in message
    assert "SNYK-JS-ACME-2" not in "".join(read(message))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "→ fixed in 2.0.1"),
        ({"fixed_in": ()}, "→ a fix is available"),
        ({"fixed_in": (), "fixable": False}, "→ no fix yet"),
        ({"malicious": True}, "\nmalicious package · SNYK-JS-ACME-1"),
        ({"cwe": ("CWE-1321", "CWE-20", "CWE-1")}, " · CWE-1321, CWE-20"),
    ],
)
def test_what_decides_what_to_do_is_said(changes: dict[str, Any], line: str) -> None:
    (message,) = sent(notice(findings=[finding(1, **changes)]), "slack")

    assert line in read(message)[2]


def test_a_licence_issue_is_not_said_to_lack_a_fix() -> None:
    licence = finding(1, type="license", fixed_in=(), fixable=False)

    (message,) = sent(notice(findings=[licence]), "slack")

    assert "no fix" not in read(message)[2]


def test_a_container_is_known_by_its_tag() -> None:
    (message,) = sent(notice(type="deb", image_tag="1.27-alpine"), "slack")

    assert "Acme · main · image 1.27-alpine · route everything" in read(message)
