"""What other threads want of the one that owns the store: done between two events, and answered."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from tillfree.store.running.errors import StoreError

__all__ = ["Wishes"]

Result = TypeVar("Result")

_LOOK_S = 0.5
_ANSWER_S = 30.0


class Wishes:
    """A queue of things to do for one owning thread."""

    def __init__(self, name: str, owner: threading.Thread) -> None:
        self._name = name
        self._owner = owner
        self._wake = threading.Condition()
        self._waiting: deque[Callable[[], None]] = deque()
        self._ended = False

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def ended(self) -> bool:
        """Whether the owner is to end."""
        return self._ended

    def end(self) -> None:
        """Tell the owner to end."""
        with self._wake:
            self._ended = True
            self._wake.notify_all()

    def rest(self, seconds: float) -> None:
        """The owner has nothing to do for so long; a wish, or the end, wakes it."""
        with self._wake:
            if not self._waiting and not self._ended:
                self._wake.wait(seconds)

    def grant(self) -> None:
        """The owner does what is wished."""
        while True:
            with self._wake:
                if not self._waiting:
                    return
                wish = self._waiting.popleft()
            wish()

    def leave(self, wish: Callable[[], None]) -> None:
        """Have something done by the owner soon, and go on; nothing happens where it has ended."""
        with self._wake:
            if not self._ended:
                self._waiting.append(wish)
                self._wake.notify_all()

    def ask(self, wish: Callable[[], Result]) -> Result:
        """Have something done by the owner, and wait for it; here and now where the owner does not run, or asks itself.

        Raises:
            StoreError: the owner did not come to it.
            Exception: what the wish raised.
        """
        if not self._owner.is_alive() or threading.current_thread() is self._owner:
            return wish()
        done = threading.Event()
        answers: list[Result] = []
        troubles: list[Exception] = []

        def granted() -> None:
            try:
                answers.append(wish())
            except Exception as error:  # noqa: BLE001 - raised again where it was asked for
                troubles.append(error)
            finally:
                done.set()

        with self._wake:
            self._waiting.append(granted)
            self._wake.notify_all()
        until_s = time.monotonic() + _ANSWER_S
        while not done.wait(_LOOK_S):
            if not self._owner.is_alive():
                self.grant()
            elif time.monotonic() > until_s:
                raise StoreError(f"{self._name} is too busy to answer: wait a little, then try again")
        if troubles:
            raise troubles[0]
        return answers[0]
