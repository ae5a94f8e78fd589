"""Who a request comes from."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]


def within(address: Address | None, networks: Networks) -> bool:
    """Whether the address is known and in one of the networks."""
    return address is not None and any(address in network for network in networks)


def client_of(peer: str | None, forwarded: Sequence[str], trusted: Networks) -> Address | None:
    """The client's address, None where it cannot be known.

    `forwarded` holds the values of X-Forwarded-For. Only what a trusted proxy wrote counts, and
    each proxy adds on the right: the rightmost address that is not a trusted proxy is the client.
    """
    hops = [hop for value in forwarded for hop in value.split(",")]
    address = _address(peer or "")
    while hops and within(address, trusted):
        address = _address(hops.pop())
    return address


def _address(text: str) -> Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    # A socket for both families shows 192.0.2.1 as ::ffff:192.0.2.1.
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
