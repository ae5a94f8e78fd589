import pytest

from gateway.errors import Unreadable
from gateway.sources.document import document


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "JSON"),
        (b"\n", "JSON"),
        (b"[]", "object"),
        (b"null", "object"),
        (b"1", "object"),
        (b'"text"', "object"),
        (b'{"project":{"id":"p"}', "JSON"),
        (b'{"project":{"id":"p"}}}', "JSON"),
        (b"{'project':{}}", "JSON"),
        (b'{"webhookId":"\xff\xfe"}', "JSON"),
        (b'\xef\xbb\xbf{"webhookId":"w"}', "JSON"),
        (b'{"webhookId":"w","n":NaN}', "JSON"),
        (b'{"webhookId":"w","n":Infinity}', "JSON"),
        (b'{"webhookId":"w","n":1e400}', "range"),
        (b'{"webhookId":"w","n":' + b"1" * 400 + b"}", "range"),
        (b'{"webhookId":"w","n":[{"m":-' + b"1" * 400 + b"}]}", "range"),
        (b'{"webhookId":"w","n":' + b"1" * 5000 + b"}", "range"),
        (b'{"webhookId":"\\ud800"}', "JSON"),
        (b'{"webhookId":"w","n":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "recursion|levels"),
        (b'{"webhookId":"w","n":' + b"[" * 100 + b"]" * 100 + b"}", "levels"),
        (b'{"project":{"id":"a"},"project":{"id":"b"}}', "twice"),
        (b'{"project":{"id":"a","id":"b"}}', "twice"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_body_that_is_not_one_plain_object_is_unreadable(body: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        document(body)


def test_the_largest_numbers_and_a_fair_depth_are_read() -> None:
    body = b'{"n":[18446744073709551615,-9223372036854775808],"m":' + b"[" * 50 + b"]" * 50 + b"}"

    assert document(body)["n"] == [2**64 - 1, -(2**63)]


def test_blanks_around_the_object_are_allowed() -> None:
    assert document(b' \n{ "a" : 1 }\n') == {"a": 1}


def test_the_same_key_in_two_objects_is_no_repetition() -> None:
    assert document(b'{"a":{"id":1},"b":{"id":1}}') == {"a": {"id": 1}, "b": {"id": 1}}
