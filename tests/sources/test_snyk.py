import json
from datetime import UTC, datetime
from typing import Any

import pytest
from multidict import CIMultiDict
from pydantic import ValidationError

from gateway.errors import Unreadable
from gateway.model.event import Event, Org
from gateway.model.identity import digest
from gateway.sources.snyk import Snyk, SnykSettings, signed_headers
from gateway.sources.source import Expected
from tests.sources.conftest import FIXTURES, SECRET, Read

Row = tuple[str, str, str, str]


def _new(*rows: tuple[str, str, str]) -> list[Row]:
    return [(id_, package, "new", severity) for id_, package, severity in rows]


HOSTILE = (
    "hostile </script><script>alert(1)</script> [text](javascript:alert(1)) @channel <!channel> "
    'a|b `code` {{ 7*7 }} &amp;#39; *bold* _it_ "q" \\ \u202e'
)
LEMONADE = ("medium", "medium", "high", "low", "medium")

# Every stored fixture, named by its row in the table of shapes: which findings come out of it.
FINDINGS: dict[str, list[Row]] = {
    "01-ping": [],
    "02-clean-2021": [],
    "03-clean-cli-2021": [],
    "04-new-npm-2021": _new(
        ("SNYK-JS-QUINCE-550001", "quince", "high"),
        ("npm:medlar:20180305", "medlar", "medium"),
        ("SNYK-JS-SORB-550003", "sorb", "low"),
    ),
    "05-new-pip-cli-2021": _new(
        *(
            (f"SNYK-PYTHON-LEMONADE-11100{number}", "lemonade", severity)
            for number, severity in enumerate(LEMONADE, 1)
        )
    ),
    "06-new-maven-2022": _new(
        ("SNYK-JAVA-EXAMPLEORCHARD-2200001", "example.orchard:cherry-core", "high")
    ),
    "07-new-npm-2022": _new(("SNYK-JS-APRICOT-3300001", "apricot", "high")),
    "08-new-npm-2023": _new(
        ("SNYK-JS-DAMSON-4400001", "damson", "medium"),
        ("SNYK-JS-GREENGAGE-4400002", "greengage", "low"),
    ),
    "09-none-strings": _new(("SNYK-JS-MULBERRY-4500001", "mulberry", "medium")),
    "10-container-deb-2025": [
        ("SNYK-UBUNTU2404-ORCHARDD-5500001", "orchardd/liborchardd0", "new", "critical"),
        ("SNYK-UBUNTU2404-ORCHARDD-5500002", "orchardd/liborchardd0", "removed", "medium"),
    ],
    "11-risk-score": _new(("SNYK-JS-NECTARINE-5600001", "nectarine", "medium")),
    "12-non-ascii": _new(("SNYK-JS-PEARPARSER-9900012", "pear-parser", "high")),
    "13-hostile-markdown": _new(("SNYK-JS-HOSTILE-1300001", HOSTILE, "high")),
    "14-cvss-forms": _new(
        *((f"SNYK-JS-SCORE-140000{number}", f"score-{number}", "medium") for number in range(8))
    ),
    "15-people": _new(("SNYK-JS-PEOPLE-1500001", "people", "low")),
    "16-tags-empty": [],
    "16-tags-null": [],
    "16-tags-objects": [],
    "16-tags-strings": [],
    "17-attributes": [],
    "17-no-attributes": [],
    "18-license": _new(("snyk:lic:npm:grafting:AGPL-3.0", "grafting", "medium")),
    "19-configuration": _new(("SNYK-CC-ORCHARD-19", "Deployment", "high")),
    "20-ignored": _new(
        ("SNYK-JS-IGNORED-2000001", "bruised", "high"),
        ("SNYK-JS-HEEDED-2000002", "ripe", "high"),
    ),
    "21-malicious": _new(("SNYK-JS-WORMHOLE-2100001", "worm-hole", "critical")),
    "22-removal-only": [("SNYK-JS-PEARPARSER-9900001", "pear-parser", "removed", "high")],
    "23-new-and-removed": [
        ("SNYK-JS-BOTH-2300001", "both", "new", "high"),
        ("SNYK-JS-BOTH-2300002", "both", "removed", "low"),
    ],
    "24-same-id-other-project": _new(("SNYK-JS-TWIN-2400001", "twin-a", "high")),
    "24-same-id-two-packages": _new(
        ("SNYK-JS-TWIN-2400001", "twin-a", "high"),
        ("SNYK-JS-TWIN-2400001", "twin-b", "high"),
    ),
    "25-flapping-1-new": _new(("SNYK-JS-FLAP-2500001", "flap", "high")),
    "25-flapping-2-removed": [("SNYK-JS-FLAP-2500001", "flap", "removed", "high")],
    "25-flapping-3-new": _new(("SNYK-JS-FLAP-2500001", "flap", "high")),
    "26-duplicate": _new(("SNYK-JS-ECHO-2600001", "echo", "high")),
    "26-duplicate-other-bytes": _new(("SNYK-JS-ECHO-2600001", "echo", "high")),
    "27-out-of-order-1-removal": [("SNYK-JS-LATE-2700001", "late", "removed", "high")],
    "27-out-of-order-2-opening": _new(("SNYK-JS-LATE-2700001", "late", "high")),
    "29-both-groups": _new(("SNYK-JS-GROUP-2900001", "group", "low")),
    "30-documentation": _new(("SNYK-JS-COMPOSITE-3000001", "composite", "low")),
    "31-trimmed": _new(("SNYK-JS-TRIMMED-3100001", "", "high")),
    "31-trimmed-project": [],
    "32-new-issues-null": [("SNYK-JS-SOUND-3200004", "sound", "removed", "low")],
    "32-new-issues-object": [("SNYK-JS-SOUND-3200005", "sound", "removed", "low")],
    "32-wrong-shapes": [
        ("SNYK-JS-FLAT-3200001", "flat", "new", "critical"),
        ("SNYK-JS-SOUND-3200002", "sound", "new", "high"),
        ("SNYK-JS-SOUND-3200003", "sound", "removed", "low"),
    ],
    "34-future-version": _new(("SNYK-JS-FUTURE-3400002", "future", "high")),
    "34-snapshot-and-webhook": _new(("SNYK-JS-HYBRID-3400003", "hybrid", "low")),
    "35-unknown-severities": _new(
        ("SNYK-JS-ENUM-3500001", "enum", "info"),
        ("SNYK-JS-ENUM-3500002", "enum", ""),
        ("SNYK-JS-ENUM-3500003", "enum", "High"),
        ("SNYK-JS-ENUM-3500004", "enum", ""),
        ("SNYK-JS-ENUM-3500005", "enum", "critical"),
    ),
    "36-odd-identifiers": _new(
        ("SNYK/JS:ODD 1\n", "@scope/odd package", "high"),
        ("SNYK-NUL-3600002", "nulpackage", "low"),
        (
            "L" * 190 + "…" + digest("L" * 2000),
            "long" * 500,
            "low",
        ),
        ("3600004", "", "medium"),
    ),
}
UNREADABLE = {"34-issue-created", "36-empty-project-id"}


