"""What a palm may do here and now: the settings of the site, what its owner agreed to, and what else must be shown."""

import dataclasses

from tillfree.storage.palm_vault.records import Profile, Purpose
from tillfree.store.palms.pins import is_locked
from tillfree.store.palms.settings import PalmSettings

__all__ = ["PALM_REASONS", "Use", "decide_use", "purposes_at"]

PALM_REASONS: dict[str, str] = {
    "": "Welcome",
    "no hand": "Hold your palm over the reader.",
    "poor": "Please hold your palm flat and still over the reader.",
    "not live": "This cannot be read. Please ask our staff.",
    "unknown": "This palm is not known here. Please use another way.",
    "other hand": "Please show your other hand as well.",
    "not allowed": "This cannot be done with a palm here.",
    "no consent": "You have not agreed to use your palm for this.",
    "unconfirmed": "Please hold your hand over a station once, to confirm that you enrolled at home.",
    "not linked": "Nothing is linked to this palm for that.",
    "locked": "Too many wrong PINs. Please use another way for now.",
    "pin needed": "Please enter your PIN.",
    "pin wrong": "This PIN is not right.",
    "second factor needed": "Please tap the card that you linked, too.",
    "too young": "This age is not proved for this palm.",
    "no door": "This door does not open for you.",
    "no pin": "A PIN is needed here, and you have none. Please ask our staff.",
    "door silent": "This door does not answer. Please use another way.",
}
"""Every word with which a palm may be refused, and what the display says. The empty word is a yes."""


@dataclasses.dataclass(frozen=True, slots=True)
class Use:
    """What somebody wants to do: `purpose` at a `station`; what they pay, which age is asked for, which door it is.

    `pin` is what they typed; `card` the fingerprint of a card that they tapped at the terminal of the station.
    """

    purpose: Purpose = "identify"
    station: str = ""
    amount_minor: int = 0
    pin: str = ""
    card: str = ""
    age_over: int = 0
    door: str = ""

    def __repr__(self) -> str:
        return f"Use({self.purpose} at {self.station})"


def purposes_at(settings: PalmSettings, station: str) -> frozenset[Purpose]:
    """What a palm may do at a station."""
    return frozenset(settings.may_at.get(station, settings.may))


def decide_use(settings: PalmSettings, profile: Profile, use: Use, now_ns: int) -> str:
    """A word of `PALM_REASONS`: the first rule that forbids it. "pin needed" where only a PIN is missing or unproved.

    A PIN that was typed is proved afterwards, by whoever counts tries: it costs a tenth of a second.
    """
    rules = (
        (use.purpose not in purposes_at(settings, use.station), "not allowed"),
        (use.purpose not in profile.purposes(), "no consent"),
        (not profile.confirmed, "unconfirmed"),
    )
    reason = next((reason for wrong, reason in rules if wrong), "")
    if reason:
        return reason
    match use.purpose:
        case "pay":
            return _paying(settings, profile, use, now_ns)
        case "loyalty":
            return "" if profile.loyalty else "not linked"
        case "age":
            return "" if 0 < use.age_over <= profile.age_over else "too young"
        case "door":
            return _passing(settings, profile, use, now_ns)
        case _:
            return ""


def _passing(settings: PalmSettings, profile: Profile, use: Use, now_ns: int) -> str:
    door = settings.door(use.door)
    # Else a hand at one end of the house would open a door at the other end, for whoever stands there.
    if door is not None and use.station not in door.at:
        return "not allowed"
    if not use.door or use.door not in profile.doors:
        return "no door"
    if door is None or not door.pin:
        return ""
    if profile.pin is None:
        return "no pin"
    return "locked" if is_locked(profile, now_ns) else "pin needed"


def _paying(settings: PalmSettings, profile: Profile, use: Use, now_ns: int) -> str:
    if not (profile.cards or profile.account or profile.badge):
        return "not linked"
    tapped = bool(use.card) and any(card.fingerprint == use.card for card in profile.cards)
    if use.amount_minor > settings.second_over_minor and not tapped:
        return "second factor needed"
    if use.amount_minor > settings.pin_over_minor and not tapped:
        if profile.pin is None:  # who has none shows the card instead
            return "second factor needed"
        return "locked" if is_locked(profile, now_ns) else "pin needed"
    return ""
