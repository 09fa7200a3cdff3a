"""Labelled visits, played again by other people: who takes and puts back what, where and in which order."""

import math
from collections.abc import Mapping

import msgspec
import numpy as np

from benchmarks.twin_recordings import NO_FAULTS, Reenactment, make_options, make_recording, make_stage, weighed_part
from benchmarks.twin_sources import Case, Label, Sources
from benchmarks.twin_stage import LEFT, RIGHT, Person, Stage
from tillfree.catalog.model import Facing
from tillfree.core.ids import ProductId
from tillfree.simulation.furniture import Place

__all__ = ["play_case"]

# What was put down can be taken again so long after (s).
_LIES_S = 1.2


def play_case(sources: Sources, case: Case, seed: int, faults: Mapping[str, float] = NO_FAULTS) -> Reenactment:
    """A labelled visit, played by other people."""
    rng = np.random.default_rng([seed, 30])
    facings = _fit(sources, sources.facings(case.planogram), case)
    shop = sources.shop(facings)
    options = make_options(f"RE-{case.name}-{seed}", seed, faults)
    stage = make_stage(weighed_part(shop, case.planogram), options, rng)
    names = list(dict.fromkeys(label.who for label in case.labels)) or ["somebody"]
    entry_s, people = float(rng.uniform(1.8, 4.2)), {}
    for name in names:
        people[name] = stage.enter(entry_s)
        entry_s += float(rng.uniform(0.5, 1.6))
    if not case.labels:
        stage.look_around(people["somebody"])
    last_s, labels = 0.0, list(case.labels)
    while labels:
        together = [labels.pop(0)]
        if labels and _same(together[0], labels[0]):
            together.append(labels.pop(0))
        last_s = _play(stage, people, together, last_s, rng)
    return make_recording(sources, shop, case.planogram, options, stage.script(), rng)


def _same(one: Label, other: Label) -> bool:
    """Whether two people take the same at the same moment."""
    return (
        one.when == other.when
        and one.who != other.who
        and not (one.is_put or other.is_put)
        and (one.fixture, one.shelf, one.plates, one.products)
        == (other.fixture, other.shelf, other.plates, other.products)
    )


def _play(
    stage: Stage, people: dict[str, Person], labels: list[Label], last_s: float, rng: np.random.Generator
) -> float:
    """One label, or two at once; returns the time of the last act."""
    if labels[0].is_put:
        return _play_put(stage, people, labels[0], last_s, rng)
    plans: list[tuple[Person, list[Place], list[int]]] = []
    step_s = last_s + float(rng.uniform(0.4, 1.5))
    for number, label in enumerate(labels):
        places = _places(stage, label)
        if not places:
            continue
        person = people[label.who]
        places.sort(key=lambda place: place.middle_m, reverse=True)
        hands, aside_m = [stage.hand()], float(rng.uniform(0.24, 0.32)) if number else None
        if len(places) > 1:
            # The left hand takes the last one at the left, the body stands between.
            hands = [RIGHT] * (len(places) - 1) + [LEFT]
            aside_m = (places[0].middle_m - places[-1].middle_m) / 2 + 0.05
        step_s = max(step_s, stage.stand(person, places[0], hands[0], aside_m=aside_m))
        # What somebody has just put down there is what is taken, once it lies.
        lying = [stage.lying(place.product.id, place, math.inf) for place in places]
        step_s = max([step_s, *(loose.since_s + _LIES_S for loose in lying if loose is not None)])
        plans.append((person, places, hands))
    for person, places, hands in plans:
        moved: set[int] = set()
        for place, hand in zip(places, hands, strict=True):
            loose = stage.lying(place.product.id, place, step_s - 1.0)
            stage.take(person, place, step_s, hand, lying=loose, moves=hand not in moved)
            moved.add(hand)
            last_s = step_s
            step_s += float(rng.uniform(0.0, 0.1))
        step_s += float(rng.uniform(0.0, 0.4)) if rng.random() < 0.5 else 0.0
    return last_s


