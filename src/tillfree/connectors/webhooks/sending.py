"""One message sent to one receiver: no redirects, a bounded answer, and an end to all patience."""

import contextlib
import http.client
import math
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping

import msgspec

from tillfree.connectors.errors import ConnectorError
from tillfree.connectors.retry_after import retry_after_s
from tillfree.connectors.webhooks.addresses import Target, resolved

__all__ = ["Sent", "post"]

_ANSWER_BYTES_MAX = 64 * 1024
"""Nothing of an answer's body is used; more of it is not read."""
_AGENT = "Tillfree-Webhooks/1"
_AFTER_MOST_S = 86_400.0
"""No receiver makes a message wait for longer by saying so."""


class Sent(msgspec.Struct, frozen=True):
    """What the receiver said; `status` 0 means that there was no answer, and `error` says why."""

    status: int
    error: str = ""
    retry_after_s: int = 0

    @property
    def arrived(self) -> bool:
        """Whether the receiver has it."""
        return 200 <= self.status < 300


def post(target: Target, body: bytes, headers: Mapping[str, str], *, timeout_s: float, allow_private: bool) -> Sent:
    """Sends JSON; whatever goes wrong is told in the answer.

    Raises:
        ForbiddenAddressError: it must not go there.
    """
    try:
        address = resolved(target, allow_private=allow_private)
    except ConnectorError as error:
        if type(error) is not ConnectorError:
            raise
        return Sent(0, str(error))
    kind = _Pinned if not target.secure else _PinnedSecure
    connection = kind(target, address, timeout_s)
    try:
        with _deadline(connection, timeout_s):
            connection.request(
                "POST",
                target.path,
                body,
                {
                    "Host": target.host_header,
                    "Content-Type": "application/json",
                    "User-Agent": _AGENT,
                    "Accept-Encoding": "identity",
                    "Connection": "close",
                    **headers,
                },
            )
            answer = connection.getresponse()
            answer.read(_ANSWER_BYTES_MAX)
            return _said(answer)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Sent(0, f"{type(error).__name__}: {error}"[:300])
    finally:
        connection.close()


def _said(answer: http.client.HTTPResponse) -> Sent:
    wait_s = retry_after_s(answer.getheader("Retry-After", "") or "", time.time(), _AFTER_MOST_S)
    if 300 <= answer.status < 400:
        return Sent(answer.status, "the receiver points elsewhere; redirects are not followed, change the address")
    return Sent(
        answer.status, "" if 200 <= answer.status < 300 else f"the receiver said {answer.status}", math.ceil(wait_s)
    )


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was looked at, whatever the name may mean by now."""

    def __init__(self, target: Target, address: str, timeout_s: float) -> None:
        super().__init__(target.host, target.port, timeout=timeout_s)
        self._address = address
        self._timeout_s = timeout_s

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self._timeout_s)


class _PinnedSecure(_Pinned):
    """The same by TLS: the certificate must be that of the name."""

    def connect(self) -> None:
        super().connect()
        # The watch over time must find the plain socket, too, while keys are exchanged.
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


@contextlib.contextmanager
def _deadline(connection: _Pinned, timeout_s: float) -> Iterator[None]:
    """A receiver that sends a byte now and then would never meet the timeout of a socket: this ends it all."""

    def end() -> None:
        if connection.sock is not None:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    alarm = threading.Timer(timeout_s, end)
    alarm.daemon = True
    alarm.start()
    try:
        yield
    finally:
        alarm.cancel()
