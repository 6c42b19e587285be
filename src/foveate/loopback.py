"""This machine as a host: what is sent there stays here, and what listens there is reached from here only."""

import ipaddress

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""How this machine is called by those who ask it."""


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, and no other, for who connects to it and for who listens on it alike.

    A wrong no costs a yes to a question, or a token in a link; a wrong yes sends a wearer's images to somebody else, or opens a
    port to a network. So where in doubt it is no:

    - A name below localhost (``x.localhost``) should never leave the machine (RFC 6761, section 6.3), but resolvers that do not
      follow this ask the network, which may name any host. Of names, ``localhost`` alone is this machine.
    - ``0.0.0.0``, ``::`` and the empty host are every interface for who listens.
    - Shortened addresses (``127.1``) are not read, though some systems do.

    Args:
        host: a name or an address as it stands in a URL, without brackets.
    """
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    # an IPv4 address in the clothes of IPv6 (::ffff:127.0.0.1) goes where the IPv4 address does
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
