"""Each file in bad/ has its problems beside it."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.errors import SettingsError
from gateway.load import KNOWN, load, schema, stated_store

HERE = Path(__file__).parent
CONFIG = HERE.parents[1] / "config"
CHAT = "sinks: {c: {type: slack, url: 'https://hooks.slack.example/services/x'}}\n"
SOURCES = "sources: {snyk: {type: snyk, secrets: [a-secret-of-sixteen-or-more]}}\n"


@pytest.mark.parametrize("file", sorted((HERE / "bad").glob("*.yaml")), ids=lambda file: file.stem)
def test_every_problem_is_told_with_its_place(file: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(file, environ={}, offline=True)

    told = [str(problem).removeprefix(f"{file}:") for problem in caught.value.problems]
    assert told == file.with_suffix(".txt").read_text().splitlines()


@pytest.mark.parametrize("file", sorted((HERE / "good").glob("*.yaml")), ids=lambda file: file.stem)
def test_good_configuration_has_no_problem(file: Path) -> None:
    assert load(file, environ={}, offline=False).warnings == ()


def test_example_is_sound_but_for_the_secrets_that_are_yours() -> None:
    loaded = load(CONFIG, environ={}, offline=True)

    assert {problem.kind for problem in loaded.warnings} <= {"unset"}


@pytest.mark.parametrize(
    ("sink", "warned"),
    [
        ("type: opsgenie, api_key: genie-key-genie-key, region: jsm", True),
        ("type: pagerduty, routing_key: 0123456789abcdefmadeup0123456789", True),
        ("type: http, url: 'https://siem.example/x'", False),
    ],
)
def test_a_sink_that_pages_is_warned_of_under_a_wide_group(
    tmp_path: Path, sink: str, *, warned: bool
) -> None:
    (tmp_path / "gateway.yaml").write_text(
        SOURCES + f"sinks: {{o: {{{sink}}}}}\nroute: {{sinks: [o], group_by: [event]}}\n"
    )

    warnings = load(tmp_path, environ={}, offline=False).warnings

    assert ["pages once for all" in each.text for each in warnings] == [True] * warned


def test_unset_variable_is_a_problem_in_service(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(SOURCES + "sinks: {c: {type: slack, url: '${CHAT}'}}\nroute: {sinks: [c]}\n")

    with pytest.raises(SettingsError, match=r"gateway.yaml:2:31: .*CHAT is not set"):
        load(file, environ={}, offline=False)


def test_secret_file_is_read_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("https://hooks.slack.example/services/T/B/x\n")
    file = tmp_path / "gateway.yaml"
    file.write_text(SOURCES + "sinks: {c: {type: slack, url: {file: url}}}\nroute: {sinks: [c]}\n")

    parts = load(file, environ={}, offline=False).parts

    assert parts.redaction("at /services/T/B/x") == "at /services/T/B/x"
    assert "services" not in parts.redaction("https://hooks.slack.example/services/T/B/x")


def test_missing_secret_file_is_a_problem_in_service_and_a_warning_offline(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(SOURCES + "sinks: {c: {type: slack, url: {file: url}}}\nroute: {sinks: [c]}\n")

    with pytest.raises(SettingsError, match=r"gateway.yaml:2:38: .*cannot read url"):
        load(file, environ={}, offline=False)

    assert [each.kind for each in load(file, environ={}, offline=True).warnings] == ["unset"]


def test_missing_tls_file_is_a_problem_in_service_and_a_warning_offline(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    sink = "type: http, url: 'https://a.example/', tls: {ca: tls/ca.pem}"
    file.write_text(SOURCES + f"sinks: {{c: {{{sink}}}}}\nroute: {{sinks: [c]}}\n")

    with pytest.raises(SettingsError, match=r"gateway.yaml:2:62: .*cannot read tls/ca.pem"):
        load(file, environ={}, offline=False)

    assert [each.kind for each in load(file, environ={}, offline=True).warnings] == ["unset"]


def test_files_of_a_folder_are_merged_by_key(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SOURCES)
    (tmp_path / "b.yaml").write_text("route: {sinks: []}\n")

    assert load(tmp_path, environ={}, offline=False).parts.tree.root.name == "root"


def test_key_in_two_files_and_a_stray_yml_are_problems(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SOURCES + "route: {sinks: []}\n")
    (tmp_path / "b.yaml").write_text("route: {sinks: []}\n")
    (tmp_path / "c.yml").write_text("")

    with pytest.raises(SettingsError) as caught:
        load(tmp_path, environ={}, offline=False)

    told = [str(problem).removeprefix(f"{tmp_path}/") for problem in caught.value.problems]
    assert told == [
        f"b.yaml:1:1: route: stands in {tmp_path}/a.yaml already; a key may stand in one file only",
        "c.yml:1:1: rename it: only *.yaml files are read",
    ]


def test_empty_file_lacks_what_a_configuration_needs(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("")

    with pytest.raises(SettingsError) as caught:
        load(file, environ={}, offline=True)

    assert [problem.path for problem in caught.value.problems] == ["route", "sources"]


def test_an_empty_section_of_sources_is_no_source(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("sources: {}\n" + CHAT + "route: {sinks: [c]}\n")

    with pytest.raises(SettingsError, match=r"gateway.yaml:1:10: sources: no source"):
        load(file, environ={}, offline=True)


@pytest.mark.parametrize("name", ["nowhere", ""])
def test_folder_without_configuration_is_one_problem(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path / name, environ={}, offline=True)

    assert len(caught.value.problems) == 1


def test_schema_describes_every_section() -> None:
    made = schema()

    assert set(KNOWN) == made["properties"].keys()
    assert "verify" in str(made)
    assert "continue" in str(made)


@pytest.mark.parametrize(
    ("rules", "warning"),
    [
        (
            (
                "time_intervals: {old: [{years: [2025]}]}\n"
                "route: {sinks: [c], active_time_intervals: [old]}\n"
            ),
            "3:23: time_intervals.old: warning: never comes again",
        ),
        (
            (
                "time_intervals: {day: [{times: [{start_time: '09:00', end_time: '17:00'}]}]}\n"
                "route: {sinks: [c], active_time_intervals: [day], mute_time_intervals: [day]}\n"
            ),
            "4:8: route: warning: its hours never come",
        ),
        (
            (
                "silences: [{matchers: [severity = low], until: 2026-01-01, owner: a, reason: b}]\n"
                "route: {sinks: [c]}\n"
            ),
            "3:48: silences[0].until: warning: has ended",
        ),
        (
            "time_intervals: {day: [{years: [2030]}]}\nroute: {sinks: [c]}\n",
            "3:18: time_intervals.day: warning: no route names this time interval",
        ),
    ],
    ids=["interval over", "hours that cancel out", "silence over", "interval unused"],
)
def test_what_has_no_effect_is_a_warning(tmp_path: Path, rules: str, warning: str) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(SOURCES + CHAT + rules)

    warnings = load(file, environ={}, offline=False, clock=Now()).warnings

    assert [str(each).removeprefix(f"{file}:")[: len(warning)] for each in warnings] == [warning]


def test_a_template_that_nobody_names_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "old.slack.j2").write_text("{}")
    (tmp_path / "gateway.yaml").write_text(SOURCES + CHAT + "route: {sinks: [c]}\n")

    (warning,) = load(tmp_path, environ={}, offline=False).warnings

    assert str(warning).endswith("old.slack.j2:1:1: warning: no route or sink names this template")


def test_where_a_template_takes_in_another_by_a_computed_name_none_is_unused(
    tmp_path: Path,
) -> None:
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "mine.slack.j2").write_text("{% include alert.worst.severity ~ '.slack.j2' %}")
    for severity in ("critical", "high", "medium", "low"):
        (templates / f"{severity}.slack.j2").write_text('{"text": "a finding"}')
    chat = CHAT.replace("type: slack", "type: slack, template: mine")
    (tmp_path / "gateway.yaml").write_text(SOURCES + chat + "route: {sinks: [c]}\n")

    assert load(tmp_path, environ={}, offline=False).warnings == ()


@pytest.mark.parametrize(
    ("setting", "place"),
    [
        ("priority: '{{ severity'", "sinks.o.priority"),
        ("tags: [a, '{{ b }']", "sinks.o.tags[1]"),
        ("details: {team: '{% if %}'}", "sinks.o.details.team"),
    ],
)
def test_settings_of_a_sink_that_nothing_reaches_are_compiled_too(
    tmp_path: Path, setting: str, place: str
) -> None:
    paging = f"  o: {{type: opsgenie, api_key: genie-key-genie-key, {setting}}}\n"
    chat = "  c: {type: slack, url: 'https://hooks.slack.example/services/x'}\n"
    rules = "sinks:\n" + chat + paging + "route: {sinks: [c]}\n"
    (tmp_path / "gateway.yaml").write_text(SOURCES + rules)

    with pytest.raises(SettingsError) as caught:
        load(tmp_path, environ={}, offline=False)

    assert [each.path for each in caught.value.problems if each.is_fatal] == [place]


def test_a_template_is_rendered_for_every_set_of_labels_that_reaches_it(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "team.slack.j2").write_text('{"text": "{{ labels.team }}"}')
    (tmp_path / "gateway.yaml").write_text(
        SOURCES
        + CHAT.replace("type: slack", "type: slack, template: team")
        + "route:\n  sinks: [c]\n  routes:\n"
        "    - {name: a, matchers: [severity = low], labels: {team: x}}\n"
    )

    with pytest.raises(SettingsError, match=r"sinks\.c\.template: fails on a sample.*team"):
        load(tmp_path, environ={}, offline=False)


@pytest.mark.parametrize(
    ("case", "route"),
    [
        ("alert.reminder", "repeat_interval: 4h"),
        ("alert.rollup", "group_by: [project]"),
        ("alert.status == 'resolved'", "group_by: [finding]"),
        ("alert.more", "max_findings: 3, group_by: [event]"),
        ("alert.counts.total > 100", "group_by: [event]"),
    ],
)
def test_a_template_is_rendered_for_everything_that_can_become_of_an_alert(
    tmp_path: Path, case: str, route: str
) -> None:
    (tmp_path / "templates").mkdir()
    # What is only doubtful, here a text that is empty at first, hides nothing that fails.
    text = '{"text": "{% if CASE %}{{ nothing.there }}{% endif %}"}'.replace("CASE", case)
    (tmp_path / "templates" / "mine.slack.j2").write_text(text)
    chat = CHAT.replace("type: slack", "type: slack, template: mine, send_resolved: true")
    (tmp_path / "gateway.yaml").write_text(SOURCES + chat + f"route: {{sinks: [c], {route}}}\n")

    with pytest.raises(SettingsError, match=r"sinks\.c\.template: fails on a sample.*nothing"):
        load(tmp_path, environ={}, offline=False)


class Now(SystemClock):
    """A clock that stands still at a day on which the examples above mean something."""

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_what_a_variable_put_into_a_problem_does_not_print(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(
        "sources: {snyk: {type: snyk, secrets: [a-secret-of-sixteen-or-more]}}\n"
        'sinks: {chat: {type: http, url: "https://a.example"}}\n'
        'route: {sinks: ["${TOKEN}"]}\n'
    )

    with pytest.raises(SettingsError) as caught:
        load(file, environ={"TOKEN": "s3cr3t-s3cr3t-s3cr3t"}, offline=False)

    assert "no sink is called" in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


MAIL = (
    "sinks: {m: {type: email, host: '${HOST}', from: '${FROM}', to: ['${TO}'], template: mine}}\n"
    "route: {sinks: [m]}\n"
)


def test_every_format_of_a_template_is_rehearsed(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "mine.txt.j2").write_text("{{ alert.worst.title }}")
    file = tmp_path / "gateway.yaml"
    file.write_text(SOURCES + MAIL)
    alone = load(file, environ={}, offline=True).warnings

    html = tmp_path / "templates" / "mine.html.j2"
    html.write_text("{{ alert.id | raw }}")
    careless = load(file, environ={}, offline=True).warnings
    html.write_text("{{ nothing }}")

    with pytest.raises(
        SettingsError, match=r"sinks\.m\.template: fails .*mine\.html\.j2:1: .*nothing"
    ):
        load(file, environ={}, offline=True)
    assert {problem.kind for problem in alone} == {"unset"}
    assert "prints unescaped text" in str([problem for problem in careless if not problem.kind])


# One of its plugins imports a part of the standard library that Python 3.13 has not.
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_an_address_that_apprise_does_not_know_is_a_problem(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    push = "sinks: {p: {type: apprise, url: 'no-such://made-up-token'}}\nroute: {sinks: [p]}\n"
    file.write_text(SOURCES + push)

    with pytest.raises(SettingsError, match=r"sinks\.p\.url: Apprise knows no such") as caught:
        load(file, environ={}, offline=True)

    assert "made-up-token" not in str(caught.value)


def test_the_store_is_told_whatever_is_wrong_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "gateway.yaml").write_text(
        "store: {url: 'sqlite:///there/${NAME}.db'}\nsinks: {c: {type: what, url: '${UNSET}'}}\n"
    )

    assert stated_store(tmp_path, {"NAME": "g"}).url == "sqlite:///there/g.db"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("store: {url: '${UNSET}'}", "store.url: the variable UNSET is not set"),
        ("store: {url: 'mysql://x'}", "store.url: not a store"),
        ("store: [", "not YAML"),
        (
            "store: {url: 'postgresql://db/x', password: {file: missing}}",
            "store.password.file: cannot read missing",
        ),
    ],
)
def test_a_store_that_is_in_doubt_is_a_problem(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "gateway.yaml").write_text(text)

    with pytest.raises(SettingsError, match=re.escape(said)):
        stated_store(tmp_path, {})
