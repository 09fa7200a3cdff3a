"""The wallet behind a palm: several cards, one of which pays unless another one is asked for. Pure."""

import hashlib

import msgspec

from tillfree.identity.badges import LinkUse, PalmLink, PalmLinks
from tillfree.storage.palm_vault.records import LinkedCard, Profile
from tillfree.storage.palm_vault.vault import PalmVault
from tillfree.store.palms.errors import PalmDeskError

__all__ = ["CARDS_MAX", "VaultLinks", "card_id", "with_card", "with_default", "without_card"]

CARDS_MAX = 20


def with_card(profile: Profile, card: LinkedCard, *, default: bool = False) -> Profile:
    """The profile with one more card, or with that card changed where its token or fingerprint is there already.

    Raises:
        PalmDeskError: it has no token, or there are too many.
    """
    if not card.token:
        raise PalmDeskError("a card is linked by the token that the processor made of it; give that")
    if sum(map(str.isdigit, card.token)) >= 12 and card.token.replace(" ", "").replace("-", "").isdigit():
        raise PalmDeskError("this looks like the number of a card; give the token that the processor made of it")
    same = [
        number
        for number, one in enumerate(profile.cards)
        if one.token == card.token or (card.fingerprint and one.fingerprint == card.fingerprint)
    ]
    cards = list(profile.cards)
    at = same[0] if same else len(cards)
    cards[at : at + 1] = [card]
    if len(cards) > CARDS_MAX:
        raise PalmDeskError(f"a wallet holds {CARDS_MAX} cards; take one out first")
    return msgspec.structs.replace(profile, cards=tuple(cards), default_card=at if default else profile.default_card)


def without_card(profile: Profile, card: str) -> Profile:
    """The profile without a card, by its `card_id`; where that was the default, the first one is.

    Raises:
        PalmDeskError: there is no such card.
    """
    number = _number_of(profile, card)
    cards = tuple(one for at, one in enumerate(profile.cards) if at != number)
    default = profile.default_card
    default = 0 if default == number else default - (default > number)
    return msgspec.structs.replace(profile, cards=cards, default_card=default)


def with_default(profile: Profile, card: str) -> Profile:
    """The profile with another card that pays, by its `card_id`. Raises PalmDeskError."""
    return msgspec.structs.replace(profile, default_card=_number_of(profile, card))


def card_id(card: LinkedCard) -> str:
    """What a card is called where its token may not be shown."""
    return hashlib.sha256(b"card\0" + card.token.encode()).hexdigest()[:12]


def _number_of(profile: Profile, card: str) -> int:
    found = [number for number, one in enumerate(profile.cards) if card_id(one) == card]
    if not found:
        raise PalmDeskError(f"there is no card {card[:20]!r} in this wallet; read it again")
    return found[0]


class VaultLinks:
    """What palms are linked to, behind the protocol `PalmLinks`: gate and till ask by the name that the vault gave.

    Nothing comes out that its owner has not agreed to. A name that the vault does not know is one of the retailer's
    app, as stations of others send it: `accounts` know those.
    """

    def __init__(self, vault: PalmVault, accounts: PalmLinks) -> None:
        self._vault, self._accounts = vault, accounts

    def link(self, account: str, use: LinkUse = "enter", chosen: str = "") -> PalmLink | None:
        """The link of somebody; None where nothing is linked that opens a gate, or that pays.

        Raises:
            PalmDeskError: there is no such card in their wallet.
        """
        profile = self._vault.profile(account)
        if profile is None:
            return self._accounts.link(account, use, chosen)
        purposes = profile.purposes()
        if use not in purposes or not profile.confirmed:
            return None
        if chosen:
            profile = with_default(profile, chosen)
        return self._of(profile, pays="pay" in purposes, loyal="loyalty" in purposes, aged="age" in purposes)

    def _of(self, profile: Profile, *, pays: bool, loyal: bool, aged: bool) -> PalmLink | None:
        link = PalmLink(
            loyalty=profile.loyalty if loyal else "",
            age_years=profile.age_over if aged else 0,
            role=profile.role,
            email=profile.email,
            language=profile.language,
        )
        if profile.role != "shopper":
            return link
        if not pays:
            return None
        if profile.cards:
            card = profile.cards[profile.default_card]
            return msgspec.structs.replace(
                link,
                token=card.token,
                fingerprint=card.fingerprint,
                brand=card.brand,
                last4=card.last4,
                account=profile.account,
            )
        if profile.account:
            return self._of_account(profile, link)
        return msgspec.structs.replace(link, badge=profile.badge) if profile.badge else None

    def _of_account(self, profile: Profile, link: PalmLink) -> PalmLink:
        """The account of the app pays, by the card that is in it where there is one."""
        kept = self._accounts.link(profile.account)
        if kept is None:
            return msgspec.structs.replace(link, account=profile.account)
        return msgspec.structs.replace(
            kept,
            account=profile.account,
            loyalty=link.loyalty,
            age_years=link.age_years,
            email=link.email or kept.email,
            language=link.language or kept.language,
        )
