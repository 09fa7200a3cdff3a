"""Addresses to which a key may be sent: encrypted ones, and this machine."""

from urllib.parse import urlsplit

__all__ = ["is_confidential"]

_HERE = ("127.0.0.1", "localhost", "::1")


def is_confidential(address: str) -> bool:
    """Whether nobody on the way can read what is sent there: https, or http to this very machine."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _HERE))
