"""All explanations of one change in one hypothesis: which things moved, and who moved them."""

import itertools
import math
from collections.abc import Callable, Iterator
from itertools import chain

import msgspec

from tillfree.core.ids import UNKNOWN_PRODUCT, EventId, VisitId
from tillfree.core.time import NS_PER_MS
from tillfree.fusion.bodies import Reach
from tillfree.fusion.fits import Key, ShelfFits, could_be
from tillfree.fusion.loads import Load
from tillfree.fusion.options import Fit, Option, ShelfOptions
from tillfree.fusion.parameters import Model
from tillfree.fusion.state import NOBODY, Act, Hypothesis, Item, OpenLoad, Placed

__all__ = ["Explanation", "Scene", "View", "explanations", "view_of"]

# Nothing is taken and put somewhere else in less than this.
_IN_HAND_NS = 400 * NS_PER_MS
# Two hands at places this far apart (metres) are two pieces of evidence.
_TWO_HANDS_M = 0.4
# Explanations this much (natural logarithm) below the best one are not worth keeping.
_GOOD_ENOUGH = 9.5
# Less than this is hardly an item that the catalogue does not know.
_UNKNOWN_LEAST_G = 15.0
# A load that no one hand or item would spread so over the plates: log penalty. Two hands may press at two places; to
# lift at many without taking anything is odder.
_ODD_PRESS = 8.0
_ODD_LIFT = 14.0


class Explanation(msgspec.Struct, frozen=True, eq=False):
    """One way to see a change, given a hypothesis: its log-likelihood and what it does to the hypothesis."""

    log_likelihood: float
    acts: tuple[Act, ...]
    taken: tuple[tuple[VisitId, Item], ...] = ()
    removed: tuple[tuple[VisitId, Item], ...] = ()
    put: tuple[Placed, ...] = ()
    unplaced: tuple[Placed, ...] = ()
    opened: OpenLoad | None = None
    settled: tuple[OpenLoad, ...] = ()


class Scene(msgspec.Struct, frozen=True, eq=False):
    """A change as the hypotheses look at it: the shelf, the people near it, and a memory of what is known already.

    `elsewhere` says how many items a visit holds that other groups know of: taken after a time, and before it;
    `before_g` how much the same plates changed just before.
    """

    change: EventId
    time_ns: int
    step_ns: int
    shelf: ShelfOptions
    people: tuple[VisitId, ...]
    reach: Callable[[VisitId, float], Reach]
    elsewhere: Callable[[VisitId, int], tuple[float, float]]
    model: Model
    before_g: float
    fits: ShelfFits
    puts: dict[Key, Option] = msgspec.field(default_factory=dict)
    ways: dict[Key, list[Explanation]] = msgspec.field(default_factory=dict)
    idle: dict[Key, list[Explanation]] = msgspec.field(default_factory=dict)


class View(msgspec.Struct, frozen=True, eq=False):
    """What of a hypothesis matters to a change: foreign items on the shelf, items in hands, loads not explained.

    Hypotheses with equal `key` have the same explanations, which are worked out once.
    """

    key: Key
    placed: tuple[Placed, ...]
    held: tuple[tuple[VisitId, tuple[Item, ...]], ...]
    settled: tuple[OpenLoad, ...]


def view_of(scene: Scene, hypothesis: Hypothesis, load: Load, settled: tuple[OpenLoad, ...]) -> View:
    """The part of a hypothesis that the change of `load` concerns."""
    placed = tuple(p for p in hypothesis.placed if p.shelf == scene.shelf.ref)
    held: tuple[tuple[VisitId, tuple[Item, ...]], ...] = ()
    if scene.fits.hands_matter(load, tuple(o.key for o in settled)):
        near = [visit for visit in scene.people if visit in hypothesis.held]
        if not any(could_be(load, item) for visit in near for item in hypothesis.held[visit]):
            # Nobody near holds such a thing: perhaps somebody gave it to them unseen.
            near = sorted(hypothesis.held)
        held = tuple((visit, hypothesis.held[visit]) for visit in near)
    key = (
        tuple(o.key for o in settled),
        tuple((p.item.key, p.centre) for p in placed),
        tuple((visit, tuple(i.key for i in items)) for visit, items in held),
    )
    return View(key, placed, held, settled)


