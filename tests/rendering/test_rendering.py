import json
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.codec import decode
from gateway.rendering.folder import BUILT_IN, Folder
from gateway.rendering.rendering import Fits, Rendered, Renderer
from tests.rendering.conftest import HOSTILE, finding, notice


def render(made: Renderer, template: str | None, type_: str = "slack") -> Rendered:
    form = "slack" if type_ == "slack" else "json"
    return made.render(notice(), sink="chat", type=type_, format=form, template=template)


def test_operators_template_makes_the_message(tmp_path: Path) -> None:
    (tmp_path / "short.slack.j2").write_text(
        '{"text": "{{ alert.worst.title }} at {{ sink.name }}"}'
    )

    made = render(Renderer(tmp_path), "short")

    assert made == Rendered(body='{"text": "Prototype Pollution at chat"}', failed=None)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("\n{{ nothing }}", "templates/own.slack.j2:2: 'nothing' is undefined"),
        ("{% if %}", "templates/own.slack.j2:1: Expected an expression"),
        ('{"text": {{ alert.id }}}', "templates/own.slack.j2: what it makes is not readable"),
        ("[]", "templates/own.slack.j2: what it makes is not a JSON object"),
        ("{{ alert.id | raw }}\ud800".encode("utf-8", "surrogatepass"), "cannot be read"),
        ('{{ "\\ud800" | raw }}', "surrogates not allowed"),
        ("{% for a in range(1000) %}{% for b in range(1000) %}xx{% endfor %}{% endfor %}", "1 MiB"),
    ],
)
def test_template_that_fails_gives_way_to_the_plain_message_with_a_note(
    tmp_path: Path, source: str | bytes, why: str
) -> None:
    content = source if isinstance(source, bytes) else source.encode()
    (tmp_path / "own.slack.j2").write_bytes(content)
    failures: list[int] = []

    made = render(Renderer(tmp_path, on_error=lambda: failures.append(1)), "own")

    assert made.failed is not None
    assert why in made.failed
    assert "The template 'own' failed" in made.body
    assert "Prototype Pollution" in made.body
    assert decode(made.body)["attachments"]
    assert failures == [1]


def test_missing_template_gives_way_too() -> None:
    made = render(Renderer(None), "nowhere")

    assert made.failed == Renderer(None).missing("nowhere", "slack")
    assert "Prototype Pollution" in made.body


@pytest.mark.parametrize("type_", ["slack", "opsgenie", "http"])
def test_every_built_in_template_carries_the_note(tmp_path: Path, type_: str) -> None:
    made = render(Renderer(tmp_path), "nowhere", type_)

    assert "The template 'nowhere' failed" in made.body
    decode(made.body)


def test_http_endpoint_takes_json_of_any_shape(tmp_path: Path) -> None:
    (tmp_path / "list.json.j2").write_text('[{{ alert.more }}, "{{ alert.id }}"]')

    assert render(Renderer(tmp_path), "list", "http").body == '[0, "alr_1"]'
    assert render(Renderer(tmp_path), "list", "opsgenie").failed is not None


def test_same_notice_makes_the_same_message() -> None:
    assert render(Renderer(None), None) == render(Renderer(None), None)


def test_template_may_be_built_on_a_built_in_one(tmp_path: Path) -> None:
    (tmp_path / "own.json.j2").write_text('{% include "http.json.j2" %}')
    said = notice(findings=[finding(title=HOSTILE)])
    make = Renderer(tmp_path).render

    own = make(said, sink="a", type="http", format="json", template="own")
    plain = make(said, sink="a", type="http", format="json", template=None)

    assert own.failed is None
    assert own.body == plain.body


def test_built_in_template_that_was_copied_out_makes_the_same_message(tmp_path: Path) -> None:
    built_in = Folder(BUILT_IN)
    for name in built_in.names:
        (tmp_path / name).write_text(built_in.text(name))

    for template, format_ in (("slack", "slack"), ("opsgenie", "json"), ("http", "json")):
        said = replace(notice(), marks=("when of route a failed",))
        made = [
            Renderer(tmp_path).render(said, sink="a", type=template, format=format_, template=own)
            for own in (template, None)
        ]
        assert made[0] == made[1]


def test_missing_template_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "own.slack.j2").write_text("{}")
    made = Renderer(tmp_path)

    assert made.missing("own", "slack") is None
    assert made.missing("opsgenie", "json") is None
    assert made.missing("own", "json") == (
        "no template is called 'own' for json: templates/own.json.j2 is missing"
    )


def test_check_says_what_does_not_compile(tmp_path: Path) -> None:
    (tmp_path / "own.slack.j2").write_text("\n{{ alert.id | nope }}")
    (tmp_path / "sound.slack.j2").write_text("{}")
    made = Renderer(tmp_path)

    assert made.check("own", "slack") == ["templates/own.slack.j2:2: No filter named 'nope'."]
    assert made.check("sound", "slack") == []
    assert made.check("nowhere", "slack") == [made.missing("nowhere", "slack")]


def test_template_that_opts_out_can_be_told(tmp_path: Path) -> None:
    (tmp_path / "own.slack.j2").write_text('{"text": "{{ alert.id | raw }}"}')
    (tmp_path / "sound.slack.j2").write_text("{}")
    made = Renderer(tmp_path)

    assert made.opts_out("own", "slack")
    assert not made.opts_out("sound", "slack")
    assert not made.opts_out("nowhere", "slack")


