"""To a receipt printer on the network: bytes over TCP, as printers take them on port 9100."""

import socket

from tillfree.connectors.errors import ConnectorError

__all__ = ["PrinterUnavailable", "print_bytes"]


class PrinterUnavailable(ConnectorError):  # noqa: N818  what it is
    """The printer cannot be reached, or stopped listening: switched off, without paper, or another address."""


def print_bytes(data: bytes, host: str, port: int = 9100, *, timeout_s: float = 5.0) -> None:
    """Sends what is to be printed, and waits until the printer has taken all of it.

    Such printers do not say whether paper came out: what has been taken may still be lost by an open cover.

    Raises:
        PrinterUnavailable: not all of it could be handed over; some of it may have been printed.
    """
    where = f"printer {host}:{port}"
    try:
        with socket.create_connection((host, port), timeout=timeout_s) as line:
            line.sendall(data)
            line.shutdown(socket.SHUT_WR)
            # A printer that closes its side has read everything; one that never does is given the time-out.
            while line.recv(256):
                pass
    except TimeoutError as error:
        raise PrinterUnavailable(f"{where} took no data for {timeout_s:g} s; check paper, cover and cable") from error
    except OSError as error:
        raise PrinterUnavailable(
            f"{where} cannot be reached ({error.strerror or error}); check that it is on, and its address"
        ) from error
