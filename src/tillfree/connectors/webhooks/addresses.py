"""Where a message may go: never to this machine or a private network, unless a setting says so.

What a name means is asked once, and the connection goes to exactly the address that was looked at: a name that answers
otherwise the next time (DNS rebinding) gains nothing.
"""

import ipaddress
import socket
from urllib.parse import urlsplit

import msgspec

from tillfree.connectors.errors import ConnectorError
from tillfree.connectors.settings import WebhookSettings

__all__ = ["ForbiddenAddressError", "Target", "check_target", "resolved", "target_of"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""IPv4 through a translator (RFC 6052)."""
_SPECIAL = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20", "5f00::/16")))
"""For protocols and for books (IANA special-purpose registries), which not every Python knows; clouds serve there."""
_EMBEDDING = tuple(map(ipaddress.ip_network, ("64:ff9b:1::/48", "2001::/32", "2002::/16")))
"""Networks that carry an IPv4 address within (local NAT64, Teredo, 6to4): refused as a whole, nobody serves there."""


class ForbiddenAddressError(ConnectorError):
    """A message must not go there."""


class Target(msgspec.Struct, frozen=True):
    """An address taken apart."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        """What the receiver is called in the request."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == (443 if self.secure else 80) else f"{name}:{self.port}"


def target_of(url: str, *, allow_http: bool) -> Target:
    """What an address says.

    Raises:
        ForbiddenAddressError: it is none of a kind that messages go to.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode() if parts.hostname else ""
    except (ValueError, UnicodeError) as error:
        raise ForbiddenAddressError(f"{url[:200]!r} is no address ({error}); give one as https://host/path") from error
    if parts.scheme not in ("https", "http") or not host:
        raise ForbiddenAddressError(f"{url[:200]!r}: is no web address; give one as https://host/path")
    if parts.scheme == "http" and not allow_http:
        raise ForbiddenAddressError(f"{url[:200]!r}: is not encrypted; give an https:// address")
    if parts.username is not None or parts.password is not None:
        raise ForbiddenAddressError("an address of a webhook holds no name and no password; messages are signed")
    if parts.fragment or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise ForbiddenAddressError(f"{url[:200]!r}: write it in plain signs, without spaces and without #")
    secure = parts.scheme == "https"
    if port == 0:
        raise ForbiddenAddressError(f"{url[:200]!r}: there is no port 0")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(secure, host, port or (443 if secure else 80), path)


def check_target(url: str, settings: WebhookSettings) -> None:
    """Refuses an address that no message would ever go to, before somebody relies on it.

    Raises:
        ConnectorError: it is such a one, or nobody knows its name now.
    """
    target = target_of(url, allow_http=settings.allow_http)
    if not settings.allow_private:
        resolved(target, allow_private=False)


def resolved(target: Target, *, allow_private: bool) -> str:
    """The address of the machine to connect to.

    All addresses of a name must be public: one that has both is up to something, or is wrongly set up.

    Raises:
        ForbiddenAddressError: one of them is not public.
        ConnectorError: nobody knows the name.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ConnectorError(f"{target.host}: the name is not known ({error})") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses:
        raise ConnectorError(f"{target.host}: the name has no address")
    if not allow_private:
        for address in addresses:
            if not _is_public(ipaddress.ip_address(address.partition("%")[0])):
                raise ForbiddenAddressError(
                    f"{target.host}: is an address of this machine or of a private network; give a public one, "
                    "or set webhooks.allow_private"
                )
    return addresses[0]


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return _is_public(address.ipv4_mapped)
        if address in _TRANSLATED:
            return _is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if any(address in network for network in _EMBEDDING) or address.is_site_local:
            return False
    if any(address in network for network in _SPECIAL if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved and not address.is_unspecified
