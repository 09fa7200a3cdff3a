"""One person at one station: frames in, words out. Everything of a person is gone when the result has been shown."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

import msgspec

from tillfree.core.errors import TillfreeError
from tillfree.core.time import NS_PER_S
from tillfree.palm.liveness.sights import repeats
from tillfree.palm.samples import Band, HandImage, HandSide
from tillfree.web.palms.hovering import Accepted, Hover, HoverRules
from tillfree.web.palms.pictures import Frame, decode_picture
from tillfree.web.palms.resting import Resting
from tillfree.web.palms.seeing import Answer, Clerk, Eyes, LiveHint, Reading, SeenHand, Wishes
from tillfree.web.palms.undecided import Undecided, other_hand, side_of

__all__ = ["STREAM_SIDE_MAX_PX", "Begin", "Confirm", "Pin", "Session", "SessionRules", "Want"]

Want = Literal["identify", "enrol", "delete"]
WANTS: tuple[Want, ...] = get_args(Want)
STREAM_SIDE_MAX_PX = 1280
"""Larger pictures of a stream are made smaller before they are looked at."""
_NEAR_NS = NS_PER_S // 5
"""A picture is compared with the one before it if that is no older."""
_OPENING_NS = 5 * NS_PER_S
"""A door that is told later than so is told of somebody who has gone."""
Message = dict[str, Any]
_log = logging.getLogger(__name__)


class Begin(msgspec.Struct, frozen=True, tag="begin", tag_field="k", forbid_unknown_fields=True):
    """The screen begins anew; of an enrolment, with what the person agreed to."""

    want: Want
    notice_version: str = ""
    purposes: tuple[str, ...] = ()
    pin: str = ""
    language: str = ""
    """In which the notice was read; empty: that of the shop."""
    again: str = ""
    """By what somebody is known who enrols anew: a code of the staff, an account or a badge; their `pin` proves it."""


class Pin(msgspec.Struct, frozen=True, tag="pin", tag_field="k", forbid_unknown_fields=True):
    """The PIN that a palm alone is not enough without."""

    pin: str


class Confirm(msgspec.Struct, frozen=True, tag="confirm", tag_field="k", forbid_unknown_fields=True):
    """Yes, or no, to what the station asked before it deletes."""

    yes: bool


class SessionRules(msgspec.Struct, frozen=True, kw_only=True):
    """How a station behaves; from its settings."""

    station: str = "station"
    shown_s: float = 6.0
    refused_s: float = 3.5
    asked_s: float = 20.0
    again_s: float = 12.0
    """So long what was read of an undecided try waits for the next one."""
    code_s: float = 45.0
    """So long a code to link a new palm is shown, which somebody may have to write down."""
    identify: HoverRules = HoverRules(pictures=3, quality_min=30.0)
    enrol: HoverRules = HoverRules(pictures=4, rounds=2, quality_min=40.0, apart_ms=150, patience_ms=60_000)
    purposes: frozenset[str] = frozenset()
    notice_version: str = ""
    pin_digits: tuple[int, int] = (4, 12)
    live: bool = True
    """Whether who does not live is turned away; else it is only said."""
    explain: bool = False
    """Whether the screen is told what liveness measured: in a demo only, since a thief would learn from it."""


class Session:
    """Methods may be called by any thread; one at a time does something. `now_ns` is a clock that never goes back."""

    def __init__(
        self, eyes: Eyes, clerk: Clerk, rules: SessionRules, languages: Sequence[str] = ("en",), *, staff: bool = False
    ) -> None:
        """`languages` are those in which the notice can be read, that of the shop first.

        `staff` says that the screen was opened by somebody of the staff who may change palms, and stands by.
        """
        self._languages = languages
        self._staff = staff
        self._eyes = eyes
        self._clerk = clerk
        self._rules = rules
        self._lock = threading.Lock()
        self._want: Want = "identify"
        self._wishes = Wishes(notice_version="", purposes=())
        self._hover = Hover(rules.identify)
        self._hints: list[LiveHint] = []
        self._resting = Resting()
        self._undecided = Undecided(rules.again_s)
        self._nothing: SeenHand | None = None
        self._number = -1
        self._before: dict[Band, tuple[HandImage, SeenHand, int]] = {}
        self._until_ns = 0
        self._asks: Answer | None = None
        self._opens: tuple[Answer, LiveHint | None] | None = None
        self._opening: tuple[Answer, LiveHint | None] | None = None
        self._tries = 0

    # ---- what the screen says -------------------------------------------------------------------------------

    def begin(self, wanted: Begin) -> list[Message]:
        """Forgets what was, and begins; an enrolment without a consent to the present notice is not begun."""
        with self._lock:
            self._forget()
            wrong = self._why_not(wanted) if wanted.want == "enrol" else ""
            palm = ""
            if wanted.want == "enrol" and wanted.again and not wrong:
                palm, wrong = self._waiting(wanted)
            if wrong:
                self._want = "identify"
                self._hover = Hover(self._rules.identify)
                return [{"k": "wrong", "code": wrong}]
            self._want = wanted.want
            self._hover = Hover(self._rules.enrol if wanted.want == "enrol" else self._rules.identify)
            if wanted.want == "enrol":
                self._wishes = Wishes(
                    notice_version=wanted.notice_version,
                    purposes=wanted.purposes,
                    pin=wanted.pin,
                    language=wanted.language or self._languages[0],
                    palm=palm,
                )
            return [{"k": "begun", "want": self._want, "rounds": self._hover.rules.rounds}]

    def prove(self, said: Pin, now_ns: int) -> list[Message]:
        """The PIN after `pin`."""
        with self._lock:
            asked, self._asks = self._asks, None
            if asked is None or self._want == "delete" or now_ns > self._until_ns:
                return [{"k": "wrong", "code": "too late"}]
            answer = self._asked(lambda: self._clerk.prove(asked.account, said.pin, self._rules.station))
            return self._open_next(answer, None, now_ns) if answer.kind == "opening" else self._tell(answer, now_ns)

    @property
    def opens(self) -> bool:
        """Whether a door waits for `open`."""
        with self._lock:
            return self._opens is not None

    def open(self, now_ns: int) -> list[Message]:
        """Tells the door of whoever may pass. It may take a second, during which nothing else of the station waits."""
        with self._lock:
            opens, self._opens = self._opens, None
            if opens is None or now_ns > self._until_ns:
                return []
            self._opening, self._until_ns = opens, now_ns + _OPENING_NS
        answer = self._asked(lambda: self._clerk.open(opens[0].account, self._rules.station))
        with self._lock:
            if self._opening is not opens:  # the screen has begun anew
                return []
            return self._tell(answer, now_ns, opens[1])

    def confirm(self, said: Confirm, now_ns: int) -> list[Message]:
        """Deletes, or not."""
        with self._lock:
            asked, self._asks = self._asks, None
            if asked is None or self._want != "delete" or now_ns > self._until_ns:
                return [{"k": "wrong", "code": "too late"}]
            if not said.yes:
                self._forget()
                return [{"k": "begun", "want": self._want, "rounds": 1}]
            return self._tell(self._asked(lambda: self._clerk.delete(asked.account, self._rules.station)), now_ns)

    def expire(self, now_ns: int) -> None:
        """Forgets what is too old, also where no picture comes any more."""
        with self._lock:
            self._drop_old(now_ns)
            self._is_told(now_ns)

    def close(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._forget()

    # ---- what the camera sees -------------------------------------------------------------------------------

    def see(self, frame: Frame, now_ns: int) -> list[Message]:
        """Looks at a picture and says what to do; the last one of an attempt brings the answer.

        Raises:
            PictureError: it is no picture.
        """
        with self._lock:
            if frame.number <= self._number:
                return [{"k": "wrong", "code": "old picture"}]
            self._number = frame.number
            self._drop_old(now_ns)
            if self._is_told(now_ns):
                return []
            begin_s = time.perf_counter()
            image = decode_picture(frame.jpeg, frame.band, STREAM_SIDE_MAX_PX)
            last, before, before_ns = self._before.get(frame.band, (None, None, 0))
            seen = self._look(image, before if now_ns - before_ns <= _NEAR_NS else None, now_ns)
            self._before[frame.band] = (image, seen, now_ns)
            done = len(self._hover.rounds)
            fresh = last is None or not repeats(last, image)
            wanted = self._hover.wants(seen, now_ns, image, fresh=fresh)
            if wanted and seen.region is not None:
                self._hover.accept(Accepted(image, seen, self._eyes.read(seen.region)), now_ns)
            if self._hover.ready or len(self._hover.rounds) > done:
                self._judge_round()
            told = self._hover.guidance(seen, (image.pixels.shape[0], image.pixels.shape[1]))
            message: Message = {
                "k": "guide",
                "n": frame.number,
                "phase": "asking" if self._hover.ready else told.phase,
                "code": told.code,
                "quality": told.quality,
                "reason": told.reason,
                "progress": round(told.progress, 3),
                "hand": told.hand,
                "round": told.round,
                "ms": round((time.perf_counter() - begin_s) * 1000, 1),
            }
            if self._hover.ready:
                return [message, *self._finish(now_ns)]
            if self._hover.is_out_of_patience(now_ns):
                return [message, *self._tell(Answer(kind="unread", reason=told.code), now_ns)]
            return [message]

    def _look(self, image: HandImage, before: SeenHand | None, now_ns: int) -> SeenHand:
        if self._nothing is not None and self._resting.is_empty(image, now_ns):
            return self._nothing
        seen = self._eyes.look(image, before, self._wanted())
        self._resting.note(image, now_ns, found=seen.found)
        if not seen.found:
            self._nothing = seen
        return seen

    def _wanted(self) -> HandSide:
        """Which hand has to be shown: that of the first round of an enrolment, or the other one of an undecided try."""
        if self._want == "enrol":
            first = self._hover.rounds[0] if len(self._hover.rounds) > 1 else ()
            return side_of([_reading(one, None) for one in first])
        return self._undecided.wanted

    def _drop_old(self, now_ns: int) -> None:
        if self._undecided.expire(now_ns) and self._want == "delete":  # whoever wanted that has gone
            self._want = "identify"

    def _is_told(self, now_ns: int) -> bool:
        """Whether a result, or a question, is on the screen; when its time is over, everything is forgotten."""
        if not self._until_ns:
            return False
        if now_ns <= self._until_ns:
            return True
        if self._asks is not None or self._opens is not None or self._opening is not None:
            self._forget()
        self._until_ns = 0
        return False

    def _finish(self, now_ns: int) -> list[Message]:
        hint = min(self._hints, key=lambda one: one.score, default=None)
        if hint is not None and not hint.passes and self._rules.live:
            return self._tell(Answer(kind="not live", reason=hint.reasons[0] if hint.reasons else ""), now_ns, hint)
        live = None if hint is None else hint.passes
        rounds = [tuple(_reading(one, live) for one in taken) for taken in self._hover.rounds]
        if self._want == "enrol":
            wishes, station = self._wishes, self._rules.station
            answer = self._asked(lambda: self._clerk.enrol(rounds[0], rounds[1], wishes, station))
            return self._tell(answer, now_ns, hint)
        return self._search(rounds[0], now_ns, hint)

    def _search(self, read: tuple[Reading, ...], now_ns: int, hint: LiveHint | None) -> list[Message]:
        """Has somebody looked for: by this try, and by those before it that decided nothing."""
        want, station = self._want, self._rules.station
        ask = self._clerk.find if want == "delete" else self._clerk.identify
        tries = [read]

        def asked() -> Answer:
            before = self._undecided.tries
            if all(self._clerk.may_be_one(one, read) for one in before):
                tries[:0] = before
            return ask(tries, station)

        answer = self._asked(asked)
        if answer.kind == "opening":
            return self._open_next(answer, hint, now_ns)
        if answer.kind == "pin" or (want == "delete" and answer.account):
            self._undecided.clear()
            self._asks = answer
            self._until_ns = now_ns + int(self._rules.asked_s * NS_PER_S)
            code = "delete" if want == "delete" else "pin"
            return [{"k": "ask", "code": code, "shown": answer.shown, "for_ms": int(self._rules.asked_s * 1000)}]
        told = self._tell(answer, now_ns, hint)
        if answer.kind == "other hand":
            self._want = want
            self._undecided.keep(tries, now_ns, other_hand(side_of(read)))
        elif answer.kind == "unknown":
            self._undecided.keep(tries, now_ns)
        return told

    def _open_next(self, answer: Answer, hint: LiveHint | None, now_ns: int) -> list[Message]:
        """Nothing is looked at until `open`; of the pictures nothing is kept for that."""
        self._forget(keep_tries=True)
        self._opens = (answer, hint)
        self._until_ns = now_ns + _OPENING_NS
        return []

    def _judge_round(self) -> None:
        """Judges the pictures of the round that is complete, and of no other: each round has to be of a living hand."""
        shown = self._hover.shown
        if self._eyes.judge is not None and shown:
            images, seen = zip(*shown, strict=True)
            self._hints.append(self._eyes.judge(images, seen))

    def _asked(self, ask: Callable[[], Answer]) -> Answer:
        """What the clerk says; where that fails, the person is told so and the reason goes to the log of the server."""
        try:
            return ask()
        except TillfreeError:
            _log.exception("a palm could not be looked for")
            return Answer(kind="trouble")

    def _tell(self, answer: Answer, now_ns: int, hint: LiveHint | None = None) -> list[Message]:
        """The result; of the person only what may be shown remains, and that for a moment."""
        if not self._rules.explain:
            hint = None
            if answer.kind == "not live":
                answer = Answer(kind="not live")
        self._forget(keep_tries=True)
        good = answer.kind in ("known", "enrolled", "deleted")
        self._tries = 0 if good else self._tries + 1
        shown_s = self._rules.shown_s if good else self._rules.refused_s
        if answer.link_code:
            shown_s = max(shown_s, self._rules.code_s)
        self._until_ns = now_ns + int(shown_s * NS_PER_S)
        # The hand that was just read must not be read once more when the screen is free again.
        self._want, self._hover = "identify", Hover(self._rules.identify, lift=True)
        return [
            {
                "k": "result",
                "kind": answer.kind,
                "shown": answer.shown,
                "may": list(answer.may),
                "reason": answer.reason,
                "granted": answer.granted,
                "link_code": answer.link_code,
                "tries": self._tries,
                "live": None if hint is None else round(hint.score, 2),
                "against": [] if hint is None else list(hint.reasons),
                "for_ms": int(shown_s * 1000),
            }
        ]

    def _forget(self, *, keep_tries: bool = False) -> None:
        self._hover.clear()
        self._before.clear()
        self._hints.clear()
        self._undecided.clear()
        self._asks = None
        self._opens = self._opening = None
        self._until_ns = 0
        self._wishes = Wishes(notice_version="", purposes=())
        if not keep_tries:
            self._tries = 0

    def _waiting(self, wanted: Begin) -> tuple[str, str]:
        """Who enrols anew, and why that cannot be."""
        try:
            palm = self._clerk.waiting(wanted.again, wanted.pin, self._rules.station, staff=self._staff)
        except TillfreeError:
            _log.exception("somebody who waits to enrol anew could not be looked for")
            return "", "trouble"
        return palm, "" if palm else "not waiting"

    def _why_not(self, wanted: Begin) -> str:
        """What is missing for an enrolment; empty for nothing."""
        if wanted.notice_version != self._rules.notice_version or wanted.language not in ("", *self._languages):
            return "old notice"
        if "identify" not in wanted.purposes:
            return "no consent"
        if not set(wanted.purposes) <= self._rules.purposes:
            return "not possible"
        low, high = self._rules.pin_digits
        pin = wanted.pin
        # To enrol anew, it is the old PIN: what was good enough when it was made is proof enough.
        if pin and not wanted.again and not (pin.isascii() and pin.isdigit() and low <= len(pin) <= high):
            return "bad pin"
        return ""


def _reading(taken: Accepted, live: bool | None) -> Reading:
    """What is left of a good picture: no pixel of it."""
    return Reading(taken.features, taken.seen.quality.value, live)
