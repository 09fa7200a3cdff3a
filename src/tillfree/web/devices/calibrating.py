"""Calibrating a plate with a known weight, step by step."""

import math
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.core.errors import TillfreeError
from tillfree.core.ids import FixtureId, PlateRef
from tillfree.core.time import NS_PER_S
from tillfree.store.running.calibration import GAIN_MAX, GAIN_MIN
from tillfree.web.ask import Ask
from tillfree.web.devices.detail import plate_at
from tillfree.web.devices.weighing import CALM_S, KNOWN_MAX_G, KNOWN_MIN_G, Problem, Weighing
from tillfree.web.devices.words import PLATE_STATES, measured
from tillfree.web.errors import AskError
from tillfree.web.routing import act, view
from tillfree.web.stock.lines import Row, rows_of
from tillfree.web.stock.places import place_words

__all__ = ["Bench"]

_ABANDONED_S = 900.0
_LOOK_S = 0.3
_LOOKS = 20
_PATH = "/devices/calibrate"


class Bench:
    """The calibrations that go on, one of a plate at most.

    The known weight would look like goods, so the plate's fixture is in restocking mode meanwhile, and the counts of
    the plate's facings are put back afterwards. What nobody goes on with ends after a quarter of an hour.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, pause: Callable[[float], object] = time.sleep
    ) -> None:
        self._clock = clock
        self._pause = pause
        self._lock = threading.Lock()
        self._weighings: dict[PlateRef, Weighing] = {}

    def routes(self) -> list[BaseRoute]:
        """The pages of a calibration."""
        return [
            view(_PATH, self._page, "devices.change"),
            view(_PATH + "/level", self._level, "devices.change"),
            act(_PATH, self._act, "devices.change"),
        ]

    # ---- looking --------------------------------------------------------------------------------------------

    def _page(self, ask: Ask) -> Response:
        plate = _plate(ask)
        weighing = self._current(ask, plate)
        state = plate_at(ask, plate.fixture, plate.shelf, plate.plate)
        return ask.page(
            "calibrate.html",
            plate=plate,
            place=place_words(ask, plate.fixture, plate.shelf, (plate.plate,)),
            step=weighing.step if weighing else "empty",
            weighing=weighing,
            other=weighing.by if weighing and weighing.by != ask.reader.name else "",
            dead=state.state in ("no reading", "stuck", "unheard"),
            state=PLATE_STATES[state.state],
            gain=state.gain,
            load=measured(state.load_g, 1, "g"),
            simulated=_may_simulate(ask),
            least=KNOWN_MIN_G,
            most=KNOWN_MAX_G,
            measured=measured,
            level_link=f"{_PATH}/level?" + urlencode(_query(plate)),
            plate_link=_plate_link(plate),
        )

    def _level(self, ask: Ask) -> Response:
        """The level now; asking for it again and again tells whether it is calm."""
        plate = _plate(ask)
        weighing = self._current(ask, plate)
        level_g = ask.store.level_g(plate)
        state = plate_at(ask, plate.fixture, plate.shelf, plate.plate)
        answer: dict[str, Any] = {"load": measured(state.load_g, 1, "g"), "above": "–", "calm": False}
        if weighing is not None:
            with self._lock:
                weighing.note(ask.store.now_ns / NS_PER_S, level_g)
                answer["calm"] = weighing.calm_g() is not None
            if level_g is not None and weighing.step != "empty":
                answer["above"] = measured(level_g - weighing.tare_g, 1, "g")
        answer["words"] = _calm_words(ask, level_g, answer["calm"])
        return ask.json(answer)

    # ---- doing ----------------------------------------------------------------------------------------------

    def _act(self, ask: Ask) -> Response:
        plate = _plate(ask)
        wanted = ask.text("do", limit=20)
        if wanted == "tare":
            return self._tare(ask, plate)
        weighing = self._current(ask, plate)
        if weighing is None:
            return _again(ask, plate, ask.say("This calibration is over. Begin anew."))
        acts = {
            "press": self._press,
            "lift": self._lift,
            "weigh": self._weigh,
            "save": self._save,
            "check": self._check,
            "again": self._begin_again,
            "leave": self._leave,
        }
        if wanted not in acts:
            raise AskError(ask.say("There is no such step."))
        try:
            return acts[wanted](ask, weighing)
        except AskError:
            raise
        except TillfreeError as error:
            return _again(ask, plate, str(error))

    def _tare(self, ask: Ask, plate: PlateRef) -> Response:
        state = plate_at(ask, plate.fixture, plate.shelf, plate.plate)
        with self._lock:
            weighing = self._weighings.get(plate)
            if weighing is not None and weighing.step != "empty":
                return _again(ask, plate)
            if weighing is None:
                weighing = self._weighings[plate] = Weighing(plate, ask.reader.name, self._clock())
        tare_g = self._calm(ask, weighing)
        if tare_g is None:
            with self._lock:
                self._weighings.pop(plate, None)
            return _again(ask, plate, _not_calm(ask, plate))
        weighing.was_restocking = plate.fixture in ask.store.restocking()
        weighing.counts = {
            row.key: (row.count, row.par or row.count, row.counted_ns)
            for row in _rows_on(ask, plate)
            if row.count is not None
        }
        ask.store.set_restocking(plate.fixture, True)
        weighing.begin(tare_g, state.gain)
        ask.audit("plate.calibrate.begin", str(plate))
        return _again(ask, plate)

    def _weigh(self, ask: Ask, weighing: Weighing) -> Response:
        if weighing.step not in ("weight", "result"):
            return _again(ask, weighing.plate)
        known_g = _grams(ask)
        level_g = self._calm(ask, weighing)
        if level_g is None:
            weighing.known_g = known_g
            return _again(ask, weighing.plate, _not_calm(ask, weighing.plate))
        problem = weighing.weigh(known_g, level_g)
        return _again(ask, weighing.plate, _problem_words(ask, weighing, problem) if problem else "")

    def _save(self, ask: Ask, weighing: Weighing) -> Response:
        if weighing.step != "result":
            return _again(ask, weighing.plate)
        plate = weighing.plate
        ask.store.set_gain(plate, weighing.gain)
        ask.database.save_gain(
            plate, weighing.gain, weighing.known_g, weighing.measured_g, ask.reader.name, ask.console.now_ns()
        )
        ask.audit("plate.calibrate", str(plate), f"gain {weighing.old_gain:.4f} → {weighing.gain:.4f}")
        weighing.step = "off"
        weighing.disturb()
        return _again(ask, plate)

    def _check(self, ask: Ask, weighing: Weighing) -> Response:
        if weighing.step != "off":
            return _again(ask, weighing.plate)
        level_g = self._calm(ask, weighing)
        if level_g is None:
            return _again(ask, weighing.plate, _not_calm(ask, weighing.plate))
        if not weighing.take_off(level_g):
            return _again(ask, weighing.plate, ask.say("The weight is still on. Take it off, and read again."))
        return _again(ask, weighing.plate)

    def _begin_again(self, ask: Ask, weighing: Weighing) -> Response:
        if weighing.step == "result":
            weighing.step = "weight"
        elif weighing.step == "done":
            self._end(ask, weighing)
        return _again(ask, weighing.plate)

    def _leave(self, ask: Ask, weighing: Weighing) -> Response:
        # Whoever leaves the weight on would leave its shop with a count that is wrong; said once, not enforced.
        if weighing.step != "leave" and weighing.is_loaded(ask.store.level_g(weighing.plate)):
            weighing.step = "leave"
            return _again(ask, weighing.plate)
        saved = weighing.step == "done"
        self._end(ask, weighing)
        done = ask.say("The plate is calibrated.") if saved else ask.say("The calibration was ended.")
        return ask.back(f"/devices/scales/{quote(weighing.plate.fixture)}", done=done, plate=_plate_id(weighing.plate))

    def _press(self, ask: Ask, weighing: Weighing) -> Response:
        breaker = ask.store.breaker
        if breaker is None or not _may_simulate(ask):
            raise AskError(ask.say("Only in the demo can a weight be put on by a click."), 404)
        weighing.known_g = _grams(ask)
        breaker.press(weighing.plate, weighing.known_g)
        weighing.disturb()
        return _again(ask, weighing.plate)

    def _lift(self, ask: Ask, weighing: Weighing) -> Response:
        breaker = ask.store.breaker
        if breaker is None or not _may_simulate(ask):
            raise AskError(ask.say("Only in the demo can a weight be taken off by a click."), 404)
        breaker.lift(weighing.plate)
        weighing.disturb()
        return _again(ask, weighing.plate)

    # ---- beginning and end ----------------------------------------------------------------------------------

    def _current(self, ask: Ask, plate: PlateRef) -> Weighing | None:
        """The calibration of a plate; whatever was abandoned ends first."""
        with self._lock:
            old = [known for known in self._weighings.values() if self._clock() - known.begun_s > _ABANDONED_S]
        for weighing in old:
            self._end(ask, weighing)
        with self._lock:
            return self._weighings.get(plate)

    def _end(self, ask: Ask, weighing: Weighing) -> None:
        with self._lock:
            if self._weighings.pop(weighing.plate, None) is None:
                return
            others = any(known.plate.fixture == weighing.plate.fixture for known in self._weighings.values())
        if weighing.step == "empty":
            return
        if ask.store.breaker is not None:
            ask.store.breaker.lift(weighing.plate)
        store = ask.store
        changed = {
            row.index: weighing.counts[row.key]
            for row in _rows_on(ask, weighing.plate)
            if row.key in weighing.counts and (row.count, row.par) != weighing.counts[row.key][:2]
        }
        if changed:
            store.set_counts(changed)
        if not weighing.was_restocking and not others:
            store.set_restocking(weighing.plate.fixture, False)
        ask.audit("plate.calibrate.end", str(weighing.plate))

    def _calm(self, ask: Ask, weighing: Weighing) -> float | None:
        """The level once it is calm, None if it does not become so within some seconds."""
        for _ in range(_LOOKS):
            level_g = ask.store.level_g(weighing.plate)
            if level_g is None or ask.store.snapshot().state != "running":
                return None
            with self._lock:
                weighing.note(ask.store.now_ns / NS_PER_S, level_g)
                calm_g = weighing.calm_g()
            if calm_g is not None:
                return calm_g
            self._pause(_LOOK_S)
        return None


def _plate(ask: Ask) -> PlateRef:
    fixture = ask.text("fixture", limit=200) or ask.query("fixture")
    shelf, plate = ask.number("shelf", 1, 10_000), ask.number("plate", 1, 10_000)
    plate_at(ask, fixture, shelf, plate)
    return PlateRef(FixtureId(fixture), shelf, plate)


def _grams(ask: Ask) -> float:
    text = ask.text("grams", limit=12).strip().replace(",", ".")
    digits = text.replace(".", "", 1)
    known_g = float(text) if digits.isascii() and digits.isdigit() else 0.0
    if not KNOWN_MIN_G <= known_g <= KNOWN_MAX_G:
        raise AskError(
            ask.say(
                "Give the known weight in grams, from %(least)s to %(most)s.",
                least=measured(KNOWN_MIN_G),
                most=measured(KNOWN_MAX_G),
            )
        )
    return known_g


def _rows_on(ask: Ask, plate: PlateRef) -> list[Row]:
    rows = rows_of(ask.store.shop, ask.store.stock())
    return [
        row for row in rows if (row.fixture, row.shelf) == (plate.fixture, plate.shelf) and plate.plate in row.plates
    ]


def _may_simulate(ask: Ask) -> bool:
    return ask.console.demo and ask.store.breaker is not None


def _not_calm(ask: Ask, plate: PlateRef) -> str:
    if ask.store.snapshot().state != "running":
        return ask.say("The store stands still, so nothing new is read. Let it run, then try again.")
    if ask.store.level_g(plate) is None:
        return ask.say("This plate gives no reading. Check its cable and that its scales are on, then try again.")
    return ask.say(
        "The level is not calm. Wait until nobody touches the shelf for %(seconds)s seconds, then try again.",
        seconds=math.ceil(CALM_S),
    )


def _problem_words(ask: Ask, weighing: Weighing, problem: Problem) -> str:
    rose = measured(weighing.measured_g, 1, "g")
    known = measured(weighing.known_g, 1, "g")
    if problem == "fell":
        return ask.say("The level fell by %(fell)s: something was taken away. Begin anew.", fell=rose.removeprefix("-"))
    if problem == "nothing":
        return ask.say(
            "The level rose by only %(rose)s of %(known)s. Put the weight on this very plate, and on no other, "
            "then read again.",
            rose=rose,
            known=known,
        )
    return ask.say(
        "%(known)s were read as %(rose)s: that is a gain of %(gain)s, and no plate is so far off that works "
        "(%(least)s to %(most)s). Check the grams, and that the weight touches no other plate. If both are right, "
        "have the plate replaced.",
        known=known,
        rose=rose,
        gain=measured(weighing.gain, 2),
        least=GAIN_MIN,
        most=GAIN_MAX,
    )


def _calm_words(ask: Ask, level_g: float | None, calm: bool) -> str:
    if level_g is None:
        return ask.say("✕ No reading")
    return ask.say("✓ Calm") if calm else ask.say("~ Not calm yet")


def _query(plate: PlateRef) -> dict[str, str]:
    return {"fixture": plate.fixture, "shelf": str(plate.shelf), "plate": str(plate.plate)}


def _again(ask: Ask, plate: PlateRef, wrong: str = "") -> Response:
    return ask.back(_PATH, wrong=wrong, **_query(plate))


def _plate_id(plate: PlateRef) -> str:
    return f"{plate.shelf}-{plate.plate}"


def _plate_link(plate: PlateRef) -> str:
    return f"/devices/scales/{quote(plate.fixture)}?plate={_plate_id(plate)}#plate"