def test_settings_are_worked_out_for_the_notice() -> None:
    settings = {"tags": ["{{ project.tags.env }}"], "priority": "{{ nope }}"}

    made = Renderer(None).values(settings, notice(), sink="a", type="opsgenie")

    assert made.values == {"tags": ["prod"]}
    assert made.failed is not None
    Renderer(None).compile_value("{{ anything }}")


def test_what_was_worked_out_before_stays_as_it_is() -> None:
    settings = {"tags": ["{{ project.tags.env }}"], "priority": "P1"}

    worked = Renderer(None).values(
        settings, notice(), sink="oncall", type="opsgenie", kept={"tags": ["staging"]}
    )

    assert worked.values == {"tags": ["staging"], "priority": "P1"}


def test_setting_that_the_configuration_has_lost_is_not_kept() -> None:
    worked = Renderer(None).values(
        {"priority": "P1"}, notice(), sink="oncall", type="opsgenie", kept={"tags": ["staging"]}
    )

    assert worked.values == {"priority": "P1"}


def test_settings_that_hold_expressions_are_those_worth_keeping() -> None:
    settings = {
        "tags": ["{{ project.tags.env }}"],
        "details": {"env": "{% if alert.more %}many{% endif %}"},
        "priority": "P1",
        "responders": [],
        "fixed": {"a": "{b}"},
        "number": 3,
    }

    assert set(Renderer(None).varying(settings)) == {"tags", "details"}


def test_settings_see_as_many_findings_as_the_route_says() -> None:
    said = notice(findings=[finding(1), finding(2), finding(3)])
    settings = {"tags": ["{{ alert.findings | length }} and {{ alert.more }}"]}

    worked = Renderer(None).values(settings, said, sink="a", type="opsgenie", max_findings=2)

    assert worked.values == {"tags": ["2 and 1"]}


def test_built_in_message_lists_as_much_as_fits_else_everything() -> None:
    said = notice(findings=[finding(number) for number in range(16)])

    def made(fits: Fits) -> str:
        return (
            Renderer(None)
            .render(said, sink="a", type="slack", format="slack", template=None, fits=fits)
            .body
        )

    assert "… and 8 more" in made(lambda body: body.count("CVE-") <= 8)
    assert "more" not in made(lambda _body: False)


def test_labels_and_tables_can_be_named_in_settings() -> None:
    said = notice()
    said = replace(said, alert=replace(said.alert, labels={"team": "a"}))
    renderer = Renderer(None, tables={"teams": {"a": {"channel": "C0"}}})

    settings = {"channel": "{{ tables.teams[labels.team].channel }}"}
    worked = renderer.values(settings, said, sink="chat", type="slack")

    assert worked.values == {"channel": "C0"}


def test_a_template_uses_what_it_takes_in(tmp_path: Path) -> None:
    for name, text in {
        "page.slack.j2": '{% include "part.slack.j2" %}',
        "part.slack.j2": "{}",
        "old.slack.j2": "{}",
    }.items():
        (tmp_path / name).write_text(text)
    renderer = Renderer(tmp_path)

    assert renderer.used_by({"page"}) == {"page.slack.j2", "part.slack.j2"}
    assert renderer.used_by({"old.v1"}) == set()
    assert renderer.own_templates() == ["old.slack.j2", "page.slack.j2", "part.slack.j2"]


def test_a_single_finding_for_machines_has_the_keys_that_are_promised() -> None:
    said = replace(notice(), deliver="findings")

    rendered = Renderer(None).render(said, sink="siem", type="http", format="json", template=None)

    assert list(json.loads(rendered.body)) == [
        "type",
        "change",
        "finding",
        "project",
        "org",
        "event",
    ]


def mailed(folder: Path | None, template: str | None) -> Rendered:
    return Renderer(folder).render(
        notice(), sink="mail", type="email", format="txt", also=("html",), template=template
    )


def test_the_built_in_message_is_made_in_every_format() -> None:
    made = mailed(None, None)

    assert made.body.strip().startswith("High: Prototype Pollution in acme-parser")
    assert "<!doctype html>" in made.also["html"]


def test_an_operators_template_makes_the_formats_that_it_has_files_for(tmp_path: Path) -> None:
    (tmp_path / "own.txt.j2").write_text("{{ alert.worst.title }}")

    alone = mailed(tmp_path, "own")
    (tmp_path / "own.html.j2").write_text("<b>{{ alert.worst.title }}</b>")
    both = mailed(tmp_path, "own")

    assert alone == Rendered(body="Prototype Pollution")
    assert both == Rendered(body="Prototype Pollution", also={"html": "<b>Prototype Pollution</b>"})


def test_a_further_format_that_fails_gives_way_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "own.txt.j2").write_text("mine")
    (tmp_path / "own.html.j2").write_text("{{ nothing }}")

    made = mailed(tmp_path, "own")

    assert made.failed == "templates/own.html.j2:1: 'nothing' is undefined"
    assert "The template 'own' failed" in made.body
    assert "The template &#x27;own&#x27; failed" in made.also["html"]


def test_a_further_format_alone_is_no_template(tmp_path: Path) -> None:
    (tmp_path / "own.html.j2").write_text("<b>")

    assert mailed(tmp_path, "own").failed == Renderer(tmp_path).missing("own", "txt")
