"""A palm that was recognised, as gate, cart, lane and till use it: one credential, for what its owner agreed to."""

from collections.abc import Iterator

import msgspec
import pytest

from tests.commerce.shops import SETTINGS
from tests.store.palms.stand_in import agreed, make_desk, samples
from tests.store.till.counters import Bank, Clock, make_till, usd
from tests.store.till.sales import receipt_of, sale
from tillfree.core.ids import ProductId, TripId
from tillfree.identity.badges import Badge
from tillfree.storage.database.database import IN_MEMORY, Database
from tillfree.storage.palm_vault.records import LinkedCard, Purpose
from tillfree.store.entry.accounts import KeptAccounts
from tillfree.store.entry.desk import EntryDesk, KnownPayer
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.errors import PalmDeskError
from tillfree.store.palms.wallets import card_id, with_card
from tillfree.store.settings import StoreSettings
from tillfree.store.till.till import Till

OWN, OTHER = LinkedCard(token="own", fingerprint="fp", last4="1111"), LinkedCard(token="other", last4="2222")


class Shop:
    def __init__(self, database: Database) -> None:
        self.database, self.clock, self.bank = database, Clock(), Bank()
        self.online = True
        self.palms: PalmDesk = make_desk(clock=self.clock)
        self.till: Till = make_till(database, self.bank, self.clock)
        links = self.palms.links(KeptAccounts(database))
        self.desk = EntryDesk(
            database, StoreSettings(commerce=SETTINGS), self.till, self.clock, palms=links, online=lambda: self.online
        )

    def enrol(self, *purposes: Purpose, cards: tuple[LinkedCard, ...] = (OWN,)) -> None:
        ann = self.palms.enrol(samples(1), agreed("identify", *purposes), by="test").subject
        for card in cards:
            self.palms.change(ann, lambda one, card=card: with_card(one, card), by="test")  # type: ignore[misc]

    def pays(self, card: str = "") -> KnownPayer:
        return self.desk.payer_of(self.palms.match(self.palms.identify(samples(1)), "pay", card))


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Database.open(IN_MEMORY) as database:
        made = Shop(database)
        yield made
        made.till.close()
        made.palms.vault.close()


def test_a_cart_begins_a_trip_by_palm_and_is_paid_at_its_end(shop: Shop) -> None:
    shop.enrol("enter", "pay")
    begun = shop.desk.present("cart-7", shop.palms.match(shop.palms.identify(samples(1)))).trip
    assert begun is not None
    assert (begun.entry, begun.gate) == ("palm", "cart-7")
    shop.till.add_item(begun.id, ProductId("tea"), key="k", by="system")
    receipt = receipt_of(shop.clock, {"tea": 1}, begun.id)
    shop.till.checkout(begun.id, receipt)
    shop.till.tick()
    assert shop.bank.balance_minor == receipt.total.gross.minor
    assert {order.token for order in shop.bank.asked if order.kind == "authorise"} == {"own"}


def test_a_lane_has_somebody_pay_who_never_agreed_to_enter_by_palm(shop: Shop) -> None:
    shop.enrol("pay")
    assert not shop.desk.present("gate", shop.palms.match(shop.palms.identify(samples(1)))).opens
    known = shop.pays()
    assert (known.reason, known.payer.token, known.payer.last4) == ("", "own", "1111")
    shop.till.sell(sale(shop.clock), known.payer, usd(420))
    shop.till.tick()
    assert shop.bank.balance_minor == 420


def test_who_agreed_to_enter_and_not_to_pay_pays_nothing(shop: Shop) -> None:
    shop.enrol("enter")
    assert shop.pays().reason == "unknown"


def test_one_of_several_cards_pays_and_no_stranger_s(shop: Shop) -> None:
    shop.enrol("pay", cards=(OWN, OTHER))
    assert shop.pays().payer.token == "own"
    assert shop.pays(card_id(OTHER)).payer.token == "other"
    assert shop.pays().payer.token == "own", "what pays usually is as it was"
    with pytest.raises(PalmDeskError, match="no card"):
        shop.pays(card_id(LinkedCard(token="somebody else's")))


def test_what_is_blocked_at_the_gate_or_owes_pays_nothing_at_a_lane(shop: Shop) -> None:
    shop.enrol("enter", "pay")
    come_in = shop.desk.present("gate", shop.palms.match(shop.palms.identify(samples(1)))).trip
    assert come_in is not None
    shop.database.block_trip(come_in.id, why="test", by="ann", time_ns=shop.clock())
    assert shop.pays().reason == "blocked"


def test_who_owes_pays_no_more_before(shop: Shop) -> None:
    shop.enrol("pay")
    shop.bank.before = lambda order: "declined" if order.kind in ("capture", "charge") else None
    shop.till.sell(sale(shop.clock), shop.pays().payer, usd(420))
    shop.till.tick()
    kept = shop.database.trip(TripId("s1"))
    assert kept is not None
    assert kept.status == "debt"
    assert shop.pays().reason == "debt"


def test_a_badge_pays_while_it_is_active_and_a_card_while_a_bank_answers(shop: Shop) -> None:
    shop.enrol("pay", cards=())
    assert shop.pays().reason == "unknown"
    ann = shop.palms.identify(samples(1)).subject
    shop.palms.change(ann, lambda one: msgspec.structs.replace(one, badge="B7"), by="test")
    badge = Badge(badge="B7", account="payroll-7")
    shop.database.set_badges([("B7", msgspec.msgpack.encode(badge))])
    shop.online = False
    assert (shop.pays().reason, shop.pays().payer.account) == ("", "payroll-7")
    shop.database.set_badges([("B7", msgspec.msgpack.encode(msgspec.structs.replace(badge, active=False)))])
    assert shop.pays().reason == "inactive"
    shop.palms.change(ann, lambda one: with_card(one, OWN), by="test")
    assert shop.pays().reason == "offline"
    shop.online = True
    assert shop.pays().reason == ""


def test_an_associate_shops_for_nobody(shop: Shop) -> None:
    shop.enrol("pay")
    ann = shop.palms.identify(samples(1)).subject
    shop.palms.change(ann, lambda one: msgspec.structs.replace(one, role="associate"), by="test")
    assert shop.pays().reason == "unknown"
