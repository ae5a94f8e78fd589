from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.web.client import client_of, within

PROXIES = [ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["203.0.113.5"], "192.0.2.1"),
        ("10.0.0.1", ["203.0.113.5"], "203.0.113.5"),
        ("10.0.0.1", ["198.51.100.1, 203.0.113.5"], "203.0.113.5"),
        ("10.0.0.1", ["198.51.100.1", "203.0.113.5, 10.0.0.2"], "203.0.113.5"),
        ("10.0.0.1", ["10.0.0.3,10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["nonsense, 203.0.113.5"], "203.0.113.5"),
        ("10.0.0.1", ["203.0.113.5, nonsense"], None),
        ("10.0.0.1", [""], None),
        ("10.0.0.1", [], "10.0.0.1"),
        ("2001:db8::1", ["::ffff:203.0.113.5"], "203.0.113.5"),
        ("::ffff:10.0.0.1", ["203.0.113.5"], "203.0.113.5"),
        (None, ["203.0.113.5"], None),
    ],
)
def test_the_client_is_the_rightmost_untrusted_address(
    peer: str | None, forwarded: list[str], client: str | None
) -> None:
    expected = None if client is None else ip_address(client)

    assert client_of(peer, forwarded, PROXIES) == expected


@settings(max_examples=100)
@given(st.lists(st.text()), st.ip_addresses())
def test_whatever_a_client_forwards_does_not_change_who_it_is(
    forwarded: list[str], peer: object
) -> None:
    """What stands left of the last untrusted address was written by nobody we know."""
    hops = [*forwarded, "203.0.113.5", "10.0.0.2"]

    assert client_of("10.0.0.1", hops, PROXIES) == ip_address("203.0.113.5")
    assert client_of(str(peer), forwarded, []) == client_of(str(peer), [], [])


def test_an_unknown_address_is_within_nothing() -> None:
    assert not within(None, [ip_network("0.0.0.0/0")])