def test_every_stored_fixture_is_expected_here() -> None:
    assert {path.stem for path in FIXTURES.glob("*.json")} == FINDINGS.keys() | UNREADABLE


@pytest.mark.parametrize("name", FINDINGS)
def test_the_findings_of_a_fixture(read: Read, name: str) -> None:
    event = read(name)

    found = [(each.id, each.package, each.change, each.severity) for each in event.findings]

    assert found == FINDINGS[name]
    assert event.type == ("ping" if name == "01-ping" else "project_snapshot")
    assert event.unreadable_issues == {"32-wrong-shapes": 7, "32-new-issues-object": 1}.get(name, 0)


@pytest.mark.parametrize("name", sorted(UNREADABLE))
def test_an_event_without_project_and_webhook_is_unreadable(read: Read, name: str) -> None:
    with pytest.raises(Unreadable, match=r"neither project\.id nor webhookId"):
        read(name)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b"{broken",
        b'{"webhookId":"\xff\xfe"}',
        b'\xef\xbb\xbf{"webhookId":"w"}',
        b'{"webhookId":"w","n":NaN}',
        b'{"webhookId":"w","webhookId":"v"}',
        b"[" * 10_000 + b"]" * 10_000,
        b'{"project":{"id":"p"},"n":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"project":{"id":"p","totalDependencies":' + b"9" * 400 + b"}}",
        b'{"project":{"name":"no id"},"webhookId":"w"}',
        b'{"project":"p"}',
        b'{"webhookId":""}',
        b'{"webhookId":["w"]}',
    ],
    ids=lambda body: ascii(body)[:30],
)
def test_33_what_is_signed_but_not_readable_is_said_to_be_so(read: Read, body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)