def _play_put(stage: Stage, people: dict[str, Person], label: Label, last_s: float, rng: np.random.Generator) -> float:
    person = people[label.who]
    for product in label.products:
        item = next((item for item in person.held if item.product.id == product), None)
        # Some labels put back what nobody is said to have taken: then it is whatever was taken last.
        item = item or (person.held[-1] if person.held else None)
        place = None if item is None else stage.place(item.product.id, label.fixture, label.shelf, label.plates)
        if item is None or place is None:
            continue
        hand = stage.hand()
        last_s = max(stage.stand(person, place, hand), last_s + float(rng.uniform(0.4, 1.5)))
        stage.put(person, item, place, last_s, hand)
    return last_s


def _places(stage: Stage, label: Label) -> list[Place]:
    """Where the products of a label are taken; where it names none, or an unknown one, what the planogram has there."""
    there = [
        place
        for place in stage.furniture.places
        if (place.shelf.fixture_id, place.shelf.shelf.index) == (label.fixture, label.shelf)
    ]
    places: list[Place] = []
    for number, product in enumerate(label.products or (ProductId(""),)):
        plates = _plates_of(label, number)
        own = next((p for p in there if p.product.id == product and set(p.facing.plates) & set(plates)), None)
        # A label may name more plates than the product has.
        within = tuple(plate for plate in plates if own is None or plate in own.facing.plates)
        place = stage.place(product, label.fixture, label.shelf, within)
        if place is None:
            own = place = next((p for p in there if set(p.facing.plates) & set(plates)), None)
        # What stands on one plate stands on the plate of the label; what needs several lies in its facing.
        if place is not None and own is not None and own.weight_g < 200.0:
            place = own
        if place is not None:
            places.append(place)
    return places


def _fit(sources: Sources, facings: list[Facing], case: Case) -> list[Facing]:
    """A planogram in which everything lies where the labels say it was taken."""
    fitted = list(facings)
    put: list[Label] = []
    for label in case.labels:
        if label.is_put:
            put.append(label)
            continue
        for number, product in enumerate(label.products):
            plates = _plates_of(label, number)
            known = any(p.id == product for p in sources.products)
            count = sources.plate_count(label.fixture, label.shelf)
            plates = tuple(plate for plate in plates if plate <= count)
            if not known or not plates or any(product in back.products and _overlap(back, label) for back in put):
                continue
            if any(f.product == product and _on(f, label) and set(f.plates) & set(plates) for f in fitted):
                continue
            fitted = [kept for f in fitted if (kept := _without(f, label, plates)) is not None]
            fitted.append(Facing(product, label.fixture, label.shelf, plates))
    return fitted


def _plates_of(label: Label, number: int) -> tuple[int, ...]:
    """The plates of one product of a label: of several products, each has a plate of its own if there are as many."""
    apart = len(set(label.products)) > 1 and len(label.plates) == len(label.products)
    return (label.plates[number],) if apart else label.plates


def _overlap(one: Label, other: Label) -> bool:
    """Whether two labels speak of the same place."""
    return (one.fixture, one.shelf) == (other.fixture, other.shelf) and bool(set(one.plates) & set(other.plates))


def _on(facing: Facing, label: Label) -> bool:
    return (facing.fixture, facing.shelf) == (label.fixture, label.shelf)


def _without(facing: Facing, label: Label, plates: tuple[int, ...]) -> Facing | None:
    """The facing without plates that something else needs; None where nothing is left of it."""
    if not _on(facing, label) or not set(facing.plates) & set(plates):
        return facing
    runs = _runs(tuple(plate for plate in facing.plates if plate not in plates))
    return msgspec.structs.replace(facing, plates=max(runs, key=len)) if runs else None


def _runs(plates: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Plates side by side."""
    runs: list[list[int]] = []
    for plate in plates:
        if runs and runs[-1][-1] == plate - 1:
            runs[-1].append(plate)
        else:
            runs.append([plate])
    return [tuple(run) for run in runs]
