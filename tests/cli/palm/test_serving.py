"""`tillfree serve` with palms: one real process, its models, its vault, and a station that signs what it saw."""

import base64
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.cli.palm.shown_hands import ANN, STRANGER, held, png
from tests.cli.test_console_commands import PASSWORD, running
from tillfree.catalog.shop_file import encode_shop
from tillfree.palm.samples import HandImage
from tillfree.simulation.demo_shop import demo_shop
from tillfree.storage.database.database import Database
from tillfree.store.palms.stations import SentFrame, signed_bytes

SETTINGS = """
version = 1
[palm]
enabled = true
samples_min = 2
[palm.station]
enabled = true
name = "till"
"""
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
CONSENT = {"notice": "1", "language": "en", "purposes": ["identify"]}
_FRAMES = 8
_TIMEOUT_S = 120.0


class Store:
    """A store that is served; the station `north` is trusted there."""

    def __init__(self, address: str, key: str) -> None:
        self.address = address
        self.client = httpx2.Client(
            base_url=f"{address}/api/v1", headers={"authorization": f"Bearer {key}"}, timeout=_TIMEOUT_S
        )

    def capture(self, images: Sequence[HandImage], key: Ed25519PrivateKey = KEY) -> dict[str, Any]:
        """What a station sends of these pictures."""
        nonce = self.client.post("/palms/challenges", json={"station": "north"}).json()["nonce"]
        frames = tuple(SentFrame(image.band, png(image)) for image in images)
        time_ms = time.time_ns() // 1_000_000
        return {
            "station": "north",
            "nonce": nonce,
            "time_ms": time_ms,
            "frames": [{"band": one.band, "picture": base64.b64encode(one.picture).decode()} for one in frames],
            "signature": base64.b64encode(key.sign(signed_bytes("north", nonce, time_ms, frames))).decode(),
        }

    def identified(self, images: Sequence[HandImage]) -> dict[str, Any]:
        answer = self.client.post("/palms/identify", json={"captures": [self.capture(images)]})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    shop, settings, data = tmp_path / "shop.json", tmp_path / "store.toml", tmp_path / "data"
    shop.write_bytes(encode_shop(demo_shop(1)))
    settings.write_text(SETTINGS)
    with Database.open(data) as database:
        database.add_user("ada", PASSWORD, "manager")
        scopes = ("palms:present", "palms:enrol", "palms:manage", "palms:write")
        key = database.add_api_key("station", scopes, "ada", time.time_ns()).secret
    arguments = ("serve", str(shop), "--data", str(data), "--settings", str(settings), "--port", "0")
    with running(*arguments) as (_, address):
        made = Store(address, key)
        public = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()
        with made.client:
            assert made.client.put("/palms/stations/north", json={"public_key": public}).status_code == 200
            yield made


def test_somebody_enrols_is_found_and_is_forgotten(store: Store) -> None:
    frames = held(ANN, pairs=2 * _FRAMES)
    captures = [store.capture(frames[at : at + _FRAMES]) for at in (0, _FRAMES)]
    made = store.client.post("/palms", json={"captures": captures, "consent": CONSENT})
    assert made.status_code == 201, made.text
    ann = made.json()["palm"]
    later, other = held(ANN, 1, pairs=6)[:_FRAMES], held(STRANGER, pairs=6)[:_FRAMES]
    assert store.identified(later)["palm"] == ann
    assert store.identified(other) | {"message": ""} == {
        "recognised": False, "allowed": False, "palm": None, "reason": "unknown", "guidance": "", "message": "",
        "card": None, "cards": [], "loyalty": None, "age_proof": None, "door_number": None,
    }  # fmt: skip
    # Its file shown to the camera, and a station that nobody trusts.
    assert store.identified([later[0]] * 4 + [later[1]] * 4)["reason"] == "not live"
    forged = store.capture(later, Ed25519PrivateKey.generate())
    assert store.client.post("/palms/identify", json={"captures": [forged]}).status_code == 422
    assert store.client.delete(f"/palms/{ann}").status_code == 200
    assert store.identified(later)["reason"] == "unknown"
    with httpx2.Client(base_url=store.address, headers={"sec-fetch-site": "same-origin"}, timeout=_TIMEOUT_S) as page:
        assert page.get("/palm").status_code == 303
        assert page.post("/sign-in", data={"name": "ada", "password": PASSWORD}).status_code == 303
        assert page.get("/palm").status_code == 200
