"""One HTTP call to a processor: bounded in time and size, and what is no answer is said to be none."""

from collections.abc import Mapping
from typing import Any

import httpx2
import msgspec

from tillfree.commerce.payments.processor import ProcessorUnavailable
from tillfree.connectors.confidential import is_confidential
from tillfree.connectors.errors import ConnectorError

__all__ = ["Caller", "Reply", "object_in"]

_BYTES_MAX = 1_000_000
_LATER = frozenset({408, 409, 425, 429})
"""What a processor answers where the same request may succeed a little later; 409 is "being done just now"."""

_KEY_REFUSED = frozenset({401, 403})


class Reply(msgspec.Struct, frozen=True):
    """An answer: its status, and the object in its body."""

    status: int
    body: dict[str, Any]

    @property
    def is_good(self) -> bool:
        """Whether it says that what was asked was done."""
        return 200 <= self.status < 300


class Caller:
    """A connection to one address. Methods may be called by several threads."""

    def __init__(self, name: str, address: str, headers: Mapping[str, str], timeout_s: float) -> None:
        if not is_confidential(address):
            raise ConnectorError(f"{name}: {address!r} is no https address; keys are never sent in the clear")
        self.name = name
        self._client = httpx2.Client(
            base_url=address.rstrip("/"), headers=dict(headers), timeout=timeout_s, follow_redirects=False
        )

    def close(self) -> None:
        """Ends the connections."""
        self._client.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> Reply:
        """Asks; the answer may be a refusal.

        Raises:
            ProcessorUnavailable: no answer, one that is none, 5xx, or "later" (429 and its like).
        """
        where = f"{self.name} {method} {path}"
        timeout = httpx2.USE_CLIENT_DEFAULT if timeout_s is None else httpx2.Timeout(timeout_s)
        try:
            with self._client.stream(
                method, path, content=content, headers=dict(headers or {}), params=dict(params or {}), timeout=timeout
            ) as response:
                data = b""
                for piece in response.iter_bytes():
                    data += piece
                    if len(data) > _BYTES_MAX:
                        raise ProcessorUnavailable(f"{where}: answered more than {_BYTES_MAX} bytes; try again")
                status = response.status_code
        except httpx2.TimeoutException as error:
            raise ProcessorUnavailable(f"{where}: no answer in time; the same is asked again") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ProcessorUnavailable(f"{where}: cannot be reached ({type(error).__name__})") from error
        if status in _KEY_REFUSED:
            # Not a refusal of the order: with the right key the same order is carried out.
            raise ProcessorUnavailable(f"{where}: answered {status}, the key is not accepted; check its variable")
        if status >= 500 or status in _LATER:
            raise ProcessorUnavailable(f"{where}: answered {status}; the same is asked again")
        try:
            body = msgspec.json.decode(data) if data else {}
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ProcessorUnavailable(f"{where}: answered {status} without JSON; check the address") from error
        if not isinstance(body, dict):
            raise ProcessorUnavailable(f"{where}: answered {status} with no object; check the address")
        return Reply(status, body)


def object_in(body: Mapping[str, Any], *path: str) -> dict[str, Any]:
    """The object at a path of an answer; an empty one where there is none."""
    here: Any = body
    for name in path:
        here = here.get(name) if isinstance(here, dict) else None
    return here if isinstance(here, dict) else {}
