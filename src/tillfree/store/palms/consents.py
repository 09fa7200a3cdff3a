"""Consents: given for a version of the notice and some purposes, withdrawn as a whole or in part. Pure."""

from collections.abc import Collection

import msgspec

from tillfree.storage.palm_vault.records import Consent, Profile, Purpose
from tillfree.store.palms.errors import PalmDeskError

__all__ = ["need_consent", "with_consent", "without_purposes"]


def need_consent(consent: Consent, notice_version: str) -> None:
    """Raises PalmDeskError where nobody may be enrolled on this consent."""
    if consent.notice != notice_version:
        raise PalmDeskError(
            f"the consent is to version {consent.notice[:40]!r} of the notice, and {notice_version!r} is in force; "
            "show that one and ask again"
        )
    if consent.withdrawn_ns or "identify" not in consent.purposes:
        raise PalmDeskError("nobody is enrolled who has not agreed to be identified; ask for consent first")
    if not consent.language:
        raise PalmDeskError("a consent says in which language the notice was read; give it, as `en`")


def with_consent(profile: Profile, consent: Consent) -> Profile:
    """The profile with one more consent."""
    return msgspec.structs.replace(profile, consents=(*profile.consents, consent))


def without_purposes(profile: Profile, purposes: Collection[Purpose], now_ns: int) -> Profile:
    """The profile after some purposes were withdrawn: what was agreed to, and until when, stays written down."""
    consents: list[Consent] = []
    for one in profile.consents:
        gone = tuple(purpose for purpose in one.purposes if purpose in purposes)
        if one.withdrawn_ns or not gone:
            consents.append(one)
            continue
        stays = tuple(purpose for purpose in one.purposes if purpose not in purposes)
        if stays:
            consents.append(msgspec.structs.replace(one, purposes=stays))
        consents.append(msgspec.structs.replace(one, purposes=gone, withdrawn_ns=now_ns))
    return msgspec.structs.replace(profile, consents=tuple(consents))
