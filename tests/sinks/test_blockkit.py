from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from gateway.sinks.blockkit import fit

Payload = dict[str, Any]


def section(text: str, **more: Any) -> Payload:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def plain(text: str) -> Payload:
    return {"type": "plain_text", "text": text}


def button(**parts: Any) -> Payload:
    return {"type": "button", "text": plain("Open"), **parts}


def blocks_of(payload: Payload) -> list[Payload]:
    groups = [payload, *payload.get("attachments", [])]
    return [each for holder in groups for each in holder.get("blocks", [])]


def words(value: Any) -> list[str]:
    if isinstance(value, list):
        return [word for each in value for word in words(each)]
    if not isinstance(value, dict):
        return []
    own = [value["text"]] if isinstance(value.get("text"), str) else []
    return own + [word for each in value.values() for word in words(each)]


# A text is drawn as a piece and how often it stands, a group as a few blocks and how often.
TEXTS = st.tuples(st.text(max_size=9), st.integers(0, 900))
KINDS = st.sampled_from(
    ["section", "fields", "header", "context", "actions", "accessory", "divider"]
)
GROUPS = st.tuples(
    st.lists(st.tuples(KINDS, st.lists(TEXTS, min_size=1, max_size=12)), max_size=6),
    st.integers(0, 30),
)
Drawn = tuple[str, list[tuple[str, int]]]


def block(kind: str, drawn: list[tuple[str, int]]) -> Payload:
    texts = [plain(piece * count) for piece, count in drawn]
    buttons = [button(text=text, url=f"https://{text['text']}") for text in texts]
    shapes: dict[str, Payload] = {
        "section": {"type": "section", "text": texts[0]},
        "fields": {"type": "section", "fields": texts},
        "header": {"type": "header", "text": texts[0]},
        "context": {"type": "context", "elements": texts},
        "actions": {"type": "actions", "elements": buttons},
        "accessory": {"type": "section", "text": texts[0], "accessory": buttons[0]},
        "divider": {"type": "divider"},
    }
    return shapes[kind]


def group(drawn: tuple[list[Drawn], int]) -> list[Payload]:
    blocks, count = drawn
    return ([block(*each) for each in blocks] * count)[:70]


@settings(max_examples=100, deadline=None)
@given(TEXTS, GROUPS, GROUPS)
def test_whatever_comes_slack_takes_what_goes(
    text: tuple[str, int], top: tuple[list[Drawn], int], coloured: tuple[list[Drawn], int]
) -> None:
    payload = {
        "text": text[0] * text[1],
        "blocks": group(top),
        "attachments": [{"color": "#f00", "blocks": group(coloured)}],
    }

    fitted, _ = fit(payload)

    blocks = blocks_of(fitted)
    assert len(fitted.get("text", "")) <= 4000
    assert len(blocks) <= 50
    assert sum(len(word.encode()) for word in words(blocks)) <= 12_000
    assert all(words(blocks)) or not blocks
    for each in blocks:
        parsed = Block.parse(each)
        assert parsed is not None
        assert parsed.to_dict() == each
    assert fit(fitted)[0] == fitted


@pytest.mark.parametrize(
    ("long", "path", "limit"),
    [
        (section("x" * 3001), ("text", "text"), 3000),
        ({"type": "header", "text": plain("x" * 151)}, ("text", "text"), 150),
        ({"type": "section", "fields": [plain("x" * 2001)]}, ("fields", 0, "text"), 2000),
        ({"type": "context", "elements": [plain("x" * 3001)]}, ("elements", 0, "text"), 3000),
        (
            {"type": "actions", "elements": [button(text=plain("x" * 76))]},
            ("elements", 0, "text", "text"),
            75,
        ),
        (section("a", accessory=button(text=plain("x" * 76))), ("accessory", "text", "text"), 75),
        (section("a", block_id="x" * 256), ("block_id",), 255),
    ],
)
def test_a_long_text_is_cut_and_said(long: Payload, path: tuple[Any, ...], limit: int) -> None:
    fitted, faults = fit({"text": "t", "blocks": [long]})

    value = fitted["blocks"][0]
    for step in path:
        value = value[step]
    assert len(value) == limit
    assert value.endswith("…")
    assert len(faults) == 1
    assert str(limit) in faults[0]


