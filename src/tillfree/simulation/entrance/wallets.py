"""What simulated people hold to the gate: cards, codes of an app, badges and palms of people who do not exist."""

import hashlib

from tillfree.core.time import NS_PER_S
from tillfree.identity.badges import Badge, LinkUse, PalmLink
from tillfree.identity.codes import CodeClaims, make_code
from tillfree.identity.credentials import BadgeTap, CardTap, Credential, PalmMatch, ScannedCode
from tillfree.identity.keys import SigningKey
from tillfree.simulation.payments.cards import SimulatedCard, make_card
from tillfree.storage.recordings.model import TruthEntry

__all__ = ["ACCOUNTS", "Wallets", "offline_tap"]

ACCOUNTS = 400
"""So many people have an account of the app, and as many a card: who comes in is one of them, at random."""
_BADGES = 60
_ISSUER = "simulated-app"
_CODE_S = 60
_BRANDS = ("visa", "mc", "visa", "mc", "amex")
_LIMIT_EVERY = 12
_LIMIT_MINOR = 4000


class Wallets:
    """Everybody's cards, accounts and badges. The same entry always shows the same card."""

    def __init__(self, seed: int, key: SigningKey, store_code: str) -> None:
        self._seed = seed
        self._key = key
        self._store_code = store_code
        self._last_code = ""

    def cards(self) -> list[SimulatedCard]:
        """All cards that there are; now and then one with little money behind it."""
        return [self._card(number, wallet=wallet) for number in range(ACCOUNTS) for wallet in (False, True)]

    def badges(self) -> list[Badge]:
        """The badges of the simulated staff of the building; one of them is no longer active."""
        found = [
            Badge(badge=f"B{number:04d}", account=f"employee-{number:03d}", any_time=number % 2 == 0)
            for number in range(_BADGES)
        ]
        return [*found, Badge(badge="B9000", account="employee-gone", active=False)]

    def link(self, account: str, use: LinkUse = "enter", chosen: str = "") -> PalmLink | None:  # noqa: ARG002
        """What an account, or the palm of its owner, is linked to: a card, and for some the loyalty programme."""
        prefix, _, number = account.partition("-")
        if prefix != "account" or not (number.isascii() and number.isdigit() and int(number) < ACCOUNTS) or chosen:
            return None
        card = self._card(int(number))
        return PalmLink(
            token=card.token, fingerprint=card.fingerprint, brand=card.brand, last4=card.last4,
            account=account, loyalty=account if int(number) % 3 == 0 else "",
        )  # fmt: skip

    def card_of(self, entry: TruthEntry) -> SimulatedCard:
        """The card, or wallet, of whoever stands at the gate; where it is to be refused, one that will be."""
        number = self._number(entry, ACCOUNTS)
        if entry.refused == "expired":
            return make_card(self._seed, ACCOUNTS + number, expires="2020-01", wallet=entry.kind == "wallet")
        if entry.refused == "prepaid":
            return make_card(self._seed, 2 * ACCOUNTS + number, funding="prepaid")
        return self._card(number, wallet=entry.kind == "wallet")

    def shown(self, entry: TruthEntry, now_ns: int) -> Credential:
        """What is held to the gate by whoever has no card in the hand."""
        match entry.kind:
            case "badge":
                number = {"inactive": "B9000", "unknown": "B9999"}.get(
                    entry.refused, f"B{self._number(entry, _BADGES):04d}"
                )
                return BadgeTap(badge=number)
            case "palm":
                account = "nobody" if entry.refused else self._account(entry)
                return PalmMatch(account=account)
        return ScannedCode(text=self._code(entry, now_ns // NS_PER_S))

    def _code(self, entry: TruthEntry, now_s: int) -> str:
        if entry.refused == "used" and self._last_code:
            return self._last_code
        begin_s = now_s - 10 * _CODE_S if entry.refused in ("expired", "used") else now_s
        staff = entry.role != "shopper"
        account = "" if staff else self._account(entry)
        claims = CodeClaims(
            iss=_ISSUER,
            aud=self._store_code,
            iat=begin_s,
            exp=begin_s + _CODE_S,
            jti=hashlib.blake2b(f"{entry.time_ns}|{entry.trip}|{entry.refused}".encode(), digest_size=12).hexdigest(),
            sub=account,
            grp=len(entry.people),
            role="associate" if staff else "shopper",
            age=entry.age_years,
        )
        code = make_code(claims, self._key)
        if entry.refused == "bad_signature":
            # One letter in the middle of the signature: at its end there are bits that mean nothing.
            return f"{code[:-20]}{'A' if code[-20] != 'A' else 'B'}{code[-19:]}"
        if not entry.refused and not staff:
            self._last_code = code
        return code

    def _card(self, number: int, *, wallet: bool = False) -> SimulatedCard:
        little = number % _LIMIT_EVERY == _LIMIT_EVERY - 1
        return make_card(
            self._seed, number, brand=_BRANDS[number % len(_BRANDS)], wallet=wallet,
            limit_minor=_LIMIT_MINOR if little else None,
        )  # fmt: skip

    def _account(self, entry: TruthEntry) -> str:
        return f"account-{self._number(entry, ACCOUNTS):03d}"

    def _number(self, entry: TruthEntry, below: int) -> int:
        who = entry.people[0] if entry.people else entry.trip
        digest = hashlib.blake2b(f"{self._seed}|{who}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") % below


def offline_tap(card: SimulatedCard) -> CardTap:
    """A card as the terminal reads it while nobody can be asked: it is known, and nothing is put aside."""
    return CardTap(
        terminal="simulated",
        token=card.token,
        fingerprint=card.fingerprint,
        brand=card.brand,
        last4=card.last4,
        expires=card.expires,
        funding=card.funding,
        wallet=card.wallet,
    )
