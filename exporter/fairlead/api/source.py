"""Where a request comes from."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.requests import HTTPConnection

Address = IPv4Address | IPv6Address


def address_of(text: str) -> Address | None:
    """An address; one of IPv4 that comes as IPv6 is one of IPv4."""
    try:
        found = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def source_of(request: HTTPConnection, trusted: Callable[[Address], bool]) -> str:
    """The address of the caller, or "" where there is none.

    X-Forwarded-For is read from its end, one step for each trusted proxy, so that a caller cannot choose the address.
    """
    found = address_of(request.client.host) if request.client else None
    if found is None:
        return ""
    hops = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    while hops and trusted(found):
        before = address_of(hops.pop())
        if before is None:
            break
        found = before
    return str(found)


def network_of(source: str) -> str:
    """Whom failures are counted for: an address of IPv4, the /64 of one of IPv6, which is what one customer gets."""
    found = address_of(source)
    if isinstance(found, IPv6Address):
        return f"{IPv6Address(int(found) >> 64 << 64)}/64"
    return source
