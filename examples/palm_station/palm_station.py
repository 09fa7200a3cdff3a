"""A palm station that signs what it sees, and has people pay: Python's own library, and `cryptography` for the key.

    python palm_station.py key station.pem                     # a new key; prints its public half
    python palm_station.py trust north station.pem             # once, with a key of the office (palms:manage)
    python palm_station.py pay north station.pem --minor 420 --currency EUR --reference 4711 one.png two.png

The pictures are files here; a real station takes them from its camera at the moment of the challenge.
"""

import argparse
import base64
import getpass
import hashlib
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

LABEL = "tillfree palm capture 1"
TRIES, PAUSE_S, WAIT_S = 30, 3.0, 30.0
"""A request that got no answer is sent again for as long as it takes to learn what became of it."""


class StationError(Exception):
    """Something that a person has to look at."""


# ---- signing --------------------------------------------------------------------------------------------------------


def signed_bytes(station: str, nonce: str, time_ms: int, frames: Sequence[tuple[str, bytes]]) -> bytes:
    """What is signed: each part with its length before it, 4 bytes, the most significant first.

    `frames` are the band ("visible" or "nir") and the bytes of the picture's file, exactly as they are sent.
    """
    parts = [LABEL.encode(), nonce.encode(), station.encode(), str(time_ms).encode()]
    for band, picture in frames:
        parts += [band.encode(), hashlib.sha256(picture).digest()]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def make_key(path: Path) -> Ed25519PrivateKey:
    """A new key in a file that only its owner reads. It never leaves the station."""
    key = Ed25519PrivateKey.generate()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key


def read_key(path: Path) -> Ed25519PrivateKey:
    """The key in a file."""
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise StationError(f"{path}: this is no Ed25519 key; make one with: palm_station.py key FILE")
    return key


def public_text(key: Ed25519PrivateKey) -> str:
    """The public half, in base64, as the store takes it."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


# ---- asking ---------------------------------------------------------------------------------------------------------


class Store:
    """The API of one store."""

    def __init__(self, address: str, key: str) -> None:
        self._address, self._key = address.rstrip("/"), key

    def ask(self, method: str, path: str, body: dict[str, Any], once: str = "") -> dict[str, Any]:
        """One request. With `once` it is sent again, byte for byte the same, until there is an answer."""
        data = json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        if once:
            headers["Idempotency-Key"] = once
        for left in reversed(range(TRIES if once else 1)):
            request = urllib.request.Request(  # noqa: S310  the address comes from whoever runs this
                f"{self._address}/api/v1{path}", data, headers, method=method
            )
            try:
                with urllib.request.urlopen(request, timeout=WAIT_S) as answer:  # noqa: S310
                    found: dict[str, Any] = json.load(answer)
                    return found
            except urllib.error.HTTPError as error:
                said = json.load(error)
                at_work = said["type"].endswith("#problem-in-flight")
                if not left or not (at_work or error.code >= 500 or error.code == 429):
                    raise StationError(f"{said['title']}: {said['detail']}") from error
            except OSError as error:
                if not left:
                    raise StationError(f"{self._address} gives no answer: {error}") from error
            time.sleep(PAUSE_S)
        raise AssertionError("the last try returns, or raises")


class Station:
    """One station: its name, its key, and the store that trusts it."""

    def __init__(self, store: Store, name: str, key: Ed25519PrivateKey) -> None:
        self._store, self._name, self._key = store, name, key

    def trust(self, place: str = "") -> None:
        """Makes the store trust this station; the store's key needs the scope palms:manage."""
        body = {"public_key": public_text(self._key), "place": place}
        self._store.ask("PUT", f"/palms/stations/{self._name}", body)

    def capture(self, frames: Sequence[tuple[str, bytes]]) -> dict[str, Any]:
        """A challenge, and what was seen, signed with it. Good once, and for seconds."""
        nonce = self._store.ask("POST", "/palms/challenges", {"station": self._name})["nonce"]
        time_ms = time.time_ns() // 1_000_000
        signature = self._key.sign(signed_bytes(self._name, nonce, time_ms, frames))
        return {
            "station": self._name,
            "nonce": nonce,
            "time_ms": time_ms,
            "frames": [{"band": band, "picture": base64.b64encode(picture).decode()} for band, picture in frames],
            "signature": base64.b64encode(signature).decode(),
        }

    def pay(
        self, frames: Sequence[tuple[str, bytes]], minor: int, currency: str, *, reference: str = "", pin: str = ""
    ) -> dict[str, Any]:
        """One try to pay. The money moves once, however often the request has to be sent."""
        body = {
            "captures": [self.capture(frames)],
            "amount": {"minor": minor, "currency": currency},
            "reference": reference,
            "pin": pin,
        }
        return self._store.ask("POST", "/palms/payments", body, once=str(uuid.uuid4()))


# ---- the program ----------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """0: done, or paid. 1: not paid, and the last line says why. 2: something is wrong."""
    given = _parser().parse_args(arguments)
    try:
        if given.act == "key":
            sys.stdout.write(public_text(make_key(given.file)) + "\n")
            return 0
        store = Store(os.environ["TILLFREE_URL"], os.environ["TILLFREE_KEY"])
        station = Station(store, given.station, read_key(given.file))
        if given.act == "trust":
            station.trust(given.place)
            return 0
        return _pay(station, given)
    except KeyError as error:
        sys.stderr.write(f"set {error.args[0]} in the environment\n")
    except (OSError, ValueError, StationError) as error:
        sys.stderr.write(f"{error}\n")
    return 2


def _pay(station: Station, given: argparse.Namespace) -> int:
    frames = [(given.band, path.read_bytes()) for path in given.pictures]
    said = station.pay(frames, given.minor, given.currency, reference=given.reference)
    if said["reason"] == "pin needed":
        # Another try: the hand is held up again, for a challenge of its own.
        pin = getpass.getpass("PIN: ")
        said = station.pay(frames, given.minor, given.currency, reference=given.reference, pin=pin)
    sys.stdout.write(said["message"] + "\n")
    return 0 if said["paid"] else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="A palm station that signs what it sees, and has people pay.")
    acts = parser.add_subparsers(dest="act", required=True)
    key = acts.add_parser("key", help="make a key, and print its public half")
    trust = acts.add_parser("trust", help="make the store trust this station")
    pay = acts.add_parser("pay", help="have somebody pay")
    for one in (trust, pay):
        one.add_argument("station", help="the name of the station")
    for one in (key, trust, pay):
        one.add_argument("file", type=Path, help="the file of the key")
    trust.add_argument("--place", default="", help="where it stands")
    pay.add_argument("--minor", type=int, required=True, help="how much, in the smallest unit of the currency")
    pay.add_argument("--currency", required=True, help="as EUR")
    pay.add_argument("--reference", default="", help="what the till calls the sale")
    pay.add_argument("--band", default="visible", choices=("visible", "nir"), help="the light of the pictures")
    pay.add_argument("pictures", type=Path, nargs="+", help="PNG or JPEG files of one hovering hand")
    return parser


if __name__ == "__main__":
    sys.exit(main())
