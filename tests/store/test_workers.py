"""Work beside the stream: what fails is told once, tried again, and stops nobody else."""

import threading

from tillfree.core.errors import TillfreeError
from tillfree.store.workers import Worker, Workers

_LONG_S = 20.0


class Flaky:
    """Fails while it is told to; says when it had its turn."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error
        self.had = threading.Semaphore(0)
        self.closed = threading.Event()

    def turn(self) -> None:
        """One turn."""
        self.had.release()
        if self.error is not None:
            raise self.error


def test_one_that_fails_is_told_once_and_stops_nobody() -> None:
    bad, good = Flaky(TillfreeError("no network")), Flaky(None)
    told: list[tuple[str, str, str]] = []
    recovered = threading.Event()

    def tell(name: str, said: str, remedy: str) -> None:
        told.append((name, said, remedy))
        if not remedy:
            recovered.set()

    workers = Workers(
        [Worker("mail", bad.turn, 0.001, "check the cable"), Worker("money", good.turn, 0.001)],
        tell,
    )
    assert workers.trouble == ""
    workers.start()
    workers.start()
    assert all(bad.had.acquire(timeout=_LONG_S) for _ in range(2))
    assert workers.trouble == "mail: no network"
    assert all(good.had.acquire(timeout=_LONG_S) for _ in range(20))
    bad.error = None
    assert recovered.wait(_LONG_S)
    assert workers.trouble == ""
    workers.stop()
    assert told == [("mail", "no network", "check the cable"), ("mail", "works again", "")]


def test_an_error_of_ours_says_which_and_a_listener_that_fails_is_no_harm() -> None:
    bad = Flaky(ZeroDivisionError("by\nzero"))

    def tell(*_: str) -> None:
        raise RuntimeError("nobody listens")

    workers = Workers([Worker("mail", bad.turn, 0.001)], tell)
    workers.start()
    assert all(bad.had.acquire(timeout=_LONG_S) for _ in range(2))
    assert workers.trouble == "mail: ZeroDivisionError: by zero"
    workers.stop()


def test_each_is_closed_after_its_last_turn() -> None:
    first, second = Flaky(None), Flaky(None)

    def close() -> None:
        first.closed.set()
        raise RuntimeError("cannot")

    workers = Workers(
        [Worker("a", first.turn, 60.0, close=close), Worker("b", second.turn, 60.0, close=second.closed.set)]
    )
    workers.start()
    assert first.had.acquire(timeout=_LONG_S)
    assert not first.closed.is_set()
    workers.stop()
    assert first.closed.is_set()
    assert second.closed.is_set()


def test_a_turn_that_waits_is_interrupted() -> None:
    waits, begun = threading.Event(), threading.Event()

    def turn() -> None:
        begun.set()
        waits.wait(_LONG_S)

    workers = Workers([Worker("gate", turn, interrupt=waits.set)])
    workers.start()
    assert begun.wait(_LONG_S)
    workers.stop()
    assert waits.is_set()


def test_one_whose_work_is_urgent_is_tried_again_soon() -> None:
    bad = Flaky(TillfreeError("no line"))
    workers = Workers([Worker("door", bad.turn, 0.0, wait_most_s=0.01)])
    workers.start()
    assert all(bad.had.acquire(timeout=_LONG_S) for _ in range(20))
    workers.stop()
