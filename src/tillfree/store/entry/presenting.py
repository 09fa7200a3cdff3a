"""What somebody holds to the gate, in three forms: a question to decide, a payer, and what to remember."""

from collections.abc import Callable
from typing import cast

import msgspec

from tillfree.commerce.trips import Payer, Role
from tillfree.core.time import NS_PER_S
from tillfree.identity.badges import Badge, PalmLink, PalmLinks
from tillfree.identity.codes import CodeClaims, read_code
from tillfree.identity.credentials import BadgeTap, CardTap, Credential, PalmMatch, ScannedCode
from tillfree.identity.deciding import EntryRequest, Way
from tillfree.identity.keys import KeySet
from tillfree.identity.settings import EntrySettings
from tillfree.storage.database.entry import code_digest
from tillfree.store.entry.asking import RetailerAnswer

__all__ = ["Presented", "Reader", "with_retailer"]

_ROLES: dict[str, Role] = {"shopper": "shopper", "associate": "associate", "delivery": "delivery"}
_CODE_WAYS: dict[str, Way] = {"shopper": "code", "associate": "staff", "delivery": "delivery"}
_AGE_MAX = 120


class Presented(msgspec.Struct, frozen=True, kw_only=True):
    """A credential that was read. `known_as` is what it is recognised by, kinds and values; never written as they are.

    `spend` is the digest of a code that is good once, until `spend_until_ns`. `asks` is a code that the retailer's
    system is to be asked about.
    """

    request: EntryRequest
    payer: Payer
    role: Role = "shopper"
    known_as: tuple[tuple[str, str], ...] = ()
    spend: bytes = b""
    spend_until_ns: int = 0
    asks: ScannedCode | None = None


class Reader:
    """Reads credentials. Methods may be called by any thread."""

    def __init__(
        self,
        settings: EntrySettings,
        keys: Callable[[], KeySet],
        badge: Callable[[str], bytes | None],
        palms: PalmLinks,
        accounts: PalmLinks,
    ) -> None:
        self._settings = settings
        self._keys = keys
        self._badge = badge
        self._palms = palms
        self._accounts = accounts

    def read(self, credential: Credential, group_size: int, now_ns: int, *, ask: bool) -> Presented:
        """What it says; `ask`: there is a retailer's system that can be asked about codes.

        Raises:
            TillfreeError: keys or badges cannot be read.
        """
        return _of_everybody(self._read(credential, group_size, now_ns, ask=ask))

    def _read(self, credential: Credential, group_size: int, now_ns: int, *, ask: bool) -> Presented:
        match credential:
            case CardTap():
                return _card(credential, group_size)
            case ScannedCode():
                return self._code(credential, group_size, now_ns, ask=ask)
            case BadgeTap():
                return self._of_badge(credential, group_size)
            case PalmMatch():
                return self._of_palm(credential, group_size)

    def _code(self, code: ScannedCode, group_size: int, now_ns: int, *, ask: bool) -> Presented:
        now_s = now_ns // NS_PER_S
        found = read_code(code.text, self._keys(), self._settings.store_code, now_s, self._settings)
        if found.foreign:
            problem = "" if ask else "unknown"
            return Presented(
                request=EntryRequest(way="code", group_size=group_size, problem=problem, foreign=True),
                payer=Payer(kind="account"),
                asks=code if ask else None,
            )
        claims = found.claims
        if claims is None:
            return _wrong("code", found.problem, group_size)
        link = self._account_link(claims)
        size = max(claims.grp, group_size)
        slack_s = self._settings.clock_tolerance_s
        return Presented(
            request=EntryRequest(
                way=_CODE_WAYS[claims.role],
                group_size=size,
                problem=found.problem,
                age_years=claims.age if link is None else max(claims.age, link.age_years),
            ),
            payer=_account_payer(claims, link),
            role=claims.role,
            known_as=_known(("account", claims.sub), ("card", "" if link is None else link.fingerprint)),
            spend=code_digest(f"{claims.iss}\0{claims.jti}"),
            # Longer than any clock here may be off: a code that is out of date is refused for that.
            spend_until_ns=(claims.exp + 2 * slack_s + 60) * NS_PER_S,
            asks=code if ask and claims.role == "shopper" else None,
        )

    def _account_link(self, claims: CodeClaims) -> PalmLink | None:
        """What is known here of the account of a shopper."""
        if claims.role != "shopper" or not claims.sub:
            return None
        return self._accounts.link(claims.sub)

    def _of_badge(self, tap: BadgeTap, group_size: int) -> Presented:
        record = self._badge(tap.badge) if len(tap.badge) <= _TEXT_MAX else None
        if record is None:
            return _wrong("badge", "unknown", group_size)
        badge = msgspec.msgpack.decode(record, type=Badge)
        pays = badge.role == "shopper"
        return Presented(
            request=EntryRequest(
                way="badge" if pays else "staff", group_size=group_size, problem="" if badge.active else "inactive",
                age_years=badge.age_years, any_time=badge.any_time,
            ),
            # What pays, payroll or an account of the badge's own, is for the accounts to know: it stands in the brand.
            payer=Payer(kind="badge", account=badge.account, brand=badge.paid_by) if pays else Payer(kind="none"),
            role=badge.role,
            known_as=(("badge", badge.badge),),
        )  # fmt: skip

    def _of_palm(self, palm: PalmMatch, group_size: int) -> Presented:
        link = self._palms.link(palm.account, palm.use, palm.card)
        if link is None:
            return _wrong("palm", "unknown", group_size)
        if link.badge and not (link.token or link.account):
            of_badge = self._of_badge(BadgeTap(badge=link.badge), group_size)
            return msgspec.structs.replace(of_badge, known_as=(*of_badge.known_as, ("palm", palm.account)))
        pays = link.role == "shopper"
        payer = Payer(kind="none")
        if pays:
            payer = Payer(
                kind="card" if link.token else "account", token=link.token, brand=link.brand, last4=link.last4,
                account=link.account, loyalty=link.loyalty, coupons=link.coupons, email=link.email,
                language=link.language,
            )  # fmt: skip
        # A card stays the same card, by whatever it is presented.
        known_as = _known(("card", link.fingerprint), ("palm", palm.account), ("account", link.account))
        return Presented(
            request=EntryRequest(way="palm", group_size=group_size, age_years=link.age_years),
            payer=payer,
            role=link.role,
            known_as=known_as,
        )


