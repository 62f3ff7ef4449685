"""The identity of clients for limits."""

import ipaddress

# Every IPv6 client has at least a network of this size.
_NETWORK = 64


def client_network(host: str | None) -> str:
    """Return the key by which limits count a client.

    Args:
        host: The address of the client; None or "" for a Unix socket.

    Returns:
        The IPv4 address, the 64-bit network of an IPv6 address, or a name for Unix sockets.
    """
    try:
        address = ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return "a Unix socket"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, _NETWORK), strict=False))
        address = address.ipv4_mapped
    return str(address)
