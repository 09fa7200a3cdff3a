"""The desk of receipts, with a real database: links, disputes and their money, what goes out by itself."""

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.commerce.receipts_to_show import any_receipt, full_receipt
from tests.store.receipts.kept_trips import NOW, Clock, GivingBack, paid_trip, put_trip
from tillfree.commerce.disputes import REASONS, Claim, Dispute, DisputeSettings
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.trips import Payer
from tillfree.connectors.settings import RetailerSettings
from tillfree.core.ids import TripId
from tillfree.core.money import Money
from tillfree.storage.database.database import Database
from tillfree.storage.database.errors import DatabaseError
from tillfree.store.receipts.desk import CONSUMER, ReceiptDesk, refunds_of
from tillfree.store.receipts.errors import NothingAsked, NotOurs, TooLate
from tillfree.store.settings import StoreSettings

TRIP = TripId("trip-1")
DAY_S = 86_400
NOT_TAKEN = Claim(line=0, reason="not_taken", really=0, note="Never.")


class Shop(msgspec.Struct):
    """A desk with all it needs."""

    database: Database
    clock: Clock
    till: GivingBack
    desk: ReceiptDesk


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Database.open(":memory:") as database:
        yield make_shop(database)


def make_shop(database: Database, settings_: StoreSettings | None = None) -> Shop:
    clock, till = Clock(), GivingBack(database)
    return Shop(database, clock, till, ReceiptDesk(database, settings_ or StoreSettings(), till, clock))


def said(shop: Shop, claim: Claim = NOT_TAKEN, trip: TripId = TRIP) -> Dispute:
    """The shopper says it."""
    shown = shop.desk.receipt_of_trip(trip)
    assert shown is not None
    return shop.desk.dispute(shown, claim)[0]


def test_a_link_leads_to_the_receipt_in_force(shop: Shop) -> None:
    put_trip(shop.database, paid_trip())
    secret = shop.desk.make_link(TRIP)
    shown = shop.desk.receipt_of(secret)
    assert shown is not None
    assert shown.receipt == full_receipt()
    assert shop.desk.receipt_of(secret[:-1]) is None
    other = msgspec.structs.replace(full_receipt(), store="Another name")
    put_trip(shop.database, paid_trip(receipt=other))
    shown = shop.desk.receipt_of(secret)
    assert shown is not None
    assert shown.receipt == other
    shop.clock.on(60 * DAY_S)
    assert shop.desk.receipt_of(secret) is None


def test_a_receipt_that_waits_for_a_person_is_nobodys_yet(shop: Shop) -> None:
    put_trip(shop.database, paid_trip(receipt=msgspec.structs.replace(full_receipt(), status="review")))
    assert shop.desk.receipt_of(shop.desk.make_link(TRIP)) is None
    assert shop.desk.receipt_of(shop.desk.make_link(TripId("nobody"))) is None
    for status in ("inside", "review", "abandoned"):
        put_trip(shop.database, msgspec.structs.replace(paid_trip(), status=status))
        assert shop.desk.receipt_of_trip(TRIP) is None, status


@pytest.mark.parametrize("status", ["external", "void", "debt"])
def test_who_took_no_money_gives_none_back(shop: Shop, status: str) -> None:
    put_trip(shop.database, msgspec.structs.replace(paid_trip(), status=status))
    assert shop.desk.receipt_of_trip(TRIP) is not None
    with pytest.raises(NotOurs, match="did not take its money"):
        said(shop)
    assert shop.database.count_disputes() == {}


def test_addresses_begin_as_the_settings_say(shop: Shop) -> None:
    assert shop.desk.address_of("s") == ""
    assert shop.desk.address_of("s", base="http://192.168.1.9:8420/") == "http://192.168.1.9:8420/r/s"
    public = msgspec.structs.replace(StoreSettings().receipts, address="https://shop.example/")
    desk = make_shop(shop.database, msgspec.structs.replace(StoreSettings(), receipts=public)).desk
    assert desk.address_of("s", base="http://192.168.1.9/") == "https://shop.example/r/s"


# ---- what is wrong ----------------------------------------------------------------------------------------------


def test_an_unsure_line_of_little_worth_is_given_back_at_once(shop: Shop) -> None:
    put_trip(shop.database, paid_trip())
    made = said(shop)
    assert (made.status, made.by, made.given) == ("refunded", "rules", Money(498, "EUR"))
    assert shop.till.given == {made.key: (TRIP, Money(498, "EUR"), (0,))}
    shown = shop.desk.receipt_of_trip(TRIP)
    assert shown is not None
    assert refunds_of(shown) == {0: Money(498, "EUR")}
    assert [one.kind for one in shop.database.announcements(0, kinds=("dispute.opened", "dispute.decided"))] == [
        "dispute.opened",
        "dispute.decided",
    ]


