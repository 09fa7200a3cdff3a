"""A port of this machine that nobody listens on."""

import socket

__all__ = ["free_port"]


def free_port() -> int:
    """Free at this moment, which is good enough for a test."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert isinstance(port, int)
    return port
