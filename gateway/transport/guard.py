"""The check of every address at the moment of connecting, after names are resolved."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NEVER: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "169.254.0.0/16",  # link-local; metadata of AWS, Azure, Google, Oracle and others
            "fe80::/10",  # link-local
            "fd00:ec2::/32",  # AWS's local services over IPv6
            "fd20:ce::254/128",  # Google's metadata over IPv6
            "100.100.100.200/32",  # Alibaba's metadata
            "168.63.129.16/32",  # Azure's WireServer
            "192.0.0.192/32",  # Oracle's older metadata
        ),
    )
)
"""Nothing that the gateway has to tell belongs there: refused above `allow`."""

# IPv6 spellings whose last 32 bits are the IPv4 address that is reached: IPv4-mapped and
# -compatible (RFC 4291), NAT64 (RFC 6052, RFC 8215).
_EMBEDDING = tuple(map(IPv6Network, ("::ffff:0:0/96", "::/96", "64:ff9b::/96", "64:ff9b:1::/48")))
_IPV6_LOOPBACK = IPv6Address("::1")
_LOOPBACK: dict[Address, Address] = {
    IPv4Address("0.0.0.0"): IPv4Address("127.0.0.1"),  # noqa: S104 - Linux connects it to loopback
    IPv6Address("::"): _IPV6_LOOPBACK,
}


class Denied(OSError):
    """An address that may not be reached; what the connector passes on."""


def reached(address: Address) -> Address:
    """The address that a spelling leads to."""
    if address in _LOOPBACK:
        return _LOOPBACK[address]
    # Not is_loopback: from Python 3.13 on it is true of mapped spellings, too.
    if isinstance(address, IPv4Address) or address == _IPV6_LOOPBACK:
        return address
    if address.sixtofour is not None:
        return reached(address.sixtofour)
    if any(address in network for network in _EMBEDDING):
        return reached(IPv4Address(int(address) & 0xFFFF_FFFF))
    return address


def is_denied(address: Address, *, deny: Sequence[Network], allow: Sequence[Network]) -> bool:
    """Whether the rules refuse the address, as it is spelt or as it is reached."""
    spellings = {address, reached(address)}

    def within(networks: Sequence[Network]) -> bool:
        return any(each in network for each in spellings for network in networks)

    return within(NEVER) or (within(deny) and not within(allow))


@dataclass(slots=True)
class Rules:
    """Networks that may not be reached, or may after all; they may be changed at any time."""

    deny: Sequence[Network] = ()
    allow: Sequence[Network] = ()

    def check(self, address: str) -> None:
        """Returns where the address may be reached; raises Denied where not."""
        if is_denied(ip_address(address.partition("%")[0]), deny=self.deny, allow=self.allow):
            # The same text for each address: only then it survives a host with several.
            raise Denied("the egress rules refuse the host's address")


def guarded(rules: Rules) -> Callable[[tuple[Any, ...]], socket.socket]:
    """A factory of sockets to addresses that may be reached; raises Denied for the others."""

    def factory(info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, address = info
        rules.check(str(address[0]))
        return socket.socket(family, kind, protocol)

    return factory
