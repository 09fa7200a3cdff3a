"""E-mails with receipts: sent once, tried again with patience, given up at last; through a real server at the end."""

import msgspec
import pytest

from tests.connectors.mail_server import Inbox, mail_server
from tests.store.receipts.kept_trips import NOW, Clock, GivingBack, paid_trip, put_trip
from tillfree.commerce.disputes import Claim
from tillfree.commerce.languages.choosing import words_of
from tillfree.commerce.trips import Payer
from tillfree.connectors.mail import Mail, MailRefused, MailSender, MailUnavailable
from tillfree.connectors.settings import MailSettings
from tillfree.core.ids import TripId
from tillfree.storage.database.database import Database
from tillfree.store.receipts.desk import ReceiptDesk
from tillfree.store.receipts.mailing import MailWorker
from tillfree.store.receipts.settings import ReceiptSettings
from tillfree.store.settings import StoreSettings

TRIP = TripId("trip-1")
MAIL = MailSettings(host="mail.example", from_address="shop@tillfree.example", first_wait_s=10, tries_max=4)
SETTINGS = StoreSettings(mail=MAIL, receipts=ReceiptSettings(address="https://shop.example"))


class Post:
    """Takes e-mails, or raises what it is told to."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.troubles: list[Exception] = []

    def send(self, mail: Mail) -> None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.sent.append(mail)


class Office(msgspec.Struct):
    database: Database
    clock: Clock
    desk: ReceiptDesk
    post: Post
    worker: MailWorker


def office(database: Database, settings: StoreSettings = SETTINGS) -> Office:
    clock, post = Clock(), Post()
    desk = ReceiptDesk(database, settings, GivingBack(database), clock)
    worker = MailWorker(database, desk, post, clock, pdf=lambda layout: f"%PDF {layout.words.code}".encode())
    return Office(database, clock, desk, post, worker)


def one_waits(database: Database, settings: StoreSettings = SETTINGS, language: str = "de") -> Office:
    made = office(database, settings)
    put_trip(database, paid_trip(), Payer(kind="card", email="shopper@example.org", language=language))
    made.desk.tick()
    return made


def test_an_email_has_all_of_the_receipt_in_the_language_of_the_payer() -> None:
    with Database.open(":memory:") as database:
        made = one_waits(database)
        assert made.worker.tick() == 1
        (mail,) = made.post.sent
        assert mail.to == "shopper@example.org"
        assert mail.subject == "Ihr Kassenbon von Eckladen & Co"
        for part in (mail.text, mail.html):
            assert "18. November 2026" in part
            assert "10,33\u00a0€" in part
            assert "https://shop.example/r/" in part
            assert "17. Januar 2027" in part
        secret = mail.text.partition("https://shop.example/r/")[2].split()[0]
        shown = made.desk.receipt_of(secret)
        assert shown is not None
        assert shown.trip.id == TRIP
        assert [(one.name, one.media_type, one.data) for one in mail.attachments] == [
            ("V7Q2receipt.pdf", "application/pdf", b"%PDF de")
        ]
        assert made.worker.tick() == 0
        (kept,) = database.deliveries_of(TRIP)
        assert (kept.status, kept.address) == ("sent", "")


def test_without_a_public_address_there_is_no_link() -> None:
    with Database.open(":memory:") as database:
        made = one_waits(database, msgspec.structs.replace(SETTINGS, receipts=ReceiptSettings()))
        assert made.worker.tick() == 1
        assert "http" not in made.post.sent[0].text
        assert "href" not in made.post.sent[0].html


def test_what_cannot_be_sent_is_tried_again_after_longer_and_longer_waits_with_one_id() -> None:
    with Database.open(":memory:") as database:
        made = one_waits(database)
        made.post.troubles = [MailUnavailable("down"), MailUnavailable("still down")]
        assert made.worker.tick() == 0
        made.clock.on(9)
        assert made.worker.tick() == 0
        assert len(made.post.troubles) == 1, "it was tried before its time"
        made.clock.on(1)
        assert made.worker.tick() == 0
        made.clock.on(19)
        assert made.worker.tick() == 0
        made.clock.on(1)
        assert made.worker.tick() == 1
        (kept,) = database.deliveries_of(TRIP)
        assert (kept.status, kept.tries) == ("sent", 3)
        assert made.post.sent[0].id == "receipt-1.trip-1"


def test_after_so_many_tries_it_is_given_up_and_the_address_erased() -> None:
    with Database.open(":memory:") as database:
        made = one_waits(database)
        made.post.troubles = [MailUnavailable("down") for _ in range(9)]
        for _ in range(6):
            made.worker.tick()
            made.clock.on(3600)
        (kept,) = database.deliveries_of(TRIP)
        assert (kept.status, kept.tries, kept.address, kept.problem) == ("given up", 4, "", "down")
        assert len(made.post.troubles) == 5


def test_a_refusal_is_noted_and_final() -> None:
    with Database.open(":memory:") as database:
        made = one_waits(database)
        made.post.troubles = [MailRefused("550 nobody of that name")]
        assert made.worker.tick() == 0
        made.clock.on(10**6)
        assert made.worker.tick() == 0
        (kept,) = database.deliveries_of(TRIP)
        assert (kept.status, kept.address, kept.problem) == ("refused", "", "550 nobody of that name")
        assert made.post.sent == []


def test_one_that_is_refused_keeps_no_other_from_going() -> None:
    with Database.open(":memory:") as database:
        made = office(database)
        for number in range(3):
            payer = Payer(kind="card", email=f"s{number}@example.org")
            put_trip(database, paid_trip(f"trip-{number}"), payer)
        made.desk.tick()
        made.post.troubles = [MailRefused("550")]
        assert made.worker.tick() == 2
        assert [mail.to for mail in made.post.sent] == ["s1@example.org", "s2@example.org"]


def test_a_receipt_that_is_gone_is_not_sent() -> None:
    with Database.open(":memory:") as database:
        made = one_waits(database)
        put_trip(database, msgspec.structs.replace(paid_trip(), receipt=None))
        assert made.worker.tick() == 0
        assert [kept.status for kept in database.deliveries_of(TRIP)] == ["given up"]


def test_a_refund_says_what_went_back() -> None:
    with Database.open(":memory:") as database:
        made = one_waits(database, language="en")
        made.worker.tick()
        shown = made.desk.receipt_of_trip(TRIP)
        assert shown is not None
        made.desk.dispute(shown, Claim(line=0, reason="not_taken", really=0))
        with database.book() as book:
            book.announce(NOW, "payment.refunded", "trip-1-payment", {"trip": TRIP})
        made.desk.tick()
        assert made.worker.tick() == 1
        mail = made.post.sent[1]
        assert mail.subject == "Your refund from Eckladen & Co"
        assert "€4.98" in mail.text
        assert "Total after refunds" in mail.text
        assert "€5.35" in mail.text


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "it", "nl", "pl", "pt", "ja", "ar"])
def test_from_the_till_to_the_inbox_in_every_language(language: str) -> None:
    inbox = Inbox()
    with Database.open(":memory:") as database, mail_server(inbox) as port:
        mail = MailSettings(host="127.0.0.1", port=port, security="none", from_address="shop@tillfree.example")
        made = one_waits(database, msgspec.structs.replace(SETTINGS, mail=mail), language)
        assert MailWorker(database, made.desk, MailSender(mail, {}), made.clock).tick() == 1
    words = words_of(language)
    ((message, _),) = inbox.messages
    assert message["Subject"] == words.mail_subject.format(store="Eckladen & Co")
    html = message.get_body(("html",))
    assert html is not None
    assert words.total in html.get_content()
    assert f'lang="{language}"' in html.get_content()
