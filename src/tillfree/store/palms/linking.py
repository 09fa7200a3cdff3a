"""What a palm is linked to by words: an account of the retailer's app, loyalty, a badge. Pure."""

from typing import Final

import msgspec

from tillfree.storage.palm_vault.records import Profile
from tillfree.store.palms.errors import PalmDeskError

__all__ = ["WORDS", "with_links"]

WORDS: Final = {"account": 128, "loyalty": 128, "badge": 64}
"""How many characters each of them has at most."""


def with_links(profile: Profile, *, account: str | None = None, loyalty: str | None = None,
               badge: str | None = None) -> Profile:  # fmt: skip
    """The profile with other links: empty takes one away, None leaves it as it is.

    Raises:
        PalmDeskError: one is too long, or not printable.
    """
    given = {"account": account, "loyalty": loyalty, "badge": badge}
    changed = {name: value for name, value in given.items() if value is not None}
    for name, value in changed.items():
        if len(value) > WORDS[name] or not value.isprintable() or value != value.strip():
            raise PalmDeskError(
                f"{name} {value[:40]!r}: give at most {WORDS[name]} printable characters, without spaces around them"
            )
    return msgspec.structs.replace(profile, **changed)
