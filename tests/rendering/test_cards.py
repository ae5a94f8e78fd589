"""The cards of Teams, judged by Microsoft's schema and by a Markdown reader."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft6Validator
from jsonschema.exceptions import best_match
from markdown_it import MarkdownIt
from markdown_it.token import Token

from gateway.model.delivery import Action
from gateway.model.notice import Notice
from gateway.rendering.rendering import Renderer
from gateway.sinks.adaptivecard import fit
from tests.rendering.conftest import HOSTILE, finding, notice
from tests.rendering.test_shapes import FINDINGS, SHAPES, changed, faults, rendered

CONTRACTS = Path(__file__).parents[1] / "fixtures" / "contracts"
SCHEMA = json.loads((CONTRACTS / "adaptive-card-1.5.0.schema.json").read_text())
MARKDOWN = MarkdownIt("commonmark").enable(["strikethrough", "table"])
SPICY = {"title": HOSTILE, "package": HOSTILE, "exploit": HOSTILE, "severity": HOSTILE}
Card = dict[str, Any]


def card(said: Notice) -> Card:
    made: Card = json.loads(rendered(said, "teams"))
    return made


def flaw(made: Card) -> str:
    """What Microsoft's schema refuses; it does not know what only Teams reads."""
    known = {key: each for key, each in made.items() if key != "msteams"}
    error = best_match(Draft6Validator(SCHEMA).iter_errors(known))
    return f"{error.json_path}: {error.message}" if error else ""


def objects(value: Any) -> Iterator[Card]:
    if isinstance(value, dict | list):
        if isinstance(value, dict):
            yield value
        for each in value.values() if isinstance(value, dict) else value:
            yield from objects(each)


def texts(made: Card) -> list[str]:
    return [each["text"] for each in objects(made) if each.get("type") == "TextBlock"]


def marks(text: str) -> Iterator[Token]:
    for token in MARKDOWN.parse(text):
        yield from token.children or []
        if token.type not in {"inline", "paragraph_open", "paragraph_close"}:
            yield token


def read(text: str) -> str:
    """What people see of Markdown."""
    return "".join(token.content for token in marks(text))


def find(made: Card, type_: str) -> list[Card]:
    return [each for each in objects(made) if each.get("type") == type_]


@pytest.mark.parametrize("kind", FINDINGS)
@pytest.mark.parametrize("action", ["create", "update", "close"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_a_card_of_the_version_it_claims(
    shape: str, action: Action, kind: str
) -> None:
    some = [FINDINGS[kind](each) for each in range(9)]
    said = notice(action, findings=[] if action == "close" else some, fixed=some, name=HOSTILE)

    made = card(SHAPES[shape](said))

    assert flaw(made) == ""
    assert (made["version"], made["msteams"]) == ("1.5", {"width": "Full"})


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"body": [{"type": "TextBlok", "text": "x"}]}, "TextBlok"),
        ({"body": [{"type": "TextBlock"}]}, "TextBlock"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_the_schema_would_notice(wrong: Card, says: str) -> None:
    made = card(notice())

    assert says in flaw({**made, **wrong})


@pytest.mark.parametrize("shape", SHAPES)
def test_a_card_made_small_is_still_a_card(shape: str) -> None:
    made = json.loads(
        fit({**card(SHAPES[shape](notice(findings=[finding()]))), "speak": "x" * 30_000})[0]
    )

    small = made["attachments"][0]["content"]

    assert flaw(small) == ""
    assert find(small, "Action.OpenUrl")[0]["title"] == "Open in Snyk"


@pytest.mark.parametrize("action", ["create", "update", "close"])
@pytest.mark.parametrize("shape", SHAPES)
def test_hostile_text_stays_text(shape: str, action: Action) -> None:
    some = [finding(each, **SPICY) for each in range(3)]
    said = notice(
        action, findings=[] if action == "close" else some, fixed=some, name=HOSTILE, branch=HOSTILE
    )

    made = card(SHAPES[shape](said))

    known = {"text", "strong_open", "strong_close", "link_open", "link_close"}
    for text in (*texts(made), made["fallbackText"]):
        found = list(marks(text))
        assert {each.type for each in found} <= known, text
        links = [str(each.attrs["href"]) for each in found if each.type == "link_open"]
        assert all(each.startswith("https://security.snyk.io/vuln/SNYK-") for each in links)


@pytest.mark.parametrize("shape", SHAPES)
def test_nobody_is_mentioned(shape: str) -> None:
    """Teams mentions whom both `<at>` and `msteams.entities` name."""
    some = [finding(each, title="<at>Everyone</at>", package="@everyone") for each in range(3)]

    made = card(SHAPES[shape](notice(findings=some, fixed=some, name="<at>Ops</at>")))

    assert all("<at>" not in text for text in texts(made))
    assert list(made["msteams"]) == ["width"]


def test_a_finding_says_all_that_people_ask_for() -> None:
    made = card(notice(findings=[finding(1, malicious=True)], type="deb", image_tag="1.2.0"))

    assert [read(text) for text in texts(made)] == [
        "acme/shop:package.json",
        "1 new issue",
        "High",
        "Prototype Pollution",
        "acme-parser 1.4.2 → fixed in 2.0.1",
        "malicious package · SNYK-JS-ACME-1 · CVE-2026-40001 · CVSS 7.5 · exploit: mature",
        "Acme · main · image 1.2.0 · route everything",
    ]
    assert read(made["fallbackText"]) == (
        "High: Prototype Pollution in acme-parser · acme/shop:package.json"
    )


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"fixed_in": ()}, "acme-parser 1.4.2 → a fix is available"),
        ({"fixed_in": (), "fixable": False}, "acme-parser 1.4.2 → no fix yet"),
        ({"fixed_in": (), "fixable": False, "type": "license"}, "acme-parser 1.4.2"),
    ],
)
def test_a_finding_says_whether_it_can_be_fixed(changes: dict[str, Any], says: str) -> None:
    made = card(notice(findings=[finding(1, **changes)]))

    assert says in [read(text) for text in texts(made)]


