"""Where a webhook may go: out to the world over https, and never to the gateway's own network. Pure.

What is inside is a matter of addresses, not of names: a name is resolved by the sender, and every address it leads to is
asked here before a connection is made. A deployment may allow hosts and networks of its own (a laboratory, a neighbour
within the walls); these may use plain http, too.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: Not global although a look at the first bits says so, or a way to spell another address (IPv4 within IPv6).
_REFUSED: Final[tuple[tuple[str, str], ...]] = (
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "carrier-grade NAT"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local, where clouds keep their metadata"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "special purpose"),
    ("192.0.2.0/24", "documentation"),
    ("192.88.99.0/24", "a 6to4 relay"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "benchmarking"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::/96", "loopback or IPv4 within IPv6"),
    ("::ffff:0:0/96", "IPv4 within IPv6"),
    ("64:ff9b::/96", "NAT64"),
    ("64:ff9b:1::/48", "NAT64"),
    ("100::/64", "discard only"),
    ("2001::/23", "special purpose"),
    ("2001:db8::/32", "documentation"),
    ("2002::/16", "6to4"),
    ("3fff::/20", "documentation"),
    ("5f00::/16", "segment routing"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "site-local"),
    ("ff00::/8", "multicast"),
)
_NETWORKS: Final = tuple((ipaddress.ip_network(network), why) for network, why in _REFUSED)
#: Ends of names that mean a place inside, whatever they resolve to here.
_INSIDE: Final = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "svc", "home.arpa")


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a deployment allows beyond the world outside: hosts by name, networks by address."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    def has_host(self, host: str) -> bool:
        """Return whether the host (a name in ASCII, or a literal address) is one of them."""
        address = literal(host)
        return host.lower() in self.hosts or (address is not None and self.has_address(address))

    def has_address(self, address: Address) -> bool:
        """Return whether the address is within one of the networks."""
        return any(address in network for network in self.networks if network.version == address.version)


def read_allowed(words: Iterable[str]) -> Allowed:
    """Return what hosts, addresses and networks (CIDR) are allowed. Raises ``ValueError`` for a word that is none of these."""
    hosts: set[str] = set()
    networks: list[Network] = []
    for word in words:
        try:
            networks.append(ipaddress.ip_network(word))
        except ValueError:
            if "/" in word or ":" in word or not word.isascii():
                raise ValueError(
                    f"{word!r} is neither a host nor a network such as 10.1.0.0/16 (its host bits are zero)"
                ) from None
            hosts.add(word.lower().rstrip("."))
    return Allowed(frozenset(hosts), tuple(networks))


def literal(host: str) -> Address | None:
    """Return the address that a host spells, or ``None`` when it is a name."""
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def address_problem(address: Address, allowed: Allowed) -> str:
    """Return why nothing is sent to an address; empty: it may be sent there."""
    if allowed.has_address(address):
        return ""
    for network, why in _NETWORKS:
        if network.version == address.version and address in network:
            return f"{address} is {why}"
    return "" if address.is_global and not address.is_multicast else f"{address} is no public address"


def place_problem(scheme: str, host: str, port: int, allowed: Allowed) -> str:
    """Return why a place is refused before anybody is asked where its name leads; empty: it is not. ``host`` is ASCII."""
    ours = allowed.has_host(host)
    if scheme != "https" and not (ours and scheme == "http"):
        return "a webhook goes over https"
    address = literal(host)
    if address is not None and (problem := address_problem(address, allowed)):
        return problem
    # What a resolver would read as an address although it is not written as one: 2130706433, 127.1, 0177.0.0.1.
    if address is None and (":" in host or host.replace(".", "").isdigit()):
        return f"{host} is written neither as a name nor as an address"
    if ours:
        return ""
    name = host.rstrip(".").lower()
    if address is None and ("." not in name or name.endswith(tuple("." + end for end in _INSIDE))):
        return f"{host} is a name of an inner network"
    if port != 443 and port < 1024:
        return "the port is 443 or from 1024 on"
    return ""
