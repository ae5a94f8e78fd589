from typing import Any

import pytest

from gateway.sandbox.environment import Sandbox
from gateway.settings.document import Document
from gateway.settings.reading import Reading
from gateway.settings.section import Section
from gateway.settings.tables import Table, TablesText
from gateway.settings.validation import validate


class Whole(Section):
    tables: TablesText


def told(tables: Any) -> list[str]:
    document = Document(file="a.yaml")
    assert validate(Whole, document, (), {"tables": tables}, Reading()) is None
    return [f"{problem.path}: {problem.text}" for problem in document.problems]


def shown(expression: str, tables: Any, **names: Any) -> str:
    settings = validate(Whole, Document(file=""), (), {"tables": tables}, Reading())
    assert settings is not None
    template = Sandbox().from_string(f"{{{{ {expression} }}}}")
    return template.render(tables=settings.tables, **names)


TEAMS = {"teams": {"payments": {"channel": "C0PAY"}, "default": {"channel": "C0SEC"}}}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("tables.teams.payments.channel", "C0PAY"),
        ("tables.teams['payments'].channel", "C0PAY"),
        ("tables.teams[labels.team].channel", "C0SEC"),
        ("tables.teams.nobody.channel", "C0SEC"),
        ("tables.teams.get('payments').channel", "C0PAY"),
        ("tables.teams.get('nobody').channel", "C0SEC"),
        ("'nobody' in tables.teams", "False"),
    ],
)
def test_jinja_looks_up_an_entry_or_the_default(expression: str, expected: str) -> None:
    assert shown(expression, TEAMS, labels={"team": "items"}) == expected


def test_table_without_default_has_nothing_for_what_is_missing() -> None:
    table = Table(a=1)

    with pytest.raises(KeyError):
        table["b"]
    assert (table.get("b"), table.get("b", 2)) == (None, 2)


def test_whatever_yaml_can_say_is_a_value() -> None:
    tables = {"t": {"text": "x", "number": 1.5, "truth": True, "list": [1, {"a": "b"}]}}

    assert shown("tables.t.list[1].a", tables) == "b"


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ([], "tables: a mapping is expected here"),
        ({"t": "x"}, "tables.t: a mapping of names is expected here"),
        ({"t": {7: "x"}}, "tables.t[7]: a name is text: write '7' in quotes"),
    ],
)
def test_what_is_no_table_is_a_problem(tables: Any, expected: str) -> None:
    assert told(tables) == [expected]


def test_every_value_that_is_empty_is_a_problem_with_its_own_place() -> None:
    text = "text, a number, true, false, a list or a mapping is expected here"

    assert told({"t": {"a": None, "b": [{"c": None}]}}) == [
        f"tables.t.a: {text}",
        f"tables.t.b[0].c: {text}",
    ]


@pytest.mark.parametrize("name", ["a-b", "a b", "1a", "_a", "ä"])
def test_table_has_a_name_that_jinja_can_say(name: str) -> None:
    (problem,) = told({name: {}})

    assert problem.startswith(f"tables.{name}: not a name for a table")


def test_alias_that_leads_back_is_a_problem() -> None:
    inner: dict[str, Any] = {}
    inner["again"] = inner

    assert told({"t": {"a": inner}}) == [
        "tables.t.a.again: an alias leads back to what it stands in"
    ]
