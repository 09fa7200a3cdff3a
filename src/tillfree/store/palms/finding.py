"""Finds somebody by what is linked to their palm: profiles are sealed one by one, so each of them is opened."""

import logging
from collections.abc import Iterator

from tillfree.storage.palm_vault.errors import TamperedError, VaultKeyError
from tillfree.storage.palm_vault.records import Profile
from tillfree.storage.palm_vault.vault import PalmVault
from tillfree.store.palms.errors import NoPalmError, PalmDeskError

__all__ = ["HANDLES", "each_profile", "find_palm"]

HANDLES = ("account", "badge", "loyalty", "listed")
"""By what somebody is found beside their name in the vault: `account:ann`; `listed` is what a list called them."""
_log = logging.getLogger(__name__)


def find_palm(vault: PalmVault, who: str) -> str:
    """The name in the vault of one person: `who` is that name, or a handle as `account:ann`.

    Raises:
        NoPalmError: there is nobody.
        PalmDeskError: no such handle, or several people have it.
    """
    kind, colon, value = who.partition(":")
    if not colon:
        if vault.profile(who) is None:
            raise NoPalmError(f"there is no palm {who[:40]!r}; it may be erased by now")
        return who
    if kind not in HANDLES or not value:
        raise PalmDeskError(
            f"{who[:40]!r}: somebody is found by their name in the vault, or by "
            f"{', '.join(f'{handle}:...' for handle in HANDLES)}"
        )
    found = [subject for subject, profile in each_profile(vault) if _value(profile, kind) == value]
    if not found:
        raise NoPalmError(f"nobody here has {who[:80]!r}; they may be erased by now")
    if len(found) > 1:
        raise PalmDeskError(f"{len(found)} palms have {who[:80]!r}: name one of {', '.join(found)}")
    return found[0]


def each_profile(vault: PalmVault) -> Iterator[tuple[str, Profile]]:
    """Everybody whose rows hold: nobody else's damage stands in their way."""
    for subject in vault.subjects():
        try:
            profile = vault.profile(subject)
        except (TamperedError, VaultKeyError) as error:
            _log.error("somebody in the vault of palms cannot be found: %s", error)
            continue
        if profile is not None:
            yield subject, profile


def _value(profile: Profile, kind: str) -> str:
    match kind:
        case "account":
            return profile.account
        case "badge":
            return profile.badge
        case "loyalty":
            return profile.loyalty
        case _:
            return profile.listed_as