_TEXT_MAX = 200


def with_retailer(presented: Presented, answer: RetailerAnswer | None) -> Presented:
    """What the retailer's system adds: whom it knows by a code, and how old they are at least."""
    if answer is None or not answer.known:
        return presented
    request, payer = presented.request, presented.payer
    age_years = max(request.age_years, min(max(answer.age_years, 0), _AGE_MAX)) if request.group_size == 1 else 0
    role = _ROLES.get(answer.role, "shopper") if request.foreign else presented.role
    if role != "shopper":
        payer = Payer(kind="none")
    else:
        payer = msgspec.structs.replace(
            payer,
            kind="cash" if answer.cash and not payer.token else payer.kind,
            account=answer.id or payer.account,
            loyalty=answer.loyalty or payer.loyalty,
        )
    return msgspec.structs.replace(
        presented,
        request=msgspec.structs.replace(
            request, age_years=age_years, way=_CODE_WAYS[role] if request.foreign else request.way
        ),
        payer=payer,
        role=role,
        known_as=_known(("account", answer.id), *presented.known_as),
    )


def _of_everybody(presented: Presented) -> Presented:
    """What is proved of the holder is proved of nobody else: of a group no age is known until staff have seen them."""
    request = presented.request
    if request.group_size == 1 or not request.age_years:
        return presented
    return msgspec.structs.replace(presented, request=msgspec.structs.replace(request, age_years=0))


def _card(card: CardTap, group_size: int) -> Presented:
    return Presented(
        request=EntryRequest(
            way="wallet" if card.wallet else "card", group_size=group_size, expires=card.expires, funding=card.funding,
            problem="" if card.token else "unreadable",
        ),
        payer=Payer(kind="card", token=card.token, brand=card.brand, last4=card.last4, emv=card.emv),
        known_as=_known(("card", card.fingerprint)),
    )  # fmt: skip


def _account_payer(claims: CodeClaims, link: PalmLink | None) -> Payer:
    """The account, or the card that its owner put into it."""
    if claims.role != "shopper":
        return Payer(kind="none")
    link = PalmLink() if link is None else link
    return Payer(
        kind="card" if link.token else "account", token=link.token, brand=link.brand, last4=link.last4,
        account=claims.sub, loyalty=claims.loy or link.loyalty, language=claims.lang or link.language,
        email=link.email, coupons=tuple(dict.fromkeys((*claims.cpn, *link.coupons))),
    )  # fmt: skip


def _known(*known_as: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """Those that have a value, each once."""
    return tuple(dict.fromkeys(pair for pair in known_as if pair[1]))


def _wrong(way: str, problem: str, group_size: int) -> Presented:
    request = EntryRequest(way=cast("Way", way), group_size=group_size, problem=problem)
    return Presented(request=request, payer=Payer(kind="none"))
