"""Ways in, reasons and gates, in words for people who work in the shop."""

from collections.abc import Callable

from tillfree.commerce.display import display_text
from tillfree.web.texts import later

__all__ = ["REASON_WORDS", "ROLE_WORDS", "WAY_WORDS", "gate_name", "reason_words"]

WAY_WORDS: dict[str, str] = {
    "card": later("Bank card"),
    "wallet": later("Wallet"),
    "code": later("Code of an app"),
    "badge": later("Badge"),
    "palm": later("Palm"),
    "staff": later("Staff"),
    "delivery": later("Delivery"),
    "open": later("Open door"),
}
ROLE_WORDS: dict[str, str] = {
    "shopper": later("Shopper"),
    "associate": later("Staff"),
    "delivery": later("Delivery"),
}
REASON_WORDS: dict[str, str] = {
    "unknown": later("nobody knows it here"),
    "unreadable": later("it could not be read"),
    "bad_signature": later("its signature is not good"),
    "wrong_store": later("it is for another store"),
    "not_yet": later("it is not valid yet"),
    "too_long": later("it was made to last too long"),
    "expired": later("it is out of date"),
    "used": later("it was used already"),
    "inactive": later("the badge is not active"),
    "blocked": later("it is blocked"),
    "debt": later("something is still owed"),
    "prepaid": later("it is a prepaid card"),
    "retailer_refused": later("the retailer's system refused"),
    "already_inside": later("it is inside already"),
    "group_too_large": later("the group is too large"),
    "too_young": later("the age at the door was not proved"),
    "full": later("the store is full"),
    "closing": later("the store closes soon"),
    "closed": later("the store is closed"),
    "gate_closed": later("the gate is closed"),
    "declined": later("the bank said no"),
    "no_answer": later("the bank gave no answer"),
    "offline": later("the network is down"),
    "trouble": later("something is wrong with us; the server's log says what"),
}
"""One for each word of `identity.reasons.REASONS`, which are what the shopper reads."""


def reason_words(reason: str, say: Callable[..., str]) -> str:
    """Why a gate stayed shut."""
    words = REASON_WORDS.get(reason)
    return say(words) if words is not None else display_text(reason)


def gate_name(gate: str, say: Callable[..., str]) -> str:
    """`Gate 2` for `gate/2`, and what it is called for any other name."""
    name = display_text(gate)
    kind, _, number = name.partition("/")
    if kind != "gate":
        return name or say("The gate")
    return say("Gate %(number)s", number=number) if number else say("The gate")
