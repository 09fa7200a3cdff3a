"""What the desk answers: never a score, never a picture, never a template."""

import dataclasses

import msgspec

from tillfree.storage.palm_vault.records import Consent, ErasureProof, Hand
from tillfree.store.palms.policy import PALM_REASONS

__all__ = ["CardView", "Enrolled", "ErasureProof", "PalmAnswer", "PalmExport", "TemplateView"]


@dataclasses.dataclass(frozen=True, slots=True)
class PalmAnswer:
    """Whether somebody was recognised and may do what they wanted.

    `reason` is empty where they may, else a word of `PALM_REASONS`. `subject` is their name in the vault where they
    were recognised at all; `false_match_rate` how often a stranger would have been taken for somebody here, at most.
    """

    reason: str
    subject: str = ""
    false_match_rate: float = 1.0
    guidance: str = ""

    @property
    def recognised(self) -> bool:
        """Whether it is known who it is."""
        return bool(self.subject)

    @property
    def allowed(self) -> bool:
        """Whether they may do what they wanted."""
        return not self.reason

    @property
    def message(self) -> str:
        """What the display says."""
        return PALM_REASONS[self.reason]


@dataclasses.dataclass(frozen=True, slots=True)
class Enrolled:
    """Somebody was enrolled: their name in the vault, and of which hands there are templates now."""

    subject: str
    hands: tuple[Hand, ...]
    templates: int


class CardView(msgspec.Struct, frozen=True, kw_only=True):
    """A card without its token, which nobody gets back; `card` is what it is called instead."""

    card: str
    name: str
    brand: str
    last4: str
    expires: str
    default: bool


class TemplateView(msgspec.Struct, frozen=True, kw_only=True):
    """That there is a template: what it is of, and how large; not what stands in it."""

    hand: str
    band: str
    scheme: str
    made_ns: int
    size_bytes: int


class PalmExport(msgspec.Struct, frozen=True, kw_only=True):
    """All that is stored about a person (GDPR Art. 15 and 20), in words that they can read.

    Of tokens and templates it says that there are some: a token pays, and a template that left the vault could not be
    called back. `log` is what the vault has written down about this person.
    """

    palm: str
    made_ns: int
    last_seen_day: int
    erased_after_days: int
    confirmed: bool
    consents: tuple[Consent, ...]
    cards: tuple[CardView, ...]
    account: str
    loyalty: str
    badge: str
    role: str
    age_over: int
    age_proof: str
    doors: tuple[str, ...]
    email: str
    language: str
    listed_as: str
    has_pin: bool
    wrong_pins: int
    locked_until_ns: int
    templates: tuple[TemplateView, ...]
    log: tuple[tuple[int, str, str, str], ...]
    """When (nanoseconds since 1970), who, what, detail."""
