"""A store with a trusted station, a gate, a till and people whose palms are enrolled, for tests over the API."""

import base64
import dataclasses
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image

from tests.commerce.shops import SETTINGS
from tests.store.palms.stand_in import ALL, hand_picture, make_desk
from tests.store.till.counters import Bank
from tests.web.api.conftest import Paying, client_of
from tillfree.commerce.payments.settings import PaymentSettings
from tillfree.core.time import NS_PER_MS
from tillfree.storage.palm_vault.records import Hand
from tillfree.store.entry.accounts import KeptAccounts
from tillfree.store.entry.desk import EntryDesk
from tillfree.store.palms.settings import PalmSettings
from tillfree.store.palms.stations import SentFrame, signed_bytes
from tillfree.store.settings import StoreSettings
from tillfree.store.till.till import Till

__all__ = ["CARD", "CONSENT", "KEY", "capture", "enrolled", "palms_in", "png", "till_in", "till_of"]

CONSENT = {"notice": "1", "language": "en", "purposes": list(ALL)}
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
CARD = {"token": "tok_of_ann", "fingerprint": "fp_of_ann", "brand": "visa", "last4": "4242"}


@contextmanager
def palms_in(paying: Paying, settings: PalmSettings | None = None) -> Iterator[Paying]:
    """The same shop with an empty vault and a gate of its own; the station `north` is trusted."""
    console, before = paying.console, (paying.console.palm_desk, paying.console.desk)
    console.palm_desk = make_desk(settings=settings or PalmSettings(may=ALL), clock=paying.clock)
    links = console.palm_desk.links(KeptAccounts(console.database))
    assert console.till is not None
    console.desk = EntryDesk(console.database, StoreSettings(), console.till, paying.clock, palms=links)
    public = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()
    answer = client_of(console, "palms:manage").put("/api/v1/palms/stations/north", json={"public_key": public})
    assert answer.status_code == 200
    try:
        yield paying
    finally:
        if console.palm_desk is not None:
            console.palm_desk.vault.close()
        console.palm_desk, console.desk = before


def till_of(shop: Paying) -> Till:
    """A till in the currency of the shop; nobody waits for a bank that does not answer."""
    shop.bank.now_ns = shop.clock
    chosen = StoreSettings(commerce=SETTINGS, currency="EUR", payments=PaymentSettings(sale_wait_s=0))
    return Till(shop.console.database, chosen, shop.bank, shop.clock, workers=0)


@contextmanager
def till_in(paying: Paying, settings: PalmSettings | None = None) -> Iterator[Paying]:
    """The shop, with a till, a bank, a vault and a gate of one's own."""
    before, shop = paying.console.till, dataclasses.replace(paying, bank=Bank())
    shop.console.till = till_of(shop)
    try:
        with palms_in(shop, settings) as made:
            yield made
    finally:
        paying.console.till = before


def png(person: int, hand: Hand = "left") -> bytes:
    data = io.BytesIO()
    Image.fromarray(hand_picture(person, hand).pixels).save(data, "PNG")
    return data.getvalue()


def capture(shop: Paying, person: int, hand: Hand = "left", **wrong: Any) -> dict[str, Any]:
    client = client_of(shop.console, "palms:present")
    nonce = client.post("/api/v1/palms/challenges", json={"station": "north"}).json()["nonce"]
    frames = (SentFrame("nir", png(person, hand)),)
    time_ms = shop.clock() // NS_PER_MS
    signature = KEY.sign(signed_bytes("north", nonce, time_ms, frames))
    return {
        "station": "north",
        "nonce": nonce,
        "time_ms": time_ms,
        "frames": [{"band": "nir", "picture": base64.b64encode(frames[0].picture).decode()}],
        "signature": base64.b64encode(signature).decode(),
    } | wrong


def enrolled(shop: Paying, person: int, **more: Any) -> str:
    body = {"captures": [capture(shop, person) for _ in range(3)], "consent": CONSENT, **more}
    answer = client_of(shop.console).post("/api/v1/palms", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["palm"])