def explanations(scene: Scene, view: View, load: Load) -> list[Explanation]:
    """Every explanation worth keeping of `load` (which contains the view's settled loads), best first."""
    known = scene.ways.get(view.key)
    if known is not None:
        return known
    load_key = tuple(o.key for o in view.settled)
    if load_key not in scene.idle:
        scene.idle[load_key] = list(_without_transfer(scene, load, view.settled))
    found = scene.idle[load_key]
    puts, choice = _puts(scene, view)
    placed = [scene.shelf.take_placed(p) for p in view.placed]
    fits = scene.fits.everything(load, load_key, placed, puts)
    best = max((f.log_likelihood for f in fits), default=-math.inf)
    deeds = [d for fit in fits if fit.log_likelihood > best - _GOOD_ENOUGH for d in _by_person(scene, fit, choice)]
    top = max(chain((e.log_likelihood for e in found), (d.log_likelihood for d in deeds)))
    found = [e for e in found if e.log_likelihood > top - _GOOD_ENOUGH]
    found += [_explanation(scene, load, d, view.settled) for d in deeds if d.log_likelihood > top - _GOOD_ENOUGH]
    found.sort(key=lambda e: -e.log_likelihood)
    scene.ways[view.key] = found
    return found


def _choice(count: int, newer: float, older: float) -> list[float]:
    """Which of the items held is put back: half as often with each one farther back, the newest first.

    Other groups of events know of `newer` and `older` items in these hands, which this change does not concern.
    """
    weights = [0.5 ** (1.0 + min(index + newer, 6.0)) for index in range(count)]
    return [weight / (1.0 - 0.5 ** (count + newer + older)) for weight in weights]


def _puts(scene: Scene, view: View) -> tuple[list[Option], dict[Key, float]]:
    """What may come out of hands, and the log prior that it is this one of the things its holder holds."""
    options: list[Option] = []
    choice: dict[Key, float] = {}
    for visit, items in view.held:
        # Units of one product and weight are one possibility, not several.
        kinds: dict[tuple[str, int], tuple[Item, float]] = {}
        newer, older = scene.elsewhere(visit, items[-1].taken_ns) if items else (0.0, 0.0)
        for item, chance in zip(reversed(items), _choice(len(items), newer, older), strict=True):
            twin = (item.product, round(item.mean_g))
            first, so_far = kinds.get(twin, (item, 0.0))
            kinds[twin] = (first, so_far + chance)
        for item, chance in kinds.values():
            key = (visit, *item.key)
            if scene.step_ns - item.taken_ns < _IN_HAND_NS:
                continue
            option = scene.puts.get(key)
            if option is None:
                option = scene.puts[key] = scene.shelf.put(visit, item)
            options.append(option)
            choice[option.key] = math.log(chance)
    return options, choice


# ---- nothing changes hands --------------------------------------------------------------------------------------


