"""The table of reasons: every word with which a gate may refuse, and what its display then says."""

__all__ = ["REASONS", "WELCOME", "reason_text"]

WELCOME = "Welcome"
REASONS: dict[str, str] = {
    "unknown": "This is not known here. Please use another card or code.",
    "unreadable": "This code cannot be read. Please show it again.",
    "bad_signature": "This code is not valid here.",
    "wrong_store": "This code is for another store.",
    "not_yet": "This code is not valid yet. Please check the clock of your phone.",
    "too_long": "This code is not valid: it was made to last too long.",
    "expired": "This is out of date. Please use another card, or a new code.",
    "used": "This code was used already. Please show a new one.",
    "inactive": "This badge is not active.",
    "blocked": "Please ask our staff.",
    "debt": "A purchase is still to be paid. Please ask our staff.",
    "declined": "The bank said no. Please use another card or code.",
    "no_answer": "The bank gave no answer. Please try again, or use another card or code.",
    "prepaid": "Prepaid cards cannot be used here.",
    "retailer_refused": "The store's system does not know this. Please use another card or code.",
    "already_inside": "This is inside already. Please use another card or code.",
    "group_too_large": "The group is too large for one card or code.",
    "too_young": "You must be older to enter, or your age must be known.",
    "full": "The store is full. Please wait a moment.",
    "closing": "The store closes soon. We let nobody in any more.",
    "closed": "The store is closed.",
    "gate_closed": "This entrance is closed. Please use another one, or ask our staff.",
    "offline": "We cannot reach the bank or your account. Please use another card or code.",
    "trouble": "Something is wrong on our side. Please ask our staff.",
}
"""Words for events, statistics and the wire, with texts for the display at the gate. None of them tells others why
somebody is blocked."""


def reason_text(reason: str) -> str:
    """What the display says; an empty reason is a welcome."""
    return REASONS.get(reason, REASONS["trouble"]) if reason else WELCOME
