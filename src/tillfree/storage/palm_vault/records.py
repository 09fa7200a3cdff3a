"""What is kept of one person: consents, what their palm is linked to, and protected templates. All of it is sealed."""

from typing import Literal

import msgspec

from tillfree.storage.palm_vault.purposes import PURPOSES, Purpose

__all__ = [
    "HANDS",
    "PURPOSES",
    "Consent",
    "ErasureProof",
    "Hand",
    "LinkedCard",
    "Pin",
    "Profile",
    "Purpose",
    "StationRecord",
    "Template",
    "VaultCounts",
]

Hand = Literal["left", "right", "unknown"]
HANDS: tuple[Hand, ...] = ("left", "right", "unknown")


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody agreed: to which version of the notice, read in which language, for which purposes, and when.

    `by` is how it was given, as "station-1" or "app"; `withdrawn_ns` is 0 as long as it holds.
    """

    notice: str
    language: str
    purposes: tuple[Purpose, ...]
    given_ns: int
    by: str = ""
    withdrawn_ns: int = 0


class LinkedCard(msgspec.Struct, frozen=True, kw_only=True):
    """A way to pay: `token` is the processor's, and no number of a card. `name` is what the owner calls it."""

    token: str
    name: str = ""
    fingerprint: str = ""
    brand: str = ""
    last4: str = ""
    expires: str = ""


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """A hash of a PIN (scrypt, RFC 7914) with its salt and cost."""

    salt: bytes
    hash: bytes
    cost: int
    parallel: int


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One person as they wanted it. `default_card` counts from 0 in `cards`.

    `account` is that of the retailer's app, `badge` that of an employee; `age_over` the greatest age that was proved,
    and how in `age_proof`; no date of birth is ever kept. `doors` are the groups of doors that open. `wrong_pins` and
    `locked_until_ns` are those of tries with a PIN.
    """

    made_ns: int
    consents: tuple[Consent, ...]
    cards: tuple[LinkedCard, ...] = ()
    default_card: int = 0
    account: str = ""
    loyalty: str = ""
    badge: str = ""
    role: Literal["shopper", "associate"] = "shopper"
    age_over: int = 0
    age_proof: str = ""
    doors: tuple[str, ...] = ()
    door_number: int = 0
    email: str = ""
    language: str = ""
    pin: Pin | None = None
    wrong_pins: int = 0
    locked_until_ns: int = 0
    confirmed: bool = True
    """False after an enrolment at home, until the first hover at a station has agreed with it."""
    listed_as: str = ""
    """What the list calls them, of those who were enrolled from a list of many."""

    def purposes(self) -> frozenset[Purpose]:
        """What the consents that hold allow."""
        return frozenset(purpose for one in self.consents if not one.withdrawn_ns for purpose in one.purposes)


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A protected template: `data` is opaque here. `scheme` says what made it, and which of its versions."""

    hand: Hand
    band: str
    scheme: str
    made_ns: int
    data: bytes

    def __repr__(self) -> str:
        return f"Template({self.hand}, {self.band}, {self.scheme}, {len(self.data)} bytes)"


class StationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A station that may ask: its public key (Ed25519, 32 bytes), and where it stands."""

    station: str
    public: bytes
    made_ns: int
    place: str = ""


class ErasureProof(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody was erased: the entry of the audit log that says so, and how much went."""

    subject: str
    templates: int
    time_ns: int
    audit_number: int
    audit_hash: str


class VaultCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How much there is, and nothing of whom."""

    subjects: int
    with_templates: int
    templates: int
    stations: int
    wrapped_by: dict[str, int]