@pytest.mark.parametrize(
    ("severity", "colour"),
    [
        ("critical", "attention"),
        ("high", "warning"),
        ("medium", "accent"),
        ("low", "default"),
        ("", "default"),
    ],
)
def test_a_severity_has_its_colour(severity: str, colour: str) -> None:
    made = card(notice(findings=[finding(severity=severity)]))

    assert made["body"][0]["style"] == colour
    assert find(made["body"][1], "TextBlock")[0]["color"] == colour


def test_what_is_resolved_is_green() -> None:
    assert card(notice("close", findings=[], fixed=[finding()]))["body"][0]["style"] == "good"


def test_the_worst_stands_first_and_what_is_missing_is_counted() -> None:
    severe = [finding(0, severity="critical"), *(finding(each) for each in range(1, 60))]

    made = card(notice(findings=severe))

    shown = [read(each) for each in texts(made)]
    listed = sum(each in {"Critical", "High"} for each in shown)
    assert shown[2] == "Critical"
    assert f"… and {60 - listed} more" in shown


@pytest.mark.parametrize("kind", FINDINGS)
def test_what_does_not_fit_is_counted(kind: str) -> None:
    said = notice(findings=[FINDINGS[kind](each) for each in range(500)])

    body = rendered(said, "teams", most=100)

    listed = len(find(json.loads(body), "ColumnSet"))
    assert 0 < listed < 100
    assert f"… and {500 - listed} more" in texts(json.loads(body))
    assert faults(said, "teams", body) == []


def test_findings_of_several_projects_say_which() -> None:
    made = notice(findings=[finding(1), finding(2)])
    event = made.alert.event
    elsewhere = replace(event, project=replace(event.project, id="p-2", name="acme/till:pom.xml"))
    entries = (made.open[0], replace(made.open[1], event=elsewhere))

    shown = [read(each) for each in texts(card(replace(made, open=entries, new=entries)))]

    assert shown[0] == "several projects"
    assert "acme/shop:package.json" in shown
    assert "acme/till:pom.xml" in shown


def test_the_buttons_lead_to_snyk_and_to_the_alert() -> None:
    made = Renderer(None, public_url="https://gateway.example").render(
        notice(), sink="chat", type="teams", format="card", template=None
    )

    assert json.loads(made.body)["actions"] == [
        {
            "type": "Action.OpenUrl",
            "title": "Open in Snyk",
            "url": "https://app.snyk.io/org/acme/project/p-1",
        },
        {
            "type": "Action.OpenUrl",
            "title": "Open alert",
            "url": "https://gateway.example/alerts/alr_1",
        },
    ]


ROLLED = "Roll-up of route everything: 4001 new issues in 1 or more projects"


def quiet(shape: str) -> Notice:
    return SHAPES[shape](notice(findings=[]))


SAYS: dict[str, tuple[Callable[[], Notice], str]] = {
    "ping": (lambda: quiet("ping"), "Snyk sent a ping: the webhook works · acme/shop:package.json"),
    "clean": (lambda: quiet("snapshot"), "Tested: nothing new · acme/shop:package.json"),
    "unreadable": (
        lambda: quiet("unreadable"),
        "An event could not be read · acme/shop:package.json",
    ),
    "roll-up": (lambda: SHAPES["roll-up"](notice()), ROLLED),
    "reminder": (
        lambda: SHAPES["reminder"](notice("update", findings=[finding(1), finding(2)])),
        "Still open: 2 issues · acme/shop:package.json",
    ),
    "fixed": (
        lambda: notice("close", findings=[], fixed=[finding()]),
        "Fixed: Prototype Pollution in acme-parser · acme/shop:package.json",
    ),
    "by hand": (
        lambda: changed(notice("close", findings=[], fixed=[finding()]), ended="by_hand"),
        "Resolved by hand: 1 issue · acme/shop:package.json",
    ),
    "gone": (
        lambda: changed(notice("close", findings=[], fixed=[finding()]), ended="gone"),
        "Not tested any more: closed with 1 issue · acme/shop:package.json",
    ),
}


@pytest.mark.parametrize("name", SAYS)
def test_the_gist_is_what_slack_would_be_told(name: str) -> None:
    make, says = SAYS[name]

    assert read(card(make())["fallbackText"]) == says
    assert json.loads(rendered(make(), "slack"))["text"] == says


def test_an_internal_event_says_what_the_gateway_has_to_say() -> None:
    said = replace(
        changed(
            notice(findings=[]),
            event=replace(
                notice().alert.event,
                type="internal",
                raw={"internal": {"kind": "feed_silent", "text": "Nothing came for 26 h"}},
            ),
        ),
        deliver="events",
    )

    made = card(said)

    assert [read(text) for text in texts(made)][:3] == [
        "snyk-gateway",
        "feed_silent",
        "Nothing came for 26 h",
    ]
    assert made["body"][0]["style"] == "warning"
