"""Messages to real receivers: signed, tried again, given up, sent again, and never lost."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.webhooks.receiver import Receiver, listening
from tillfree.connectors.settings import WebhookSettings
from tillfree.connectors.webhooks.signing import verify
from tillfree.core.time import NS_PER_HOUR, NS_PER_S
from tillfree.storage.database.database import Database
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.integration.hooks import CONSUMER, HOOKS_MAX
from tillfree.storage.database.money.announcements import announce
from tillfree.store.webhooks.backoff import WAITS_S, next_try_ns
from tillfree.store.webhooks.worker import WebhookWorker, ping_delivery

LOCAL = WebhookSettings(allow_private=True, allow_http=True, timeout_s=5)


class Shop:
    def __init__(self, database: Database, settings: WebhookSettings = LOCAL) -> None:
        self.database = database
        self.now_ns = 1_700_000_000 * NS_PER_S
        self.worker = WebhookWorker(database, settings, lambda: self.now_ns, randomness=lambda: 0.5)

    def happens(self, kind: str = "payment.captured", count: int = 1) -> None:
        with self.database._writing() as connection:
            for _ in range(count):
                announce(connection, self.now_ns, kind, "pay-1", {"amount_minor": 249, "currency": "EUR"})

    def go(self, seconds: float) -> None:
        self.now_ns += int(seconds * NS_PER_S)

    def hook(self, url: str, *kinds: str) -> tuple[str, str]:
        hook, secret = self.database.add_hook(url, kinds, "", self.now_ns)
        return hook.id, secret

    def states(self, hook: str) -> dict[str, int]:
        return self.database.count_hook_deliveries(hook)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Database.open(":memory:") as database:
        made = Shop(database)
        yield made
        made.worker.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as made:
        yield made


def test_what_happens_is_told_signed_and_once(shop: Shop, receiver: Receiver) -> None:
    shop.happens()  # before anybody wanted to know
    hook, secret = shop.hook(receiver.address)
    shop.happens()
    assert shop.worker.tick() == 1
    assert shop.worker.tick() == 0
    ((headers, body),) = receiver.came
    assert receiver.paths == ["/hook?a=b"]
    assert headers["content-type"] == "application/json"
    assert verify(secret, headers, body, shop.now_ns / NS_PER_S).startswith("msg_")
    assert json.loads(body) == {
        "number": 2,
        "type": "payment.captured",
        "timestamp": "2023-11-14T22:13:20.000Z",
        "subject": "pay-1",
        "data": {"amount": {"minor": 249, "currency": "EUR"}},
    }
    assert shop.states(hook) == {"delivered": 1}


def test_each_is_told_what_it_asked_for(shop: Shop, receiver: Receiver) -> None:
    with listening() as other:
        shop.hook(receiver.address, "payment.*", "trip.settled")
        shop.hook(other.address, "trip.*")
        for kind in ("payment.held", "payment.captured", "trip.settled", "trip.opened", "payments.x", "dispute.opened"):
            shop.happens(kind)
        shop.worker.tick()
        told = [[json.loads(body)["type"] for _, body in one.came] for one in (receiver, other)]
    assert told == [["payment.held", "payment.captured", "trip.settled"], ["trip.settled", "trip.opened"]]


def test_a_message_is_tried_until_it_arrives_with_the_same_id_and_body(shop: Shop, receiver: Receiver) -> None:
    receiver.mood = lambda number: (200 if number == 4 else 500, {})
    hook, secret = shop.hook(receiver.address)
    shop.happens()
    for wait_s in WAITS_S[:3]:
        assert shop.worker.tick() == 1
        assert shop.worker.tick() == 0
        shop.go(wait_s - 0.001)
        assert shop.worker.tick() == 0
        shop.go(0.002)
    assert shop.worker.tick() == 1
    assert {headers["webhook-id"] for headers, _ in receiver.came} == {receiver.came[0][0]["webhook-id"]}
    assert len({body for _, body in receiver.came}) == 1
    for headers, body in receiver.came[-1:]:
        verify(secret, headers, body, shop.now_ns / NS_PER_S)
    (delivery,) = shop.database.hook_deliveries(hook)
    assert (delivery.state, delivery.attempts, delivery.status) == ("delivered", 4, 200)


def test_a_receiver_that_fails_is_left_in_peace_and_then_gets_all(shop: Shop, receiver: Receiver) -> None:
    receiver.mood = lambda number: (503 if number == 1 else 200, {})
    hook, _ = shop.hook(receiver.address)
    shop.happens(count=20)
    assert shop.worker.tick() == 1
    shop.go(1)
    assert shop.worker.tick() == 0
    shop.go(5)
    assert shop.worker.tick() == 20
    assert shop.states(hook) == {"delivered": 20}
    numbers = [json.loads(body)["number"] for _, body in receiver.came]
    assert sorted(numbers[1:]) == list(range(1, 21))


def test_one_bad_message_does_not_hold_up_the_others(shop: Shop, receiver: Receiver) -> None:
    shop.hook(receiver.address)
    shop.happens(count=5)

    def mood(number: int) -> tuple[int, dict[str, str]]:
        return (500 if json.loads(receiver.came[number - 1][1])["number"] == 1 else 200, {})

    receiver.mood = mood
    for _ in range(10):
        shop.worker.tick()
        shop.go(6)
    arrived = {json.loads(body)["number"] for _, body in receiver.came}
    assert arrived == {1, 2, 3, 4, 5}


def test_a_slow_receiver_does_not_hold_up_others(shop: Shop, receiver: Receiver) -> None:
    receiver.wait = threading.Event()
    with listening() as other:
        shop.hook(receiver.address)
        shop.hook(other.address)
        shop.happens()
        ticking = threading.Thread(target=shop.worker.tick)
        ticking.start()
        for _ in range(500):
            if other.came:
                break
            ticking.join(0.01)
        assert len(other.came) == 1
        assert ticking.is_alive()
        receiver.wait.set()
        ticking.join(10)


def test_after_days_it_is_given_up_and_can_be_sent_again(shop: Shop, receiver: Receiver) -> None:
    receiver.mood = lambda _number: (500, {})
    hook, _ = shop.hook(receiver.address)
    shop.happens()
    tries = 0
    for _ in range(400):
        tries += shop.worker.tick()
        shop.go(900)
        if shop.states(hook) == {"dead": 1}:
            break
    assert shop.states(hook) == {"dead": 1}
    assert 10 <= tries <= 20
    receiver.mood = lambda _number: (200, {})
    assert shop.worker.tick() == 0
    (delivery,) = shop.database.hook_deliveries(hook)
    assert (delivery.status, delivery.error) == (500, "the receiver said 500")
    assert shop.database.redeliver_hook(hook, shop.now_ns) == 1
    assert shop.worker.tick() == 1
    assert shop.states(hook) == {"delivered": 1}
    assert receiver.came[-1][0]["webhook-id"] == delivery.id


def test_after_several_dead_letters_in_a_row_it_is_switched_off_and_nothing_is_lost(receiver: Receiver) -> None:
    with Database.open(":memory:") as database:
        settings = WebhookSettings(allow_private=True, allow_http=True, give_up_h=1, disable_after=2, timeout_s=5)
        shop = Shop(database, settings)
        receiver.mood = lambda _number: (500, {})
        hook, _ = shop.hook(receiver.address)
        shop.happens(count=3)
        for _ in range(100):
            shop.worker.tick()
            shop.go(300)
        kept = database.hook(hook)
        assert kept is not None
        assert kept.state == "disabled"
        assert "2 messages in a row" in kept.why
        tried = len(receiver.came)
        shop.happens()
        shop.worker.tick()
        assert len(receiver.came) == tried
        receiver.mood = lambda _number: (200, {})
        database.change_hook(hook, active=True)
        database.redeliver_hook(hook, shop.now_ns)
        shop.worker.tick()
        assert shop.states(hook) == {"delivered": 4}
        shop.worker.close()


def test_a_receiver_that_is_gone_for_good_is_switched_off_at_once(shop: Shop, receiver: Receiver) -> None:
    receiver.mood = lambda _number: (410, {})
    hook, _ = shop.hook(receiver.address)
    shop.happens()
    shop.worker.tick()
    kept = shop.database.hook(hook)
    assert kept is not None
    assert (kept.state, "410" in kept.why) == ("disabled", True)


def test_what_happens_while_it_is_paused_waits(shop: Shop, receiver: Receiver) -> None:
    hook, _ = shop.hook(receiver.address)
    shop.database.change_hook(hook, active=False)
    shop.happens(count=3)
    assert shop.worker.tick() == 0
    shop.go(10 * 24 * 3600)
    shop.database.change_hook(hook, active=True)
    assert shop.worker.tick() == 3


def test_retry_after_is_obeyed_within_reason(shop: Shop, receiver: Receiver) -> None:
    receiver.mood = lambda number: (429 if number == 1 else 200, {"Retry-After": "100"})
    shop.hook(receiver.address)
    shop.happens()
    shop.worker.tick()
    shop.go(99)
    assert shop.worker.tick() == 0
    shop.go(2)
    assert shop.worker.tick() == 1
    receiver.mood = lambda _number: (429, {"Retry-After": "999999"})
    shop.happens()
    shop.worker.tick()
    receiver.mood = lambda _number: (200, {})
    shop.go(24 * 3600 + 1)
    assert shop.worker.tick() == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(shop: Shop, receiver: Receiver, status: int) -> None:
    with listening() as elsewhere:
        receiver.mood = lambda _number: (status, {"Location": elsewhere.address})
        hook, _ = shop.hook(receiver.address)
        shop.happens()
        shop.worker.tick()
        assert elsewhere.came == []
    (delivery,) = shop.database.hook_deliveries(hook)
    assert (delivery.state, delivery.status) == ("waiting", status)
    assert "redirects are not followed" in delivery.error


def test_a_receiver_that_answers_with_a_byte_now_and_then_is_left(receiver: Receiver) -> None:
    receiver.drips = True
    with Database.open(":memory:") as database:
        shop = Shop(database, WebhookSettings(allow_private=True, allow_http=True, timeout_s=0.3))
        hook, _ = shop.hook(receiver.address)
        shop.happens()
        assert shop.worker.tick() == 1
        (delivery,) = database.hook_deliveries(hook)
        assert (delivery.state, delivery.status) == ("waiting", 0)
        assert delivery.error
        shop.worker.close()


def test_a_huge_answer_is_not_read(shop: Shop, receiver: Receiver) -> None:
    receiver.answer_body = b"x" * 20_000_000
    hook, _ = shop.hook(receiver.address)
    shop.happens()
    shop.worker.tick()
    assert shop.states(hook) == {"delivered": 1}


def test_nobody_listens(shop: Shop) -> None:
    with listening() as gone:
        pass
    hook, _ = shop.hook(gone.address)
    shop.happens()
    assert shop.worker.tick() == 1
    (delivery,) = shop.database.hook_deliveries(hook)
    assert delivery.state == "waiting"
    assert "refused" in delivery.error


def test_a_private_address_gets_nothing_even_if_it_is_in_the_database(receiver: Receiver) -> None:
    with Database.open(":memory:") as database:
        shop = Shop(database, WebhookSettings(allow_http=True))
        hook, _ = shop.hook(receiver.address)
        shop.happens()
        shop.worker.tick()
        assert receiver.came == []
        assert shop.states(hook) == {"dead": 1}
        shop.worker.close()


def test_while_a_secret_is_replaced_both_sign(shop: Shop, receiver: Receiver) -> None:
    hook, old = shop.hook(receiver.address)
    new = shop.database.rotate_hook_secret(hook, shop.now_ns + NS_PER_HOUR)
    assert new is not None
    assert new != old
    shop.happens()
    shop.worker.tick()
    headers, body = receiver.came[0]
    assert verify(old, headers, body, shop.now_ns / NS_PER_S) == verify(new, headers, body, shop.now_ns / NS_PER_S)
    shop.go(3601)
    shop.happens()
    shop.worker.tick()
    headers, body = receiver.came[1]
    assert len(headers["webhook-signature"].split(" ")) == 1
    assert verify(new, headers, body, shop.now_ns / NS_PER_S)


def test_a_test_message_arrives_like_any_other(shop: Shop, receiver: Receiver) -> None:
    id_, secret = shop.hook(receiver.address, "trip.settled")
    hook = shop.database.hook(id_)
    assert hook is not None
    for _ in range(2):
        shop.database.add_hook_test(ping_delivery(hook, shop.now_ns))
    assert shop.worker.tick() == 2
    headers, body = receiver.came[0]
    assert verify(secret, headers, body, shop.now_ns / NS_PER_S)
    assert json.loads(body)["type"] == "webhook.test"


def test_a_removed_webhook_is_told_nothing_more(shop: Shop, receiver: Receiver) -> None:
    hook, _ = shop.hook(receiver.address)
    shop.happens()
    assert shop.database.remove_hook(hook)
    assert shop.worker.tick() == 0
    assert not shop.database.remove_hook(hook)
    assert shop.database.hook_secrets(hook, shop.now_ns).secrets == ()


def killed(*_values: object) -> int:
    raise KeyboardInterrupt


def test_after_a_stop_at_any_point_nothing_is_lost_and_nothing_dealt_out_twice(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Database.open(tmp_path) as database:
        shop = Shop(database)
        hook, _ = shop.hook(receiver.address)
        shop.happens(count=3)
        # The process ends after the receiver answered, and before that was written down.
        with monkeypatch.context() as patch:
            patch.setattr(database, "note_hook_attempt", killed)
            with pytest.raises(KeyboardInterrupt):
                shop.worker.tick()
        shop.worker.close()
    with Database.open(tmp_path) as database:
        shop = Shop(database)
        shop.worker.tick()
        assert shop.states(hook) == {"delivered": 3}
        assert database.cursor(CONSUMER) == 3
        shop.worker.close()
    ids = [headers["webhook-id"] for headers, _ in receiver.came]
    assert len(ids) == 4
    assert len(set(ids)) == 3


def test_old_messages_are_forgotten_but_none_that_waits(shop: Shop, receiver: Receiver) -> None:
    hook, _ = shop.hook(receiver.address)
    shop.happens()
    shop.worker.tick()
    shop.go(31 * 24 * 3600)
    shop.database.change_hook(hook, active=False)
    shop.happens()
    shop.worker.tick()
    assert shop.states(hook) == {"waiting": 1}


def test_there_are_so_many_webhooks_at_most(shop: Shop) -> None:
    for number in range(HOOKS_MAX):
        shop.hook(f"https://example.com/{number}")
    with pytest.raises(DatabaseError, match="already"):
        shop.hook("https://example.com/more")
    with pytest.raises(DatabaseError, match="characters"):
        shop.database.add_hook("https://example.com/" + "x" * 3000, (), "", 0)


@given(st.integers(1, 100), st.floats(0, 1, exclude_max=True), st.integers(0, 10**6))
def test_waits_grow_and_never_end(attempts: int, chance: float, at_least_s: int) -> None:
    wait_s = next_try_ns(attempts, 0, lambda: chance, at_least_s=at_least_s) / NS_PER_S
    usual = WAITS_S[min(attempts, len(WAITS_S)) - 1]
    assert max(0.8 * usual, at_least_s) - 1 <= wait_s <= max(1.2 * usual, at_least_s) + 1


def test_what_waits_for_a_webhook_that_is_off_does_not_gather_for_ever(shop: Shop, receiver: Receiver) -> None:
    hook, _ = shop.hook(receiver.address)
    shop.database.change_hook(hook, active=False)
    shop.happens(count=3)
    shop.worker.tick()
    shop.go(29 * 86_400)
    shop.happens()
    shop.worker.tick()
    assert shop.states(hook) == {"waiting": 4}
    shop.go(2 * 86_400)
    shop.worker.tick()
    assert shop.states(hook) == {"waiting": 1}
