"""What other threads want is done by the owner, and answered."""

import threading

import pytest

from tillfree.store.running.errors import StoreError
from tillfree.store.running.wishes import Wishes


class Owner:
    """A thread that grants wishes until it is told to end."""

    def __init__(self) -> None:
        self.thread = threading.Thread(target=self.run)
        self.wishes = Wishes("shop", self.thread)

    def run(self) -> None:
        while not self.wishes.ended:
            self.wishes.rest(60.0)
            self.wishes.grant()

    def __enter__(self) -> Wishes:
        self.thread.start()
        return self.wishes

    def __exit__(self, *_: object) -> None:
        self.wishes.end()
        self.thread.join()


def test_a_wish_is_granted_by_the_owner() -> None:
    owner = Owner()
    with owner as wishes:
        assert wishes.ask(threading.current_thread) is owner.thread
        # The owner asking itself does not wait for itself.
        assert wishes.ask(lambda: wishes.ask(lambda: 7)) == 7
    assert wishes.ask(threading.current_thread) is threading.current_thread()


def refuse() -> int:
    raise StoreError("no such plate")


def fail() -> int:
    return int("seven")


def test_what_goes_wrong_is_told_to_who_asked_and_the_owner_goes_on() -> None:
    with Owner() as wishes:
        with pytest.raises(StoreError, match="no such plate"):
            wishes.ask(refuse)
        with pytest.raises(ValueError, match="seven"):
            wishes.ask(fail)
        assert wishes.ask(lambda: 1) == 1


def test_many_may_ask_at_once() -> None:
    counts = [0]

    def more() -> None:
        counts[0] += 1

    with Owner() as wishes:
        askers = [threading.Thread(target=lambda: [wishes.ask(more) for _ in range(50)]) for _ in range(8)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
    assert counts == [400]


def test_a_wish_of_an_owner_that_ends_meanwhile_is_granted_all_the_same() -> None:
    busy, asked = threading.Event(), threading.Event()

    def work() -> None:
        busy.set()
        asked.wait()

    thread = threading.Thread(target=work)
    wishes = Wishes("shop", thread)
    thread.start()
    busy.wait()
    found: list[int] = []
    asker = threading.Thread(target=lambda: found.append(wishes.ask(lambda: 5)))
    asker.start()
    asked.set()
    asker.join(30)
    assert found == [5]