def _without_transfer(scene: Scene, load: Load, settled: tuple[OpenLoad, ...]) -> Iterator[Explanation]:
    model, shelf = scene.model, scene.shelf
    somewhere = -math.log(shelf.grid.plates) - 2.0
    centre = _middle(load)
    person, ratio = _likeliest(scene, centre)
    total, sigma = load.total_g, load.total_sigma_g
    # A hand rests on the shelf, or something is half lifted: wait for what comes next.
    mean_g, rate = (model.hold_mean_g, model.log_hold) if settled else (model.press_mean_g, model.log_touch)
    step = load.delta
    for earlier_load in settled:
        step = step - earlier_load.delta
    stepped = max(abs(float(step.sum())), float(abs(step).sum()) - 2.0 * sigma)
    press = -stepped / mean_g - math.log(2 * mean_g)
    earlier = sum((o.changes for o in settled), ())
    changes = (*earlier, scene.change)
    # Two hypotheses may have left other things open before: the key names all that is in the load.
    key = EventId("+".join(changes))
    opened = OpenLoad(shelf.ref, key, scene.time_ns, load.delta, load.sigma, changes, centre)
    if float(abs(load.delta).max()) > model.unsettled_g and person and scene.reach(person, centre).stayed is False:
        rate += model.log_hold_and_leave
    act = Act("touch", person, shelf=shelf.ref, centre=centre, terms=(("weight", press), ("person", ratio)))
    # A hand lies on a shelf as an item does: its load is spread in the same ways, at any place.
    spread = shelf.grid.misfit(step, load.sigma, load.seen)
    odd = _ODD_PRESS if total > 0 else _ODD_LIFT
    place = max(shelf.anywhere(spread), somewhere - odd)
    yield Explanation(rate + press + place + ratio, (act,), opened=opened, settled=settled)
    if scene.before_g:
        # A hand that still lay on what it had put down has let go; a heavy bottle has stopped ringing.
        rest_g = model.rest_share * scene.before_g + 5.0
        calm_down = -abs(total) / rest_g - math.log(2.0 * rest_g)
        act = Act("touch", person, shelf=shelf.ref, centre=centre, terms=(("weight", calm_down), ("person", ratio)))
        yield Explanation(model.log_rest + calm_down + place + ratio, (act,), settled=settled)
    # Levels before and after are the same in sum: a hand came off, or something was moved along the shelf.
    calm = math.hypot(sigma, 3.0, 0.03 * max((float(abs(o.delta).sum()) for o in settled), default=0.0))
    if abs(total) < 5.0 * calm:
        same = -0.5 * (total / calm) ** 2 - math.log(calm * math.sqrt(2 * math.pi))
        rate = 0.0 if settled else model.log_shift
        # Something nudged along the shelf shifts a little from plate to plate; what shifts much was carried.
        place = (-1.0 if settled else somewhere) - float(abs(load.delta).max()) / model.nudge_mean_g
        act = Act("touch", person, shelf=shelf.ref, centre=centre, terms=(("weight", same), ("person", ratio)))
        # What is left of it is not forgotten while the hand is there: a thing held for long goes little by little.
        rest = opened if abs(total) > calm else None
        yield Explanation(rate + same + place + ratio, (act,), opened=rest, settled=settled)
    unknown = -math.log(max(abs(total), 5.0) * math.log(1000.0))
    place = max(shelf.anywhere(scene.fits.misfit(load, tuple(o.key for o in settled))), somewhere - odd)
    if person and -total > max(_UNKNOWN_LEAST_G, 0.5 * float(abs(load.delta).max())):
        # Something left that nothing here explains: better an unknown item, and a review, than a wrong one or none.
        origin, variance = f"{scene.change}:unknown", (0.05 * total) ** 2 + sigma**2
        item = Item(UNKNOWN_PRODUCT, -total, variance, origin, (scene.change,), scene.step_ns)
        act = Act("take", person, product=UNKNOWN_PRODUCT, shelf=shelf.ref, centre=centre, terms=(("person", ratio),))
        likelihood = model.log_unknown_item + unknown + place + ratio
        yield Explanation(likelihood, (act,), taken=((person, item),), settled=settled)
    act = Act("restock" if total > 0 else "unexplained", shelf=shelf.ref, centre=centre, terms=(("weight", unknown),))
    rare = model.log_restock if total > 0 else model.log_unexplained
    yield Explanation(rare + unknown + place, (act,), settled=settled)


def _middle(load: Load) -> float:
    weight = abs(load.delta)
    total = float(weight.sum())
    plates = range(len(weight))
    return sum((p + 0.5) * float(w) for p, w in zip(plates, weight, strict=True)) / total if total else 0.0


