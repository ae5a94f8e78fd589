import pytest

from gateway.sinks.headers import is_name, is_value, unsound


@pytest.mark.parametrize("value", ["a\r\nb", "a\nb", "a\x00b", "\x7f", "\x85", "a\tb", "\u2028"])
def test_control_characters_are_refused(value: str) -> None:
    refusal = unsound({"X-Key": value})

    assert not is_value(value)
    assert refusal is not None
    assert (refusal.reason, refusal.endpoint) == ("bad_request", True)
    assert value not in refusal.detail


def test_ordinary_values_pass() -> None:
    assert unsound({"X-Key": 'Bearer abc "é"'}) is None


@pytest.mark.parametrize("name", ["", "a b", "a:b", "é", "a\n"])
def test_what_is_no_token_is_no_name(name: str) -> None:
    assert not is_name(name)
