"""The built-in templates and the worked example, as their receivers see them."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.models.blocks import Block

from gateway.model.notice import Notice
from gateway.rendering.filters import COLOURS
from gateway.rendering.rendering import Renderer
from tests.rendering.conftest import HOSTILE, finding, notice


def change(made: Notice, **changes: Any) -> Notice:
    return replace(made, alert=replace(made.alert, **changes))


def single(kind: str, made: Notice | None = None, said: dict[str, str] | None = None) -> Notice:
    """An event as such, with what `made` lists."""
    made = made or notice(findings=[])
    event = replace(made.alert.event, type=kind, raw={"internal": said} if said else {})
    return replace(change(made, event=event), deliver="events")


EXAMPLES = Path(__file__).parents[2] / "config" / "templates"
LONG = [finding(n, title=mark * 10_000, package=mark * 10_000, id=mark * 10_000,
                versions=(mark * 10_000,) * 9, fixed_in=(mark * 10_000,) * 9,
                exploit=mark * 10_000)
        for n, mark in enumerate("x&<>\"\\'`*@" * 3)]  # fmt: skip
NOTICES = {
    "create": notice(),
    "many": notice(findings=LONG, name="x&" * 5000, branch="x" * 10_000),
    "update": notice("update", findings=LONG, new=25, fixed=LONG),
    "fixed some": notice("update", findings=[finding(1)], new=0, fixed=[finding(2)]),
    "close": notice("close", findings=[], fixed=[finding(1), finding(2)]),
    "hostile": notice(
        findings=[finding(title=HOSTILE, package=HOSTILE, exploit=HOSTILE, severity=HOSTILE)],
        name=HOSTILE,
        branch=HOSTILE,
        url=f"https://app.snyk.io/{HOSTILE}",
        tags=((HOSTILE, HOSTILE),),
    ),
    "reminder": replace(notice("update", findings=LONG, new=0), reminder=True),
    "roll-up": change(notice(findings=LONG), rollup=True),
    "gone": change(notice("close", findings=[], fixed=LONG), ended="gone"),
    "by hand": change(notice("close", findings=[], fixed=[finding(1)]), ended="by_hand"),
    "marked": replace(notice(), marks=("when of a: " + HOSTILE * 50,)),
    "labelled": change(notice(), labels={"team": HOSTILE}),
    "ping": single("ping"),
    "clean": single("project_snapshot"),
    "tested": single("project_snapshot", notice(findings=LONG, fixed=LONG)),
    "unreadable": single("unreadable"),
    "internal": single("internal", said={"kind": "dead_letter", "text": HOSTILE * 100}),
    "one finding": replace(notice(findings=[finding(1)]), deliver="findings"),
    "one fixed": replace(notice(findings=[], fixed=[finding(1)]), deliver="findings"),
    "bare": notice(
        findings=[finding(title="", package="", severity="", url="", versions=(), cvss=None)],
        name="", branch="", url="", id="",
    ),
}  # fmt: skip


def made(
    said: Notice, type_: str, template: str | None = None, public_url: str | None = None
) -> dict[str, Any]:
    rendered = Renderer(EXAMPLES, public_url=public_url).render(
        said,
        sink="chat",
        type=type_,
        format="slack" if type_ == "slack" else "json",
        template=template,
    )
    assert rendered.failed is None
    document: dict[str, Any] = json.loads(rendered.body)
    return document


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts(each)


def blocks(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [*message["blocks"], *message["attachments"][0]["blocks"]]


@pytest.mark.parametrize("name", NOTICES)
def test_slack_takes_every_block(name: str) -> None:
    message = made(NOTICES[name], "slack", public_url="https://gateway.example")

    assert 0 < len(message["text"]) <= 4000
    assert len(blocks(message)) <= 50
    for block in blocks(message):
        parsed = Block.parse(block)
        assert parsed is not None
        assert parsed.to_dict()["type"] == block["type"]
        for element in block.get("elements", []):
            assert len(element["text"]) <= 2000
    assert sum(map(len, _words(blocks(message)))) < 13_000


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _words(each)
    elif isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for each in value.values():
            yield from _words(each)


@pytest.mark.parametrize("template", [None, "short"])
@pytest.mark.parametrize("name", NOTICES)
def test_nothing_pings_and_only_snyk_is_linked(name: str, template: str | None) -> None:
    for text in texts(made(NOTICES[name], "slack", template)):
        assert not re.search(r"<[!@#]|@(?:channel|here|everyone)", text)
        for link in re.findall(r"<([^>]*)>", text):
            assert link.startswith(("https://security.snyk.io/", "https://app.snyk.io/"))
        assert "\u202e" not in text


def test_slack_message_reads_well() -> None:
    message = made(NOTICES["create"], "slack", public_url="https://gateway.example")

    assert message["text"] == "High: Prototype Pollution in acme-parser · acme/shop:package.json"
    assert message["attachments"][0]["color"] == COLOURS["high"]
    assert list(_words(blocks(message))) == [
        "acme/shop:package.json",
        "*1 new issue*",
        (
            "*High*  *<https://security.snyk.io/vuln/SNYK-JS-ACME-1|Prototype Pollution>*\n"
            "acme-parser 1.4.2 → fixed in 2.0.1\n"
            "SNYK-JS-ACME-1 · CVE-2026-40001 · CVSS 7.5 · exploit: mature"
        ),
        "Acme · main · route everything",
        "Open in Snyk",
        "Open alert",
    ]
    assert [button["url"] for button in blocks(message)[-1]["elements"]] == [
        "https://app.snyk.io/org/acme/project/p-1",
        "https://gateway.example/alerts/alr_1",
    ]


def test_slack_update_lists_what_is_new_and_what_is_fixed() -> None:
    said = notice("update", findings=[finding(1), finding(2)], new=1, fixed=[finding(3)])

    words = "\n".join(_words(blocks(made(said, "slack"))))

    assert "*1 new issue, 1 fixed* · open now: 2 high" in words
    assert ("SNYK-JS-ACME-1 ·" in words, "SNYK-JS-ACME-2" in words) == (True, False)
    assert "*Fixed*\n•  <https://security.snyk.io/vuln/SNYK-JS-ACME-3|" in words


def test_slack_close_is_green_and_says_so() -> None:
    message = made(NOTICES["close"], "slack")

    assert message["text"] == "All fixed: 2 issues · acme/shop:package.json"
    assert message["attachments"][0]["color"] == COLOURS["resolved"]


def test_slack_counts_what_it_does_not_list() -> None:
    said = notice(findings=[finding(n) for n in range(57)])

    assert "… and 37 more" in list(_words(blocks(made(said, "slack"))))


@pytest.mark.parametrize("name", NOTICES)
def test_opsgenie_gets_texts_only(name: str) -> None:
    fields = made(NOTICES[name], "opsgenie")

    assert set(fields) == {
        "message", "description", "note", "entity", "source", "tags", "details",
    }  # fmt: skip
    assert fields["message"]
    assert all(isinstance(value, str) for value in fields["details"].values())
    assert all(isinstance(tag, str) for tag in fields["tags"])


def test_opsgenie_message_description_and_note_read_well() -> None:
    opened, closed = (made(NOTICES[name], "opsgenie") for name in ("create", "close"))

    assert opened["message"] == (
        "high: Prototype Pollution in acme-parser · acme/shop:package.json"
    )
    assert opened["description"].startswith(
        "- HIGH: Prototype Pollution in acme-parser 1.4.2 (fixed in 2.0.1)\n"
        "  SNYK-JS-ACME-1 · CVE-2026-40001 · acme/shop:package.json · https://"
    )
    assert closed["note"].startswith("All fixed at Snyk.\nFixed:\n- HIGH: Prototype Pollution")


@pytest.mark.parametrize(
    ("name", "kind", "status"),
    [
        ("create", "alert.opened", "firing"),
        ("update", "alert.updated", "firing"),
        ("close", "alert.resolved", "resolved"),
    ],
)
def test_http_says_what_happened_to_the_alert(name: str, kind: str, status: str) -> None:
    body = made(NOTICES[name], "http")

    assert set(body) == {"type", "alert", "route", "labels", "project", "org"}
    assert (body["type"], body["alert"]["status"]) == (kind, status)
    assert set(body["alert"]) >= {"id", "key", "status", "findings", "fixed", "counts", "more"}
    assert ("new" in body["alert"]) == (name == "update")


def test_http_carries_hostile_text_unchanged_but_for_what_misleads() -> None:
    body = made(NOTICES["hostile"], "http")

    said = re.sub("[\x00\x1b\u202e\u2066\ud800]", "\ufffd", HOSTILE)
    assert body["alert"]["findings"][0]["title"] == said
    assert body["project"]["tags"] == {said: said}
    assert "description" not in body["alert"]["findings"][0]


def test_worked_example_is_one_line() -> None:
    many = notice(findings=[finding(1), finding(2), finding(3)])

    assert made(many, "slack", "short") == {
        "text": "*HIGH* <https://security.snyk.io/vuln/SNYK-JS-ACME-1|Prototype Pollution> "
        "in acme-parser and 2 more · acme/shop:package.json"
    }