def _likeliest(scene: Scene, centre: float) -> tuple[VisitId, float]:
    best = (NOBODY, scene.model.log_nobody)
    for visit in scene.people:
        ratio = scene.reach(visit, centre).log_ratio
        if ratio > best[1]:
            best = (visit, ratio)
    return best


# ---- who did it -------------------------------------------------------------------------------------------------


class _Part(msgspec.Struct, frozen=True, eq=False):
    """One option done by one person: the person term, and for an item that came from elsewhere, its holder."""

    option: Option
    centre: float
    visit: VisitId
    ratio: float


def _doers(scene: Scene, option: Option, centre: float) -> list[_Part]:
    parts: list[_Part] = []
    for visit in scene.people:
        reach = scene.reach(visit, centre)
        ratio = reach.log_ratio + (scene.model.log_act_and_stay if reach.stayed else 0.0)
        if option.holder not in (NOBODY, visit):
            ratio += scene.model.log_unseen_hand_over
        parts.append(_Part(option, centre, visit, ratio))
    if option.holder != NOBODY and option.holder not in scene.people:
        parts.append(_Part(option, centre, option.holder, scene.reach(option.holder, centre).log_ratio))
    if option.holder == NOBODY:
        parts.append(_Part(option, centre, NOBODY, scene.model.log_nobody))
    return parts


class _Deed(msgspec.Struct, frozen=True, eq=False):
    """A fit with the people who did it."""

    fit: Fit
    parts: tuple[_Part, ...]
    habit: float

    @property
    def log_likelihood(self) -> float:
        return self.fit.log_likelihood + self.habit


def _by_person(scene: Scene, fit: Fit, choice: dict[Key, float]) -> Iterator[_Deed]:
    model = scene.model
    chosen = sum(choice.get(option.key, 0.0) for option in fit.options)
    if len(fit.options) == 1:
        rate = {1: model.log_one, 2: model.log_pair_same, 3: model.log_three}[fit.quantity] + chosen
        for part in _doers(scene, fit.options[0], fit.centres[0]):
            yield _Deed(fit, (part,), rate + part.ratio)
        if fit.quantity == 2:
            yield from _one_each(scene, fit, chosen)
        return
    doers = [_doers(scene, option, centre) for option, centre in zip(fit.options, fit.centres, strict=True)]
    for parts in itertools.product(*doers):
        if any(_same_place(one, two) and two.visit < one.visit for one, two in itertools.combinations(parts, 2)):
            continue  # two units of one thing at one place: who took which of them makes no difference
        by_visit: dict[VisitId, list[_Part]] = {}
        for part in parts:
            by_visit.setdefault(part.visit, []).append(part)
        rate = sum(_rate(model, mine) for mine in by_visit.values()) + (len(by_visit) - 1) * model.log_together
        person = sum(_person(scene, mine) for mine in by_visit.values())
        yield _Deed(fit, parts, rate + person + chosen)


def _same_place(one: _Part, two: _Part) -> bool:
    return one.option.key == two.option.key and abs(one.centre - two.centre) < 0.5


def _rate(model: Model, parts: list[_Part]) -> float:
    """How common it is that somebody who acts does just this at once, measured by one thing alone."""
    if len(parts) == 1:
        return 0.0
    if len(parts) > 2:
        return model.log_three
    first, second = (part.option for part in parts)
    if first.sign != second.sign:
        return model.log_exchange
    return model.log_pair_same if first.key == second.key else model.log_pair_other


def _person(scene: Scene, parts: list[_Part]) -> float:
    """The person term of what one visit did at once: at one place a single piece of evidence, at two places two."""
    ratios = [part.ratio for part in parts]
    mean = sum(ratios) / len(ratios)
    if len(parts) == 1:
        return mean
    ordered = sorted(parts, key=lambda part: part.centre)
    left, right = scene.shelf.grid.shelf.plates[0]
    apart_m = (ordered[-1].centre - ordered[0].centre) * (right - left)
    both = min(1.0, apart_m / _TWO_HANDS_M)
    return (1.0 - both) * mean + both * (ordered[0].ratio + ordered[-1].ratio)


