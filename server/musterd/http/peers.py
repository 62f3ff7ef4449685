"""Who is held responsible for a connection."""

import ipaddress

# Nobody has fewer addresses of IPv6 than a network of this size.
_NETWORK = 64


def client_network(host: str | None) -> str:
    """Return what stands for a client where clients are counted.

    Args:
        host: The address that it has connected from; None or "" for a Unix socket.

    Returns:
        The address, or its network of 64 bits for IPv6, or that it is a Unix socket.
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