def test_a_ping_has_no_project(read: Read) -> None:
    event = read("01-ping")

    assert (event.type, event.project.id, event.tested_at) == ("ping", "", None)
    assert event.raw == {"project": {}, "org": {}}


def test_34_a_snapshot_wins_over_a_ping_in_one_body(read: Read) -> None:
    assert read("34-snapshot-and-webhook").type == "project_snapshot"


def test_ids_that_are_numbers_become_text(read: Read) -> None:
    assert read({"project": {"id": 4711}}).project.id == "4711"
    assert read({"webhookId": 4711}).type == "ping"


def test_25_26_27_the_time_of_the_test_orders_events(read: Read) -> None:
    first, second, third = (
        read(name).tested_at
        for name in ("25-flapping-1-new", "25-flapping-2-removed", "25-flapping-3-new")
    )
    late, early = (
        read(name).tested_at for name in ("27-out-of-order-1-removal", "27-out-of-order-2-opening")
    )
    one, other = read("26-duplicate"), read("26-duplicate-other-bytes")

    assert first is not None
    assert second is not None
    assert third is not None
    assert late is not None
    assert early is not None
    assert first < second < third
    assert early < late
    assert one == other


def test_08_an_event_at_import_time_is_an_event(read: Read) -> None:
    assert read("08-new-npm-2023").tested_at == datetime(
        2026, 11, 20, 5, 12, 44, 901_000, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("sent", "version"),
    [
        ({"X-Snyk-Event": "project_snapshot/v0"}, "v0"),
        ({"x-snyk-event": "project_snapshot/v1"}, "v1"),
        ({"X-SNYK-EVENT": "issue_created/v12"}, "v12"),
        ({}, "v0"),
        ({"X-Snyk-Event": "project_snapshot"}, "v0"),
        ({"X-Snyk-Event": "project_snapshot/1"}, "v0"),
        ({"X-Snyk-Event": "project_snapshot/v1\n"}, "v0"),
        ({"X-Snyk-Event": "x/v" + "9" * 50}, "v0"),
        ({"X-Snyk-Event": "x/v\u0663"}, "v0"),
    ],
    ids=ascii,
)
def test_34_the_header_names_the_version(snyk: Snyk, sent: dict[str, str], version: str) -> None:
    assert snyk.version(CIMultiDict(sent)) == version


def test_34_the_body_decides_the_type_whatever_the_header_says(snyk: Snyk) -> None:
    headers = CIMultiDict({"X-Snyk-Event": "ping/v1"})
    body = (FIXTURES / "34-future-version.json").read_bytes()

    event = snyk.read(
        body, id="evt_1", received_at=datetime.now(UTC), version=snyk.version(headers)
    )

    assert (event.type, event.version) == ("project_snapshot", "v1")


