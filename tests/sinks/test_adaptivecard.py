from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.codec import decode, encode
from gateway.sinks.adaptivecard import fit

LIMIT = 27_648
CARD = {
    "type": "AdaptiveCard",
    "version": "1.5",
    "body": [{"type": "TextBlock", "text": "1 new critical", "wrap": True}],
    "msteams": {"width": "Full"},
}
PROJECT = {"type": "Action.OpenUrl", "title": "Open in Snyk", "url": "https://app.snyk.io/p"}


def message(*cards: Any) -> dict[str, Any]:
    kind = "application/vnd.microsoft.card.adaptive"
    attachments = [{"contentType": kind, "contentUrl": None, "content": each} for each in cards]
    return {"type": "message", "attachments": attachments}


def long(**more: Any) -> dict[str, Any]:
    return {**CARD, "body": [{"type": "TextBlock", "text": "é" * LIMIT}], **more}


def small(*texts: str, actions: Any = ()) -> dict[str, Any]:
    blocks = [{"type": "TextBlock", "text": text, "wrap": True} for text in texts]
    blocks[0]["weight"] = "bolder"
    return {"type": "AdaptiveCard", "version": "1.5", "body": blocks, "actions": list(actions)}


REST = "There is more than Teams can show."


def test_a_card_goes_in_a_message() -> None:
    body, faults = fit(CARD)

    assert decode(body) == message(CARD)
    assert faults == []


def test_a_whole_message_goes_as_it_is() -> None:
    made = {**message(CARD, CARD), "summary": "2 cards"}

    assert fit(made) == (encode(made), [])


def test_a_message_goes_up_to_its_last_byte() -> None:
    room = LIMIT - len(encode(message({**CARD, "speak": ""})))

    assert fit({**CARD, "speak": "x" * room})[1] == []
    assert fit({**CARD, "speak": "x" * (room + 1)})[1] == ["27649 bytes, Teams takes about 27648"]


def test_of_a_card_that_is_too_large_the_gist_and_the_links_are_left() -> None:
    body, faults = fit(long(fallbackText="9 new issues", actions=[PROJECT]))

    assert decode(body) == message(small("9 new issues", REST, actions=[PROJECT]))
    assert len(faults) == 1


def test_without_a_gist_the_first_text_is_it() -> None:
    body, _ = fit(message(long()))

    assert decode(body) == message(small("é" * 999 + "…", REST))


@pytest.mark.parametrize("odd", ["javascript:alert(1)", "https://a.example/ b", 7, None, "x" * 9])
def test_what_leads_nowhere_is_no_link(odd: Any) -> None:
    actions = [{**PROJECT, "url": odd}, PROJECT, {"type": "Action.Submit", "url": PROJECT["url"]}]

    body, _ = fit(long(fallbackText="9 new issues", actions=actions))

    assert decode(body) == message(small("9 new issues", REST, actions=[PROJECT]))


def test_a_cut_leaves_no_backslash_without_what_it_escapes() -> None:
    body, _ = fit(long(fallbackText="x" * 998 + "\\*" * 9))

    assert decode(body) == message(small("x" * 998 + "…", REST))


@pytest.mark.parametrize("made", [{}, {"text": ""}, {"type": "message", "attachments": "none"}])
def test_what_is_no_card_is_said_and_replaced_since_teams_would_not_say(made: Any) -> None:
    body, faults = fit(made)

    assert decode(body) == message(small("Snyk alert", REST))
    assert faults == ["there is no Adaptive Card in it: Teams would show nothing"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.text(max_size=9) | st.sampled_from(["x" * 9000, "\0" * 9000]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "text", "title", "url", "fallbackText", "body", "actions"]),
            inner
            | st.sampled_from(["AdaptiveCard", "message", "Action.OpenUrl"])
            | st.sampled_from(["https://a.example/" + "x" * 1900, 'https://a.example/"' * 100]),
        )
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(["type", "body", "actions", "text"]), ANYTHING))
def test_whatever_comes_a_card_goes_that_teams_can_show(made: dict[str, Any]) -> None:
    body, faults = fit(made)

    assert len(body) <= LIMIT
    assert decode(body)["type"] == "message"
    assert b'"AdaptiveCard"' in body
    assert fit(decode(body)) == (body, [])
    if not faults:
        assert decode(body) in (made, message(made))
