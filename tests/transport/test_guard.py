import socket
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.transport.guard import Denied, Rules, guarded, is_denied, reached

NONE: tuple[()] = ()
ALL = (ip_network("0.0.0.0/0"), ip_network("::/0"))
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.170.2",
        "fe80::1",
        "fd00:ec2::254",
        "fd20:ce::254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "::169.254.169.254",
    ],
)
def test_metadata_and_link_local_are_denied_above_allow(address: str) -> None:
    assert is_denied(ip_address(address), deny=NONE, allow=ALL)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "10.1.2.3", "127.0.0.1", "::1", "192.168.1.1", "fd12::1"]
)
def test_everything_else_is_reachable_unless_denied(address: str) -> None:
    assert not is_denied(ip_address(address), deny=NONE, allow=NONE)
    assert is_denied(ip_address(address), deny=ALL, allow=NONE)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.9.9.9", "0.0.0.0", "::", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1",
     "2002:7f00:1::", "::ffff:0.0.0.0"],
)  # fmt: skip
def test_denied_loopback_is_denied_in_every_spelling(address: str) -> None:
    assert is_denied(ip_address(address), deny=LOOPBACK, allow=NONE)


def test_allow_wins_over_deny() -> None:
    deny, allow = [ip_network("10.0.0.0/8")], [ip_network("10.1.0.0/16")]

    assert is_denied(ip_address("10.2.0.1"), deny=deny, allow=allow)
    assert not is_denied(ip_address("10.1.0.1"), deny=deny, allow=allow)
    assert not is_denied(ip_address("::ffff:10.1.0.1"), deny=deny, allow=allow)


@settings(max_examples=200)
@given(st.ip_addresses(v=4))
def test_mapped_addresses_are_judged_like_the_plain_one(address: object) -> None:
    mapped = ip_address(f"::ffff:{address}")

    assert reached(mapped) == reached(ip_address(str(address)))


def test_the_factory_refuses_before_it_opens_a_socket() -> None:
    factory = guarded(Rules())

    with pytest.raises(Denied):
        factory((socket.AF_INET6, socket.SOCK_STREAM, 0, "", ("fe80::1%lo", 80, 0, 1)))


def test_the_factory_opens_a_socket_to_what_may_be_reached() -> None:
    factory = guarded(Rules())

    with factory((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 80))) as opened:
        assert opened.family == socket.AF_INET
