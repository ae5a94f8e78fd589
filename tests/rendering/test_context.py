from dataclasses import replace
from typing import Any

import pytest

from gateway.errors import TemplateError
from gateway.model.alert import Beyond
from gateway.model.finding import Finding
from gateway.model.notice import Notice
from gateway.rendering.bounds import Bounds
from gateway.rendering.context import names
from gateway.rendering.formats import environment
from tests.rendering.conftest import finding, notice


def known(said: Notice, most: int = 20, public_url: str | None = None) -> dict[str, Any]:
    sink = {"name": "chat", "type": "slack"}
    return names(said, Bounds(findings=most), sink=sink, public_url=public_url)


def printed(source: str, said: Notice) -> str:
    return environment("txt").expression(source)(known(said))


def test_names_are_those_that_are_promised() -> None:
    assert set(known(notice())) == {
        "alert", "words", "event", "project", "org", "group", "labels", "route", "sink", "links",
        "raw", "tables", "marks", "note",
    }  # fmt: skip


def test_finding_has_every_field_of_the_model_and_its_project() -> None:
    shown = known(notice())["alert"]["findings"][0]

    own = Finding.__dataclass_fields__.keys() - {"raw"}  # Snyk's own object is not kept
    assert set(shown) >= {*own, "exploited", "key", "status", "project"}
    assert (shown["priority"], shown["cvss"], shown["exploited"]) == (712, 7.5, True)


def test_alert_lists_no_more_than_it_may_and_counts_the_rest() -> None:
    findings = [finding(n, severity=word) for n, word in enumerate(["critical", "high", "x"])]
    alert = known(notice("update", findings=findings, new=2, fixed=findings), most=1)["alert"]

    assert [len(alert[key]) for key in ("findings", "new", "fixed")] == [1, 1, 1]
    assert [alert[key] for key in ("more", "more_new", "more_fixed")] == [2, 1, 2]
    assert alert["counts"] == {
        "critical": 1, "high": 1, "medium": 0, "low": 0, "other": 1, "total": 3,
    }  # fmt: skip


def test_worst_is_the_first_open_one_else_the_first_fixed_one_else_blank() -> None:
    one, other = finding(1), finding(2)

    assert known(notice(findings=[one, other]))["alert"]["worst"]["id"] == one.id
    closed = known(notice("close", findings=[], fixed=[other]))["alert"]
    assert (closed["worst"]["id"], closed["status"]) == (other.id, "resolved")
    assert known(notice("close", findings=[]))["alert"]["worst"]["title"] == ""


def test_tags_are_texts_or_lists_and_a_missing_one_is_empty() -> None:
    source = "{{ project.tags.env }}/{{ project.tags.team }}/{{ project.tags.nope }}"

    assert printed(source, notice()) == "prod/a, b/"
    assert printed("{{ 'x' if project.tags.nope else 'y' }}", notice()) == "y"


def test_tag_called_like_a_method_is_still_a_tag() -> None:
    assert printed("{{ project.tags.items }}", notice()) == "three"


@pytest.mark.parametrize("name", ["nope", "alert.nope", "project.nope", "alert.findings[0].nope"])
def test_unknown_name_is_an_error(name: str) -> None:
    with pytest.raises(TemplateError, match="nope"):
        printed(f"{{{{ {name} }}}}", notice())


def test_texts_are_capped_wherever_they_stand() -> None:
    long = "x" * 20_000
    said = notice(findings=[finding(title=long)], name=long, raw={"project": {"a": [long]}})

    shown = known(said)

    assert len(shown["alert"]["findings"][0]["title"]) == 10_000
    assert len(shown["project"]["name"]) == 10_000
    assert len(shown["raw"]["project"]["a"][0]) == 10_000


def test_links_are_https_only() -> None:
    said = notice(url="javascript:alert(1)", findings=[finding(url="http://snyk.io")])

    shown = known(said, public_url="https://gateway.example/")

    assert shown["links"] == {"project": "", "alert": "https://gateway.example/alerts/alr_1"}
    assert shown["alert"]["findings"][0]["url"] == ""
    assert known(said, public_url="http://gateway.example")["links"]["alert"] == ""


def test_nothing_that_a_template_sees_can_be_called() -> None:
    def leaves(value: Any) -> list[Any]:
        if isinstance(value, dict):
            return [leaf for each in value.values() for leaf in leaves(each)]
        if isinstance(value, list):
            return [leaf for each in value for leaf in leaves(each)]
        return [value]

    kinds = {type(leaf) for leaf in leaves(known(notice(fixed=[finding()])))}
    assert kinds <= {str, int, float, bool, type(None)}


def test_what_is_not_at_hand_is_counted() -> None:
    said = notice("update", findings=[finding(1)], fixed=[finding(2)])
    beyond = Beyond(open=3000, by_rank={4: 1000, 1: 2000}, new=7, gone=5)

    alert = known(replace(said, alert=replace(said.alert, beyond=beyond)))["alert"]

    assert (alert["more"], alert["more_new"], alert["more_fixed"]) == (3000, 7, 5)
    assert (alert["counts"]["critical"], alert["counts"]["high"]) == (1000, 1)
    assert alert["counts"]["total"] == 3001