def _one_each(scene: Scene, fit: Fit, chosen: float) -> Iterator[_Deed]:
    """Two units of one product that two people took from one place."""
    single = msgspec.structs.replace(fit, options=fit.options * 2, quantity=1, centres=fit.centres * 2)
    doers = _doers(scene, fit.options[0], fit.centres[0])
    for index, one in enumerate(doers):
        for two in doers[index + 1 :]:
            yield _Deed(single, (one, two), scene.model.log_together + one.ratio + two.ratio + chosen)


def _explanation(scene: Scene, load: Load, deed: _Deed, settled: tuple[OpenLoad, ...]) -> Explanation:
    fit, parts, habit = deed.fit, deed.parts, deed.habit
    taken: list[tuple[VisitId, Item]] = []
    removed: list[tuple[VisitId, Item]] = []
    put: list[Placed] = []
    unplaced: list[Placed] = []
    acts: list[Act] = []
    model, shelf = scene.model, scene.shelf
    expected = sum(p.option.sign * (p.option.weight_g or 0.0) for p in parts) * fit.quantity
    scale = load.total_g / expected if expected and expected * load.total_g > 0 else 1.0
    evidence = (*sum((o.changes for o in settled), ()), scene.change)
    for index, part in enumerate(parts):
        option = part.option
        terms = (("weight", fit.weight), ("place", fit.place), ("person", part.ratio), ("habit", habit - part.ratio))
        if option.sign > 0:
            assert option.item is not None
            removed.append((option.holder, option.item))
            home = shelf.is_home(option.product, part.centre)
            if not home:
                put.append(Placed(option.item, shelf.ref, part.centre, home=False))
            if option.holder != part.visit:
                acts.append(
                    Act("hand_over", option.holder, part.visit, option.product, 1, shelf.ref, part.centre, terms)
                )
            acts.append(Act("put_back", part.visit, NOBODY, option.product, 1, shelf.ref, part.centre, terms))
            continue
        for unit in range(fit.quantity):
            if option.placed is not None and option.item is not None:
                unplaced.append(option.placed)
                item = msgspec.structs.replace(
                    option.item, evidence=(*option.item.evidence, *evidence), taken_ns=scene.step_ns
                )
            else:
                origin = f"{scene.change}:{index * 3 + unit}"
                item = _weighed(option, load.total_g, scale, origin, evidence, model)
                item = msgspec.structs.replace(item, taken_ns=scene.step_ns)
            taken.append((part.visit, item))
        acts.append(Act("take", part.visit, NOBODY, option.product, fit.quantity, shelf.ref, part.centre, terms))
    return Explanation(
        fit.log_likelihood + habit,
        _together(acts),
        tuple(taken),
        tuple(removed),
        tuple(put),
        tuple(unplaced),
        None,
        settled,
    )


def _together(acts: list[Act]) -> tuple[Act, ...]:
    """Two acts that say the same become one of twice the quantity."""
    out: list[Act] = []
    for act in acts:
        same = next((i for i, a in enumerate(out) if a.key[:4] == act.key[:4]), None)
        if same is None:
            out.append(act)
        else:
            out[same] = msgspec.structs.replace(out[same], quantity=out[same].quantity + act.quantity)
    return tuple(out)


def _weighed(
    option: Option, total_g: float, scale: float, origin: str, evidence: tuple[EventId, ...], model: Model
) -> Item:
    """A unit taken from its facing: the catalogue's weight, sharpened by what the plates read."""
    if option.weight_g is None:
        return Item(option.product, abs(total_g), (0.1 * total_g) ** 2 + 4.0, origin, evidence)
    read, read_variance = option.weight_g * scale, (model.scale_spread * option.weight_g) ** 2 + 4.0
    gain = option.variance_g2 / (option.variance_g2 + read_variance)
    mean = option.weight_g + gain * (read - option.weight_g)
    return Item(option.product, round(mean, 2), round((1 - gain) * option.variance_g2, 3), origin, evidence)
