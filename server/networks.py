"""Which addresses are counted as one stranger: with IPv6 a /64, which is what one household gets."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


def network_of(host: str) -> str:
    """The network of a peer; what is no address, as a proxy may name its client, is as it is."""
    address = _address(host)
    if isinstance(address, IPv6Address) and not address.is_loopback:
        return str(ip_network((address, 64), strict=False))
    return host if address is None else str(address)


def is_this_machine(host: str) -> bool:
    """Whether the peer is here."""
    address = _address(host)
    return address is not None and address.is_loopback


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