@pytest.mark.parametrize(
    "claim", [Claim(line=1, reason="not_taken", really=0), Claim(line=0, reason="damaged", really=0)]
)
def test_the_rest_waits_for_a_person(shop: Shop, claim: Claim) -> None:
    put_trip(shop.database, paid_trip())
    made = said(shop, claim)
    assert (made.status, made.by) == ("open", "")
    assert shop.till.given == {}


def test_a_line_is_disputed_once(shop: Shop) -> None:
    put_trip(shop.database, paid_trip())
    shown = shop.desk.receipt_of_trip(TRIP)
    assert shown is not None
    first, new = shop.desk.dispute(shown, NOT_TAKEN)
    again, second = shop.desk.dispute(shown, msgspec.structs.replace(NOT_TAKEN, really=1))
    assert (new, second) == (True, False)
    assert again.number == first.number
    assert len(shop.till.given) == 1


def test_claims_that_are_none(shop: Shop) -> None:
    put_trip(shop.database, paid_trip())
    with pytest.raises(NotOurs):
        said(shop, Claim(line=3, reason="other", really=0))
    with pytest.raises(NotOurs):
        said(shop, Claim(line=-1, reason="other", really=0))
    with pytest.raises(NothingAsked):
        said(shop, Claim(line=0, reason="fewer", really=3))
    shop.clock.on(30 * DAY_S)
    with pytest.raises(TooLate, match="over"):
        said(shop)
    assert shop.database.count_disputes() == {}


def test_staff_decide_once_and_never_too_much(shop: Shop) -> None:
    put_trip(shop.database, paid_trip())
    made = said(shop, Claim(line=1, reason="damaged", really=0))
    with pytest.raises(DatabaseError, match="not between"):
        shop.desk.decide(made.number, Money(486, "EUR"), by="Ada", answer="x")
    decided = shop.desk.decide(made.number, Money(200, "EUR"), by="Ada", answer="A part of it.")
    assert (decided.status, decided.by, decided.answer) == ("refunded", "Ada", "A part of it.")
    assert shop.till.given == {made.key: (TRIP, Money(200, "EUR"), (1,))}
    with pytest.raises(TooLate, match="'Ada' decided it already"):
        shop.desk.decide(made.number, Money(0, "EUR"), by="Bela", answer="No.")
    with pytest.raises(NotOurs):
        shop.desk.decide(99, Money(0, "EUR"), by="Bela", answer="No.")


def test_money_that_cannot_go_back_now_goes_later_and_once(shop: Shop) -> None:
    put_trip(shop.database, paid_trip())
    shop.till.broken = True
    made = said(shop)
    assert (made.status, made.given.minor) == ("refunding", 498)
    assert "cannot be reached" in made.problem
    shop.clock.on(31)
    shop.desk.tick()
    kept = shop.database.dispute(made.number)
    assert kept is not None
    assert kept.status == "refunding"
    shop.till.broken = False
    shop.clock.on(31)
    shop.desk.tick()
    shop.clock.on(31)
    shop.desk.tick()
    kept = shop.database.dispute(made.number)
    assert kept is not None
    assert (kept.status, kept.problem) == ("refunded", "")
    assert list(shop.till.given) == [made.key]


@settings(max_examples=40)
@given(receipt=any_receipt(), data=st.data())
def test_whatever_shoppers_say_no_budget_is_overrun(receipt: Receipt, data: st.DataObject) -> None:
    rules = DisputeSettings(auto_below=1.0, auto_line_minor=3000, auto_trip_minor=4000, auto_day_minor=6000)
    with Database.open(":memory:") as database:
        shop = make_shop(database, msgspec.structs.replace(StoreSettings(), disputes=rules))
        for trip in ("a", "b", "c"):
            put_trip(database, paid_trip(trip, receipt))
            for line in range(len(receipt.lines)):
                claim = Claim(line=line, reason=data.draw(st.sampled_from(REASONS)), really=0)
                try:
                    said(shop, claim, TripId(trip))
                except NothingAsked:
                    continue
        given = [(trip, money.minor) for trip, money, _ in shop.till.given.values()]
        assert sum(minor for _, minor in given) <= 6000
        for trip in ("a", "b", "c"):
            of_trip = sum(minor for name, minor in given if name == trip)
            assert of_trip <= min(4000, receipt.total.gross.minor)