@pytest.mark.parametrize(
    ("long", "key", "most"),
    [
        ({"type": "section", "fields": [plain("f")] * 11}, "fields", 10),
        ({"type": "context", "elements": [plain("e")] * 11}, "elements", 10),
        ({"type": "actions", "elements": [button()] * 26}, "elements", 25),
    ],
)
def test_a_long_list_is_cut_and_said(long: Payload, key: str, most: int) -> None:
    fitted, faults = fit({"text": "t", "blocks": [long]})

    assert len(fitted["blocks"][0][key]) == most
    assert len(faults) == 1


def test_a_button_whose_address_is_too_long_is_left_out() -> None:
    buttons = [button(url="https://example.com/" + "x" * 3000), button(url="https://example.com/")]

    fitted, faults = fit({"text": "t", "blocks": [{"type": "actions", "elements": buttons}]})

    assert fitted["blocks"][0]["elements"] == buttons[1:]
    assert len(faults) == 1


def test_an_empty_block_is_left_out_since_slack_refuses_the_message_for_it() -> None:
    fitted, faults = fit({"text": "t", "blocks": [section(""), section("kept")]})

    assert fitted["blocks"] == [section("kept")]
    assert len(faults) == 1


def test_fifty_blocks_are_kept_and_of_more_the_rest_is_counted() -> None:
    fifty = [section(f"{number}") for number in range(50)]

    assert fit({"text": "t", "blocks": fifty}) == ({"text": "t", "blocks": fifty}, [])

    fitted, faults = fit({"text": "t", "blocks": [*fifty, section("50"), {"type": "divider"}]})
    assert fitted["blocks"][:49] == fifty[:49]
    assert words(fitted["blocks"][49]) == ["… 2 more"]
    assert faults == ["52 blocks, Slack takes 50"]


def test_blocks_in_attachments_count_too_and_keep_their_colour() -> None:
    attachments = [{"color": "#d73a49", "blocks": [section(str(n))] * 20} for n in range(4)]

    fitted, _ = fit({"text": "t", "attachments": attachments})

    assert [len(each["blocks"]) for each in fitted["attachments"]] == [20, 20, 10]
    assert words(fitted["attachments"][2]["blocks"][-1]) == ["… 31 more"]
    assert all(each["color"] == "#d73a49" for each in fitted["attachments"])


def test_the_sum_of_all_text_is_bounded_in_bytes() -> None:
    fitted, faults = fit({"text": "t", "blocks": [section("漢" * 1000)] * 10})

    texts = words(fitted["blocks"])
    assert sum(len(text.encode()) for text in texts) <= 12_000
    assert texts[:3] == ["漢" * 1000] * 3
    assert any("bytes of text" in fault for fault in faults)


def test_block_that_is_too_much_beside_another_is_shortened_not_lost() -> None:
    fitted, _ = fit({"text": "t", "blocks": [section("😀" * 3000), section("short")]})

    assert fitted["blocks"] == [section("😀" * 199 + "…"), section("short")]


def test_what_was_within_the_limits_goes_as_it_came() -> None:
    payload = {
        "text": "1 new critical",
        "unfurl_links": False,
        "attachments": [{"color": "#d73a49", "blocks": [section("a &lt;b&gt;")]}],
    }

    assert fit(payload) == (payload, [])


def test_a_message_without_notification_text_is_said() -> None:
    assert fit({"blocks": [section("a")]})[1] == [
        "there is no top-level text: notifications would show nothing"
    ]


def test_shapes_that_are_none_are_left_out() -> None:
    fitted, _ = fit({"text": "t", "blocks": "no list", "attachments": [1, {"blocks": [None]}]})

    assert fitted == {"text": "t"}


def test_more_attachments_than_slack_takes_are_left_out() -> None:
    fitted, faults = fit({"text": "t", "attachments": [{"text": "a"}] * 101})

    assert len(fitted["attachments"]) == 100
    assert faults == ["101 attachments, Slack takes 100"]
