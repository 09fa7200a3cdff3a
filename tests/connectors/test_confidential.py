"""No key is sent where somebody on the way could read it."""

import pytest

from tillfree.connectors.confidential import is_confidential
from tillfree.connectors.errors import ConnectorError
from tillfree.connectors.processors.calls import Caller
from tillfree.connectors.terminals.nexo_terminal import NexoTerminal

LEAKS = (
    "http://api.example.com",
    "http://127.0.0.1.example.com",
    "http://localhost.example.com:80/v1",
    "http://localhost@example.com/",
    "http://[::1]@example.com/",
    "http://127.0.0.1:x/",
    "http://[::1/",
    "https://",
    "ftp://127.0.0.1",
    "api.example.com",
    "",
)


@pytest.mark.parametrize(
    "address", ["https://api.example.com/v1", "http://127.0.0.1:80", "http://LOCALHOST:8443/x", "http://[::1]:1"]
)
def test_encrypted_addresses_and_this_machine_are_confidential(address: str) -> None:
    assert is_confidential(address)


@pytest.mark.parametrize("address", LEAKS)
def test_any_other_address_gets_no_key(address: str) -> None:
    assert not is_confidential(address)
    with pytest.raises(ConnectorError, match="no https address"):
        Caller("stripe", address, {}, 1.0)
    with pytest.raises(ConnectorError, match="no https address"):
        NexoTerminal(address=address, poi="p1", sale="s", now_ns=lambda: 0)