# ---- what goes on by itself -------------------------------------------------------------------------------------


def test_a_final_receipt_comes_on_the_screen_and_into_the_post(shop: Shop) -> None:
    put_trip(shop.database, paid_trip(gate="g7"), Payer(kind="card", email="a@b.example", language="fr"))
    shop.desk.tick()
    (one,) = shop.desk.exits.showing("g7", NOW)
    shown = shop.desk.receipt_of(one.secret)
    assert shown is not None
    assert shown.trip.id == TRIP
    (delivery,) = shop.database.due_deliveries(NOW)
    assert (delivery.kind, delivery.address, delivery.language) == ("receipt", "a@b.example", "fr")
    shop.desk.tick()
    assert len(shop.database.due_deliveries(NOW)) == 1
    assert shop.database.cursor(CONSUMER) == 1


@pytest.mark.parametrize("email", ["", "not an address", "a@b.example\nBcc: c@d.example"])
def test_who_gave_no_address_gets_no_mail(shop: Shop, email: str) -> None:
    put_trip(shop.database, paid_trip(), Payer(kind="card", email=email))
    shop.desk.tick()
    assert shop.database.deliveries_of(TRIP) == []
    assert len(shop.desk.exits.showing("", NOW)) == 1


def test_where_the_retailer_sends_receipts_none_goes_out_from_here() -> None:
    settings_ = StoreSettings(retailer=RetailerSettings(receipts="retailer"))
    with Database.open(":memory:") as database:
        shop = make_shop(database, settings_)
        put_trip(database, paid_trip(), Payer(kind="card", email="a@b.example"))
        shop.desk.tick()
        assert database.due_deliveries(NOW, 10) == []


def test_what_was_announced_long_ago_is_on_no_screen_and_still_mailed(shop: Shop) -> None:
    put_trip(shop.database, paid_trip(), Payer(kind="card", email="a@b.example"))
    shop.clock.on(3600)
    shop.desk.tick()
    assert shop.desk.exits.showing("", shop.clock()) == []
    assert len(shop.database.due_deliveries(shop.clock())) == 1


def test_a_stop_between_two_steps_sends_nothing_twice(shop: Shop) -> None:
    put_trip(shop.database, paid_trip(), Payer(kind="card", email="a@b.example"))
    shop.desk.tick()
    shop.database.set_cursor(CONSUMER, 0)  # as if the program had ended before it could note that
    make_shop(shop.database).desk.tick()
    assert len(shop.database.due_deliveries(NOW)) == 1


def test_a_refund_is_told_by_mail_while_the_payer_is_known(shop: Shop) -> None:
    trip = paid_trip()
    put_trip(shop.database, trip, Payer(kind="card", email="a@b.example"), final=False)
    with shop.database.book() as book:
        book.announce(NOW, "payment.refunded", trip.payment, {"trip": trip.id})
        book.announce(NOW, "payment.refunded", "other-payment", {"trip": "no-such-trip"})
    shop.desk.tick()
    (delivery,) = shop.database.due_deliveries(NOW)
    assert (delivery.kind, delivery.trip) == ("refund", TRIP)
    assert shop.desk.exits.showing("", NOW) == []


def test_the_kiosk_sends_once_by_number(shop: Shop) -> None:
    put_trip(shop.database, paid_trip())
    shop.desk.tick()
    (one,) = shop.desk.exits.showing("", NOW)
    with pytest.raises(NothingAsked):
        shop.desk.send_to(one.number, "no address", "de")
    assert shop.desk.send_to(one.number, "a@b.example", "de")
    assert not shop.desk.send_to(one.number, "c@d.example", "de")
    (delivery,) = shop.database.due_deliveries(NOW)
    assert (delivery.address, delivery.language, delivery.trip) == ("a@b.example", "de", TRIP)


def test_old_links_mails_and_disputes_are_erased(shop: Shop) -> None:
    put_trip(shop.database, paid_trip(), Payer(kind="card", email="a@b.example"))
    shop.desk.tick()
    made = said(shop)
    shop.clock.on(61 * DAY_S)
    shop.desk.tick()
    assert shop.database.deliveries_of(TRIP) == []
    assert shop.database.dispute(made.number) is not None
    shop.clock.on(400 * DAY_S)
    shop.desk.tick()
    assert shop.database.dispute(made.number) is None
