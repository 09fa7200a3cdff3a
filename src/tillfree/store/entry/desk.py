"""The desk at the gate: from a credential to an open gate, in time, with or without a network."""

import datetime as dt
import logging
import secrets
import threading
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from tillfree.commerce.trips import Payer, Trip
from tillfree.core.errors import TillfreeError
from tillfree.core.events import AgeChecked, EntryGranted, EntryRefused, Event, SensorIssue, VisitBound
from tillfree.core.ids import TripId
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_MINUTE, NS_PER_MS, NS_PER_S
from tillfree.identity.arrivals import NOBODY_CAME, told_visit
from tillfree.identity.badges import PalmLinks
from tillfree.identity.credentials import CardTap, Credential, PalmMatch
from tillfree.identity.deciding import EntryFacts, RetailerWord, decide_entry
from tillfree.identity.keys import KeySet
from tillfree.identity.reasons import WELCOME, reason_text
from tillfree.storage.database.audit import AuditEntry
from tillfree.storage.database.database import Database
from tillfree.storage.database.entry import EVERY_GATE, Admission, Refusal
from tillfree.store.entry.accounts import KeptAccounts
from tillfree.store.entry.asking import AskRetailer, RetailerAnswer, RetailerIdentity, shoppers_of
from tillfree.store.entry.errors import EntryError
from tillfree.store.entry.fingerprints import Fingerprints
from tillfree.store.entry.key_files import KeyFolder
from tillfree.store.entry.presenting import Presented, Reader, with_retailer
from tillfree.store.settings import StoreSettings
from tillfree.store.till.errors import NotAdmittedError
from tillfree.store.till.till import Till

__all__ = ["EntryAnswer", "EntryDesk", "KnownPayer", "RetailerAnswer", "RetailerIdentity"]

_log = logging.getLogger(__name__)
_CONSUMER = "entry desk"
_OVER = ("trip.left", "trip.settled")
_AGE_MAX = 120
_GROUP_NS = NS_PER_MINUTE


class EntryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate is told.

    `reason` is empty where it opens, else a word of the table of reasons; `message` is for the display at the gate.
    """

    opens: bool
    reason: str = ""
    message: str = ""
    trip: Trip | None = None


class KnownPayer(msgspec.Struct, frozen=True, kw_only=True):
    """Who pays where no gate opens: at a till, a lane, or a cart that is paid at once.

    `reason` is empty where they may, else a word of the table of reasons; `age_years` is what is proved of them.
    """

    reason: str = ""
    payer: Payer = Payer(kind="none")
    age_years: int = 0


class EntryDesk:
    """All gates of a store. Methods may be called by any thread."""

    def __init__(  # noqa: PLR0913  all that a desk must know
        self,
        database: Database,
        settings: StoreSettings,
        till: Till,
        now_ns: Callable[[], int],
        *,
        retailer: RetailerIdentity | None = None,
        tell: Callable[[Event], None] = lambda _event: None,
        inside: Callable[[], int] = lambda: 0,
        online: Callable[[], bool] = lambda: True,
        debts: Callable[[Sequence[str]], bool] | None = None,
        keys: Callable[[], KeySet] | None = None,
        palms: PalmLinks | None = None,
        accounts: PalmLinks | None = None,
        simulated: bool = False,
    ) -> None:
        """`tell` puts an event (EntryGranted, EntryRefused, AgeChecked) into the stream of the running store.

        `inside` says how many people are in the store, `online` whether money can be held, `debts` whether anything is
        owed by one of these fingerprints (of which the database knows). `keys` are those of signed codes, those in the
        folder if none are given. `palms` and `accounts` know what palms, and accounts in codes, are linked to;
        the database if none are given.

        Raises:
            EntryError: the time zone is unknown, or the secret beside the database cannot be read or written.
        """
        self._database, self._settings, self._till = database, settings.entry, till
        self._now_ns, self._tell, self._simulated = now_ns, tell, simulated
        self._inside, self._online = inside, online
        self._debts = database.owes if debts is None else debts
        try:
            self._zone = ZoneInfo(settings.entry.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise EntryError(
                f"entry.time_zone = {settings.entry.time_zone!r}: there is no such time zone; "
                "take a name of the IANA database, such as Europe/Berlin"
            ) from error
        self.fingerprints = Fingerprints(database.folder, now_ns(), settings.entry.key_days)
        folder = database.folder
        if keys is None:
            keys = KeyFolder(folder).keys if folder is not None else KeySet
        kept = KeptAccounts(database)
        self._reader = Reader(settings.entry, keys, database.badge, palms or kept, accounts or kept)
        self._risk = settings.retailer.risk
        self._asks_loyalty = settings.retailer.loyalty == "retailer"
        self._hold = Money(settings.payments.hold_minor, settings.currency)
        self._retailer = AskRetailer(retailer, settings.entry.retailer_budget_ms) if retailer is not None else None
        self._asks_codes = retailer is not None and bool(getattr(retailer, "reads_codes", True))
        self._shoppers = shoppers_of(retailer) if self._asks_codes else None
        self._lock = threading.Lock()
        self._expected: dict[TripId, tuple[int, int]] = {}
        """People who were let in and not seen yet, and until when they may still come."""
        self._groups: dict[str, tuple[int, int]] = {}
        self._sequence = 0

    @property
    def simulated(self) -> bool:
        """Whether the money of this store is none."""
        return self._simulated

    def now_ns(self) -> int:
        """What time it is at the gate: that of the stream, where a recording is played."""
        return self._now_ns()

    # ---- at the gate ----------------------------------------------------------------------------------------

    def present(self, gate: str, credential: Credential, *, group_size: int = 1) -> EntryAnswer:
        """Somebody holds something to a gate.

        Where the gate opens, the entry, the code that is used up by it, and the trip are on the disk before this
        returns. Whatever goes wrong here is an answer, too: the gate stays shut, and the log says why.
        """
        now_ns = self._now_ns()
        way = "code"
        try:
            presented = self._reader.read(credential, group_size, now_ns, ask=self._asks_codes)
            way = presented.request.way
            word: RetailerWord = "not asked"
            if presented.asks is not None and self._retailer is not None and not presented.request.problem:
                answer = self._retailer.verify(presented.asks, gate, now_ns)
                word = "no answer" if answer is None else "known" if answer.known else "unknown"
                presented = with_retailer(presented, answer)
                way = presented.request.way
            return self._decided(gate, credential, presented, word, now_ns)
        except TillfreeError as error:
            _log.error("gate %s: nobody can be let in: %s", gate, error)
            return self._refused(gate, way, "trouble", now_ns)

    def payer_of(self, palm: PalmMatch) -> KnownPayer:
        """Who pays by a palm where nobody comes in by it. Nothing is written down.

        What forbids it is what forbids it at a gate, as far as it is about the credential: nothing linked that pays, a
        badge that is not active, a block, a debt; and for a card, that no bank can be asked.

        Raises:
            TillfreeError: keys, badges or links cannot be read, or there is no such card.
        """
        now_ns = self._now_ns()
        presented = self._reader.read(palm, 1, now_ns, ask=False)
        payer, names = presented.payer, self._names(presented)
        rules = (
            (bool(presented.request.problem), presented.request.problem),
            (not (payer.token or payer.kind == "badge"), "unknown"),
            (self._database.known_of(b"", names, now_ns)[1], "blocked"),
            (bool(names) and self._debts(names), "debt"),
            (payer.kind != "badge" and not self._online(), "offline"),
        )
        reason = next((reason for forbids, reason in rules if forbids), "")
        if reason:
            return KnownPayer(reason=reason)
        payer = msgspec.structs.replace(payer, fingerprint=names[0] if names else "")
        return KnownPayer(payer=payer, age_years=presented.request.age_years)

    def expect_group(self, gate: str, size: int) -> None:
        """So many said at a gate that they want to come in on the next card, if that comes within a minute.

        Raises:
            EntryError: nobody comes in in a group of that size.
        """
        if not 1 <= size <= self._settings.group_max:
            raise EntryError(f"a group of {size}: from 1 to {self._settings.group_max} come in on one card")
        with self._lock:
            self._groups[gate] = (size, self._now_ns() + _GROUP_NS)

    def group_at(self, gate: str) -> int:
        """How many come in on the card that is read now; whoever comes next is asked anew."""
        with self._lock:
            size, until_ns = self._groups.pop(gate, (1, 0))
        return size if self._now_ns() < until_ns else 1

    def turned_away(self, gate: str, way: str, reason: str) -> EntryAnswer:
        """A terminal said no before anybody was asked here: it is written down and told like any refusal."""
        return self._refused(gate, way, reason, self._now_ns())

    def check_age(self, trip: TripId, age_years: int, *, by: str) -> None:
        """Somebody of the staff saw a proof of age (0: takes it back).

        Raises:
            EntryError: there is no such entry, or nobody is so old.
        """
        if not 0 <= age_years <= _AGE_MAX:
            raise EntryError(f"an age of {age_years} years: give 0 to {_AGE_MAX}")
        now_ns = self._now_ns()
        entry = AuditEntry(time_ns=now_ns, who=by, what="age.check", subject=trip, detail=f"at least {age_years}")
        if not self._database.set_entry_age(trip, age_years, entry):
            raise EntryError(f"there is no entry {trip[:40]!r}; it may be erased by now")
        self._tell(
            AgeChecked(
                time_ns=now_ns, source="staff", sequence=self._next_sequence(now_ns), trip=trip, age_years=age_years
            )
        )

    def show_offers(self, trip: TripId, *, loyalty: str = "", coupons: Sequence[str] = ()) -> Trip:
        """A loyalty code or coupons were scanned for a trip that goes on.

        Where the retailer's system knows loyalty codes (`retailer.loyalty`), it says what the code brings.

        Raises:
            TillError: there is no such trip, or it is priced already.
            EntryError: the retailer's system knows no such code, or does not answer.
        """
        if loyalty and self._retailer is not None and self._asks_loyalty:
            word = self._retailer.loyalty(loyalty, self._now_ns())
            if word is None:
                raise EntryError("the retailer's system knows no such loyalty code, or does not answer; scan it again")
            loyalty, coupons = word.id, (*coupons, *word.promotions)
        return self._till.note_offers(trip, loyalty=loyalty, coupons=coupons)

    @property
    def finds_shoppers(self) -> bool:
        """Whether the retailer's system can be asked whom staff serve."""
        return self._shoppers is not None

    def find_shopper(self, code: str, *, phone: bool = False) -> TripId:
        """The trip of whom the retailer's system knows by a code or a phone number, as long as they are inside.

        Nothing of it is kept: who pays for a trip is known until it is settled, and so long only.

        Raises:
            EntryError: nobody is asked here, nobody answers, or nobody of that name is inside.
        """
        if self._shoppers is None:
            raise EntryError("no system of a retailer is asked here for shoppers; see retailer.identifies")
        answer = self._shoppers.find(code, phone=phone)
        if answer is None:
            raise EntryError("the retailer's system does not answer; ask again, or find the trip by the list")
        if not answer.known:
            raise EntryError("the retailer's system knows no shopper by this")
        for trip in reversed(self._database.open_trips()):
            payer = self._database.payer(trip.id)
            if payer is None or payer.kind == "badge":
                continue
            if (answer.id and payer.account == answer.id) or (answer.loyalty and payer.loyalty == answer.loyalty):
                return trip.id
        raise EntryError("the retailer's system knows this shopper, but no trip of theirs is open; did they come in?")

    # ---- what the store says --------------------------------------------------------------------------------

    def note(self, event: Event) -> None:
        """Who came in is told to the till; and who came, or will not come any more, is expected no longer."""
        match event:
            case VisitBound():
                with self._lock:
                    size, until_ns = self._expected.pop(event.trip, (0, 0))
                    if size > 1:
                        self._expected[event.trip] = (size - 1, until_ns)
                self._till.bind(event.trip, event.visit)
            case SensorIssue() if event.problem == NOBODY_CAME:
                with self._lock:
                    self._expected.pop(TripId(told_visit(event)), None)

    def tick(self) -> None:
        """Forgets the credentials of trips that are over, makes a new secret when it is time. About every second."""
        now_ns = self._now_ns()
        self.fingerprints.rotate(now_ns)
        after = self._database.cursor(_CONSUMER)
        while told := self._database.announcements(after, 500, kinds=_OVER):
            self._database.trip_over([TripId(one.subject) for one in told])
            after = told[-1].number
            self._database.set_cursor(_CONSUMER, after)
        with self._lock:
            self._expected = {trip: one for trip, one in self._expected.items() if one[1] > now_ns}

    def close(self) -> None:
        """Asks the retailer's system no more."""
        if self._retailer is not None:
            self._retailer.close()

    @property
    def expected(self) -> int:
        """How many people were let in and have not been seen yet."""
        now_ns = self._now_ns()
        with self._lock:
            return sum(size for size, until_ns in self._expected.values() if until_ns > now_ns)

    def known_as(self, kind: str, value: str) -> str:
        """The keyed hash of a badge, an account, a palm or a card's fingerprint, for a block."""
        return self.fingerprints.newest(kind, value)

    # ---- deciding -------------------------------------------------------------------------------------------

    def _decided(
        self, gate: str, credential: Credential, presented: Presented, word: RetailerWord, now_ns: int
    ) -> EntryAnswer:
        names = self._names(presented)
        debt = presented.role == "shopper" and bool(names) and self._debts(names)
        spent, blocked, inside_already = self._database.known_of(presented.spend, names, now_ns)
        closed = self._database.closed_gates()
        local = dt.datetime.fromtimestamp(now_ns // NS_PER_S, self._zone)
        trip = TripId(secrets.token_hex(12))
        # One at a time from the count to the place that is taken: two gates must not give the last one away twice.
        with self._lock:
            facts = EntryFacts(
                week_min=local.weekday() * 1440 + local.hour * 60 + local.minute,
                month=local.strftime("%Y-%m"),
                inside=self._inside() + sum(n for n, until_ns in self._expected.values() if until_ns > now_ns),
                spent=spent,
                blocked=blocked,
                debt=debt,
                inside_already=inside_already and self._settings.one_trip_at_a_time,
                gate_closed=gate in closed or EVERY_GATE in closed,
                online=self._online(),
                retailer=word,
            )
            decision = decide_entry(presented.request, facts, self._settings)
            if decision.opens:
                until_ns = now_ns + self._settings.grant_s * NS_PER_S
                self._expected[trip] = (presented.request.group_size, until_ns)
        if not decision.opens:
            return self._refused(gate, presented.request.way, decision.reason, now_ns)
        answer = None
        try:
            answer = self._admitted(gate, credential, presented, trip, now_ns)
        finally:
            if answer is None or not answer.opens:
                with self._lock:
                    self._expected.pop(trip, None)
        return answer

    def _admitted(
        self, gate: str, credential: Credential, presented: Presented, trip: TripId, now_ns: int
    ) -> EntryAnswer:
        request, names = presented.request, self._names(presented)
        fingerprint = names[0] if names else ""
        held = credential.hold if isinstance(credential, CardTap) else None
        payer = msgspec.structs.replace(
            presented.payer,
            fingerprint=fingerprint,
            terminal_hold=held.reference if held is not None else "",
            terminal_hold_until_ns=held.expires_ns if held is not None else 0,
        )
        made = Trip(
            id=trip,
            gate=gate,
            entry=request.way,
            role=presented.role,
            group_size=request.group_size,
            opened_ns=now_ns,
            hold=held.amount if held is not None else None,
            language=payer.language,
            age_years=request.age_years,
            loyalty=bool(payer.loyalty),
            simulated=self._simulated,
        )
        refused, hold = self._risk_of(made, payer, now_ns)
        if refused:
            return self._refused(gate, request.way, refused, now_ns)
        admission = Admission(
            trip=trip,
            time_ns=now_ns,
            gate=gate,
            way=request.way,
            role=presented.role,
            group_size=request.group_size,
            age_years=request.age_years,
            fingerprint=fingerprint,
            fingerprints=names,
            alone=self._settings.one_trip_at_a_time,
            spend=presented.spend,
            spend_until_ns=presented.spend_until_ns,
        )
        try:
            # All in one transaction: nobody waits twice for the disk, and no code is used up by a trip that is none.
            opened = self._till.open(made, payer, hold=hold, admission=admission)
        except NotAdmittedError as error:
            return self._refused(gate, request.way, error.reason, now_ns)
        self._tell(
            EntryGranted(
                time_ns=now_ns,
                source=gate,
                sequence=self._next_sequence(now_ns),
                trip=trip,
                group_size=request.group_size,
                role=presented.role,
                age_years=request.age_years,
            )
        )
        return EntryAnswer(opens=True, message=WELCOME, trip=opened)

    def _names(self, presented: Presented) -> tuple[str, ...]:
        """All keyed hashes under which a credential may be known, the newest of what identifies it best first."""
        return tuple(name for known_as in presented.known_as for name in self.fingerprints.all(*known_as))

    def _risk_of(self, trip: Trip, payer: Payer, now_ns: int) -> tuple[str, Money | None]:
        """Why the retailer's system does not want a card to enter (empty: it does, or is not asked), and what to hold.

        The amount is None where it is that of the settings.
        """
        if self._retailer is None or self._risk == "none" or trip.entry not in ("card", "wallet"):
            return "", None
        word = self._retailer.may_enter(trip, payer, trip.hold or self._hold, now_ns)
        if word is None:
            return "offline" if self._risk == "retailer" else "", None
        return "" if word.admitted else "retailer_refused", word.hold

    def _refused(self, gate: str, way: str, reason: str, now_ns: int) -> EntryAnswer:
        try:
            self._database.refuse(Refusal(now_ns, gate, way, reason))
        except TillfreeError as error:  # it stays shut all the same
            _log.error("gate %s: a refusal could not be written down: %s", gate, error)
        self._tell(EntryRefused(time_ns=now_ns, source=gate, sequence=self._next_sequence(now_ns), reason=reason))
        return EntryAnswer(opens=False, reason=reason, message=reason_text(reason))

    def _next_sequence(self, now_ns: int) -> int:
        """Grows with the clock, so that it goes on growing after a restart."""
        with self._lock:
            self._sequence = max(self._sequence + 1, now_ns // NS_PER_MS)
            return self._sequence
