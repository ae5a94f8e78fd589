from typing import Any

import pytest

from gateway.model.event import Group, Org
from tests.sources.conftest import Read

ABSENT = "absent"
OWN, OF_ORG = {"id": "g1", "name": "Own"}, {"id": "g2", "name": "Of the organisation"}


@pytest.mark.parametrize("of_org", [ABSENT, None, {}, "None", OF_ORG], ids=str)
@pytest.mark.parametrize("own", [ABSENT, None, {}, "None", OWN], ids=str)
def test_29_the_body_s_group_wins_over_its_organisation_s(
    read: Read, own: Any, of_org: Any
) -> None:
    body: dict[str, Any] = {"project": {"id": "p"}, "org": {"id": "o"}}
    if own is not ABSENT:
        body["group"] = own
    if of_org is not ABSENT:
        body["org"]["group"] = of_org

    expected = next((each for each in (own, of_org) if isinstance(each, dict) and each), {})

    assert read(body).group == Group(**expected)


def test_29_both_groups_are_given(read: Read) -> None:
    assert read("29-both-groups").group.name == "Acme Group"


def test_03_the_group_of_the_organisation_is_used_and_a_missing_branch_is_empty(
    read: Read,
) -> None:
    event = read("03-clean-cli-2021")

    assert event.group.name == "Acme Group"
    assert event.project.branch == ""
    assert event.project.origin == "cli"


def test_09_a_group_that_is_the_text_none_is_no_group(read: Read) -> None:
    assert read("09-none-strings").group == Group()


def test_10_the_top_level_group_wins_over_null(read: Read) -> None:
    event = read("10-container-deb-2025")

    assert event.group.name == "Acme Group"
    assert event.project.type == ""
    assert event.project.image_tag == "latest"


def test_15_people_stand_in_no_field_of_the_event(read: Read) -> None:
    event = read("15-people")

    facts = repr((event.project, event.org, event.group, event.findings))

    assert "Pat Example" not in facts
    assert "pat@acme.example" not in facts
    assert event.raw["project"]["owner"]["name"] == "Pat Example"


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        (
            "16-tags-objects",
            (("env", "prod"), ("team", "payments"), ("env", "eu"), ("tier", "1")),
        ),
        ("16-tags-strings", (("env", "prod"), ("query", "a=b"), ("legacy", "true"))),
        ("16-tags-empty", ()),
        ("16-tags-null", ()),
    ],
)
def test_16_tags_may_be_objects_or_texts(
    read: Read, name: str, tags: tuple[tuple[str, str], ...]
) -> None:
    assert read(name).project.tags == tags


def test_17_attributes_are_lists_that_may_be_missing(read: Read) -> None:
    filled, missing = read("17-attributes").project, read("17-no-attributes").project

    assert filled.criticality == ("critical", "high")
    assert filled.lifecycle == ("production",)
    assert filled.environment == ("frontend", "external")
    assert (missing.criticality, missing.lifecycle, missing.environment) == ((), (), ())


def test_30_the_documentation_s_own_shape_is_read(read: Read) -> None:
    event = read("30-documentation")

    assert event.project.branch == ""
    assert event.project.image_tag == "2.4.1"
    assert event.org.slug == "acme-orchard"
    assert event.raw["project"]["remediation"] == {"upgrade": {}, "patch": {}, "pin": {}}


def test_31_a_project_with_only_its_id_has_every_default(read: Read) -> None:
    event = read("31-trimmed-project")

    assert (event.project.id, event.project.name, event.org) == ("trimmed", "", Org())
    assert event.tested_at is None
    assert event.raw == {"project": {"id": "trimmed"}, "org": {}}


def test_36_odd_identifiers_are_bounded_and_free_of_nul(read: Read) -> None:
    event = read("36-odd-identifiers")

    assert len(event.project.id) == 255
    assert event.project.name.startswith("n a/m:e\nx")
    assert event.org == Org(id="4711", slug="acme orchard", name="Acme Orchard")
    assert "\0" not in repr(event.raw)
    assert "\\x00" not in repr(event)
    assert event.project.id == read("36-odd-identifiers").project.id


@pytest.mark.parametrize("value", [None, "None", [], 7, True])
def test_an_organisation_that_is_no_object_is_nameless(read: Read, value: Any) -> None:
    assert read({"project": {"id": "p"}, "org": value}).org == Org()