@pytest.mark.parametrize(
    ("sent", "id_"),
    [
        ([("X-Snyk-Transport-ID", "6f1e")], "6f1e"),
        ([("x-snyk-transport-id", "6f1e")], "6f1e"),
        ([("X-Snyk-Transport-Id", "6f\x00 1\udce9\u202ee")], "6f1e"),
        ([("X-Snyk-Transport-ID", "a"), ("X-Snyk-Transport-ID", "b")], ""),
        ([("X-Snyk-Transport-ID", "x" * 5000)], "x" * 128),
        ([], ""),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_the_transport_id_is_printable_and_bounded(
    snyk: Snyk, sent: list[tuple[str, str]], id_: str
) -> None:
    assert snyk.transport_id(CIMultiDict(sent)) == id_


@pytest.mark.parametrize("timestamp", ["2026-11-20T05:12:44Z", "2026-11-20T05:12:44.901Z", "soon"])
@pytest.mark.parametrize("change", [str.lower, str.upper, str.title, str])
def test_37_case_of_names_and_form_of_the_timestamp_do_not_matter(
    snyk: Snyk, change: Any, timestamp: str
) -> None:
    body = (FIXTURES / "12-non-ascii.json").read_bytes()
    sent = signed_headers(
        body, SECRET, event="project_snapshot/v0", transport_id="6f1e", timestamp=timestamp
    )
    headers = CIMultiDict({change(name): value for name, value in sent.items()})

    verification = snyk.verification(headers)

    assert verification is not None
    verification.update(body)
    assert verification.holds()
    assert snyk.transport_id(headers) == "6f1e"


def test_12_the_signature_is_over_the_raw_bytes(snyk: Snyk, read: Read) -> None:
    body = (FIXTURES / "12-non-ascii.json").read_bytes()
    respelt = json.dumps(json.loads(body)).encode()
    sent = signed_headers(body, SECRET, event="x/v0", transport_id="", timestamp="")

    verification = snyk.verification(CIMultiDict(sent))

    assert verification is not None
    verification.update(respelt)
    assert not verification.holds()
    assert read(respelt) == read(body)


@pytest.mark.parametrize(
    ("settings", "where"),
    [
        ({"type": "snyk"}, "secrets"),
        ({"type": "snyk", "secrets": []}, "secrets"),
        ({"type": "snyk", "secrets": [""]}, "secrets"),
        ({"type": "snyk", "secrets": ["s"], "skip_ignored": "maybe"}, "skip_ignored"),
        ({"type": "snyk", "secrets": ["s"], "expect_every": "often"}, "expect_every"),
        ({"type": "snyk", "secrets": ["s"], "expect_every": {"per": "org"}}, "expect_every"),
        ({"type": "snyk", "secrets": ["s"], "expect_every": {"every": "0s"}}, "expect_every"),
        ({"type": "snyk", "secrets": ["s"], "orgs": "org-1"}, "orgs"),
        ({"type": "snyk", "secrets": ["s"], "gone_after": "0s"}, "gone_after"),
        ({"type": "snyk", "secrets": ["s"], "secret": "s"}, "secret"),
        ({"type": "github", "secrets": ["s"]}, "type"),
    ],
    ids=str,
)
def test_settings_that_are_no_good_are_problems(settings: dict[str, Any], where: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SnykSettings.model_validate(settings)

    assert {error["loc"][0] for error in caught.value.errors()} == {where}


def test_ignored_issues_are_skipped_unless_told_otherwise() -> None:
    settings = {"type": "snyk", "secrets": [SECRET]}

    assert SnykSettings.model_validate(settings).skip_ignored
    assert not SnykSettings.model_validate({**settings, "skip_ignored": "false"}).skip_ignored


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("26h", Expected(26 * 3600, "source")),
        ({"every": "1d", "per": "org"}, Expected(86400, "org")),
    ],
)
def test_silence_is_worth_a_word_after_a_time(said: Any, expected: Expected) -> None:
    settings = {"type": "snyk", "secrets": [SECRET], "expect_every": said}

    assert Snyk("snyk", SnykSettings.model_validate(settings)).expect == expected


@pytest.mark.parametrize(
    ("orgs", "org", "kind", "takes"),
    [
        ([], "org-1", "project_snapshot", True),
        (["org-1"], "org-1", "project_snapshot", True),
        (["org-2"], "org-1", "project_snapshot", False),
        (["org-2"], "", "ping", True),
    ],
)
def test_only_organisations_that_are_asked_for_are_taken(
    orgs: list[str], org: str, kind: str, takes: bool
) -> None:
    settings = SnykSettings.model_validate({"type": "snyk", "secrets": [SECRET], "orgs": orgs})
    event = Event(
        id="evt_1",
        source="snyk",
        type=kind,
        version="v0",
        received_at=datetime(2026, 3, 1, tzinfo=UTC),
        org=Org(id=org),
    )

    assert Snyk("snyk", settings).takes(event) == takes


def test_secrets_do_not_print() -> None:
    settings = SnykSettings.model_validate({"type": "snyk", "secrets": [SECRET]})

    assert SECRET not in repr(settings)
    assert SECRET not in str(Snyk("snyk", settings).__dict__)
