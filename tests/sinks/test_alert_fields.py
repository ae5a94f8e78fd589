from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.sinks.alert_fields import fit, responder

ID = "8418d193-2dab-4490-b331-8c02cdd196b7"
TEXTS = st.builds(lambda piece, count: piece * count, st.text(max_size=5), st.integers(0, 6000))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("team:payments on-call", {"type": "team", "name": "payments on-call"}),
        (f"team:{ID}", {"type": "team", "id": ID}),
        ("user:ada@example.com", {"type": "user", "username": "ada@example.com"}),
        (f"user:{ID.upper()}", {"type": "user", "id": ID.upper()}),
        ("schedule:nights", {"type": "schedule", "name": "nights"}),
        ("escalation:a:b", {"type": "escalation", "name": "a:b"}),
        ("group:a", None),
        ("team:", None),
        ("team: ", None),
        ("payments", None),
        ("", None),
    ],
)
def test_a_responder_is_named_by_id_or_name(text: str, expected: dict[str, str] | None) -> None:
    assert responder(text) == expected


@pytest.mark.parametrize(
    ("field", "limit"),
    [("message", 130), ("description", 15_000), ("entity", 512), ("source", 100), ("note", 25_000)],
)
def test_texts_are_cut_and_said(field: str, limit: int) -> None:
    fitted, faults = fit({field: "漢" * (limit + 1)})

    assert fitted == {field: "漢" * (limit - 1) + "…"}
    assert faults == [f"{field} has {limit + 1} characters, Opsgenie takes {limit}"]
    assert fit({field: "x" * limit}) == ({field: "x" * limit}, [])


def test_tags_are_few_short_and_different() -> None:
    fitted, faults = fit({"tags": ["a", "a", "", None, "t" * 51, *map(str, range(30))]})

    assert len(fitted["tags"]) == 20
    assert fitted["tags"][:2] == ["a", "t" * 49 + "…"]
    assert len(faults) == 2


def test_details_are_text_and_bounded_in_all() -> None:
    fitted, faults = fit({"details": {"cvss": 9.8, "list": ["a"], "long": "x" * 9000, "last": "y"}})

    details = fitted["details"]
    assert (details["cvss"], details["list"]) == ("9.8", '["a"]')
    assert sum(len(key) + len(value) for key, value in details.items()) <= 8000
    assert details["long"].endswith("…")
    assert len(faults) == 1


def test_responders_are_at_most_fifty_and_strange_ones_left_out() -> None:
    fitted, faults = fit({"responders": ["nobody", *(f"team:{n}" for n in range(60))]})

    assert len(fitted["responders"]) == 50
    assert faults == [
        "'nobody' is not a responder; it is left out",
        "60 responders, Opsgenie takes 50",
    ]


def test_what_opsgenie_does_not_know_is_left_out() -> None:
    assert fit({"message": "m", "colour": "red", "entity": "", "tags": "no list"}) == (
        {"message": "m"},
        [],
    )


@settings(max_examples=100)
@given(
    st.dictionaries(st.sampled_from(["message", "description", "entity", "source", "note"]), TEXTS),
    st.lists(TEXTS, max_size=30),
    st.dictionaries(TEXTS, TEXTS, max_size=5),
)
def test_whatever_comes_opsgenie_takes_what_goes(
    texts: dict[str, Any], tags: list[str], details: dict[str, str]
) -> None:
    fitted, _ = fit({**texts, "tags": tags, "details": details})

    assert len(fitted.get("message", "")) <= 130
    assert len(fitted.get("tags", [])) <= 20
    assert all(0 < len(tag) <= 50 for tag in fitted.get("tags", []))
    assert sum(len(k) + len(v) for k, v in fitted.get("details", {}).items()) <= 8000
    assert fit(fitted)[0] == fitted
