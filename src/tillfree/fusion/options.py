"""What could be behind one change of one shelf, and how well each possibility fits the plates.

An `Option` is one thing coming or going: a unit from its facing, a foreign item lying there, an item out of
somebody's hands. A `Fit` is a set of one to three options with the log-likelihood of the change given that set, the
positions on the shelf summed out. Who did it is not decided here.
"""

import math

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.catalog.model import Facing, Product, Shop
from tillfree.core.ids import ProductId, ShelfRef, VisitId
from tillfree.fusion.loads import Floats, Load
from tillfree.fusion.parameters import Model, log_student, log_sum
from tillfree.fusion.shelves import GRID_PER_PLATE, ShelfGrid
from tillfree.fusion.state import NOBODY, Item, Placed

__all__ = ["Fit", "Option", "ShelfOptions"]

Rows = npt.NDArray[np.int64]


_SECOND_WITHIN_PLATES = 4.0
# Log penalty per share of an item beyond its facing.
_OVERHANG = 12.0
# An item of which less than this share is seen is judged by what it would leak.
_HALF = 0.5
# So many pairs of positions are looked at before one is chosen to look closer.
_COARSE_MAX = 40_000
# The positions summed out about the best pair of positions.
_ABOUT_PLATES = 0.7
# What a first thing leaves unexplained is notable from so many standard deviations on.
_NOTABLE = 3.0


class Option(msgspec.Struct, frozen=True, eq=False):
    """One thing that may have come (`sign` +1) or gone (-1).

    `kind` is "home" (a unit from its facing), "placed" (an item put there before) or "held" (out of a visit's hands).
    `weight_g` is None where the catalogue has none. `rows` are the positions it may be at, with log priors; `cover` is
    the greatest share of its weight that each plate may bear then.
    """

    key: tuple[object, ...]
    kind: str
    sign: int
    product: ProductId
    weight_g: float | None
    variance_g2: float
    rows: Rows
    log_place: Floats
    cover: Floats
    holder: VisitId = NOBODY
    item: Item | None = None
    placed: Placed | None = None


class Fit(msgspec.Struct, frozen=True, eq=False):
    """A set of options that may explain a load: log-likelihood by term, and where each thing was.

    `centres` are mean positions in plates, `rows` the most probable rows of the grid.
    """

    options: tuple[Option, ...]
    quantity: int
    weight: float
    place: float
    centres: tuple[float, ...]
    rows: tuple[int, ...] = ()

    @property
    def log_likelihood(self) -> float:
        """Weight and place together."""
        return self.weight + self.place


class ShelfOptions:
    """The facings of one shelf, and the arithmetic of fitting options to its loads."""

    def __init__(self, shop: Shop, ref: ShelfRef, grid: ShelfGrid, model: Model) -> None:
        self.ref = ref
        self.grid = grid
        self._model = model
        self._products: dict[ProductId, Product] = shop.product_index()
        self._facings = [f for f in shop.facings_on(ref) if f.product in self._products and f.plates]
        self._uniform = -math.log(grid.plates * GRID_PER_PLATE)
        self._homes: dict[ProductId, list[tuple[float, float]]] = {}
        for facing in self._facings:
            self._homes.setdefault(facing.product, []).append(_span(facing))
        self._home_options = [self._home(product, spans) for product, spans in self._homes.items()]
        self._anywhere = np.arange(len(grid.centre))
        self._load_widths = grid.log_width(None)
        self._everywhere = self._cover(self._anywhere)
        self._put_places: dict[ProductId, Floats] = {}

    # ---- what might have moved ------------------------------------------------------------------------------

    def _unit(self, product: ProductId) -> tuple[float | None, float]:
        known = self._products.get(product)
        if known is None or known.weight_g is None or not 0.0 < known.weight_g < math.inf:
            return None, 0.0
        spread = known.weight_sigma_g
        return known.weight_g, (spread if spread is not None else known.weight_g * self._model.unit_spread) ** 2

    def _home(self, product: ProductId, spans: list[tuple[float, float]]) -> Option:
        rows = np.unique(np.concatenate([self.grid.rows_between(*span) for span in spans]))
        weight, variance = self._unit(product)
        log_place = self.grid.log_width(weight)[rows] + self._uniform - _OVERHANG * self._overhang(rows, spans)
        return Option(("home", product), "home", -1, product, weight, variance, rows, log_place, self._cover(rows))

    def _cover(self, rows: Rows) -> Floats:
        found: Floats = self.grid.shares[rows].max(axis=0)
        return found

    def _overhang(self, rows: Rows, spans: list[tuple[float, float]]) -> Floats:
        """The share of an item at each row that would lie beyond its facing; a little of it is common."""
        inside = np.zeros(self.grid.plates, dtype=np.bool_)
        for left, right in spans:
            inside[max(0, round(left)) : round(right)] = True
        beyond: Floats = np.maximum(0.0, self.grid.shares[np.ix_(rows, np.flatnonzero(~inside))].sum(axis=1) - 0.15)
        return beyond

    def is_home(self, product: ProductId, centre: float) -> bool:
        """Whether a place on this shelf is a facing of the product."""
        return any(left <= centre <= right for left, right in self._homes.get(product, ()))

    def takes(self, load: Load) -> list[Option]:
        """Units that may have gone from their facings near the plates that moved."""
        low, high = self._moved_range(load)
        centre = self.grid.centre
        return [o for o in self._home_options if centre[o.rows].max() >= low and centre[o.rows].min() <= high]

    def _moved_range(self, load: Load) -> tuple[float, float]:
        """Left and right end (in plates) of what moved or is missing, a plate wider on both sides."""
        moved = np.flatnonzero(self.grid.moved(load.delta, load.sigma) | ~load.seen)
        return (float(moved.min()) - 1.0, float(moved.max()) + 2.0) if len(moved) else (0.0, float(len(load.delta)))

    def take_placed(self, placed: Placed) -> Option:
        """An item that was put down on this shelf may have gone."""
        near = self.grid.rows_between(placed.centre - 0.6, placed.centre + 0.6)
        item, model = placed.item, self._model
        bonus = math.log(model.take_foreign / (1 - model.take_foreign))
        log_place = self.grid.log_width(item.mean_g)[near] + self._uniform + bonus
        key = ("placed", *item.key, round(placed.centre, 1))
        variance = item.variance_g2
        cover = self._cover(near)
        return Option(
            key, "placed", -1, item.product, item.mean_g, variance, near, log_place, cover, NOBODY, item, placed
        )

    def put(self, visit: VisitId, item: Item) -> Option:
        """An item out of a visit's hands may have come: home with the habit's probability, else anywhere."""
        log_place = self._put_places.get(item.product)
        if log_place is None:
            log_place = self._put_places[item.product] = self._put_place(item.product)
        return Option(
            ("held", visit, *item.key),
            "held",
            1,
            item.product,
            item.mean_g,
            item.variance_g2,
            self._anywhere,
            log_place,
            self._everywhere,
            visit,
            item,
        )

    def _put_place(self, product: ProductId) -> Floats:
        model, grid = self._model, self.grid
        log_place = np.full(len(grid.centre), math.log(1 - model.put_home) - math.log(30.0) + self._uniform)
        spans = self._homes.get(product)
        if spans:
            home = np.zeros(len(grid.centre), dtype=np.bool_)
            for span in spans:
                home[grid.rows_between(*span)] = True
            positions = home.sum() / 3
            log_place[home] = math.log(model.put_home) - math.log(max(1.0, float(positions)))
        places: Floats = log_place + grid.log_width(self._unit(product)[0])
        return places

    def anywhere(self, misfit: Floats) -> float:
        """How well some load at any place of the shelf explains how a change is spread: as log-likelihood.

        `misfit` is that of every row of the grid.
        """
        fits = misfit + self._load_widths + self._uniform
        top = float(fits.max())
        return top + math.log(float(np.exp(fits - top).sum()))

    # ---- how well it fits -----------------------------------------------------------------------------------

    def fit_one(self, load: Load, option: Option, misfit: Floats, quantity: int = 1) -> Fit:
        """One option (several units of it at one place) against a load; `misfit` is that of every row of the grid."""
        rows = option.rows
        visible = self.grid.shares[np.ix_(rows, np.flatnonzero(load.seen))].sum(axis=1)
        place = misfit[rows] + option.log_place
        if load.whole:
            weight = self._weight(load, [(option, quantity)], 1.0)
            return self._summed((option,), quantity, weight, place, (rows,))
        if option.weight_g is not None:
            # What stands on a plate that weighs nothing shows beside it only, as a leak.
            expected = option.sign * quantity * option.weight_g * self.grid.shares[rows]
            place = np.where(visible < _HALF, self._fixed_misfit(load, expected) + option.log_place, place)
        steps = np.round(visible, 2)
        weights = {v: self._weight(load, [(option, quantity)], float(v)) for v in np.unique(steps).tolist()}
        each = np.array([weights[v] for v in steps.tolist()])
        best = float(each.max())
        return self._summed((option,), quantity, best, place + (each - best), (rows,))

    def fit_two(self, load: Load, first: Option, second: Option) -> Fit | None:
        """Two options at once; None where nothing moved where they may be.

        The best pair of positions is sought on a coarse grid; all positions about it are then summed out.
        """
        if first.weight_g is None or second.weight_g is None:
            return None
        weight = self._weight(load, [(first, 1), (second, 1)], 1.0)
        span = self._moved_range(load)
        one, two = self._within(first, *span), self._within(second, *span)
        if not len(one) or not len(two):
            return None
        # Long shelves of which nothing is seen are looked at less closely.
        stride = max(1, math.isqrt(len(one) * len(two) // _COARSE_MAX))
        one, two = one[one % 2 == 0][::stride], two[two % 2 == 0][::stride]
        if not len(one) or not len(two):
            return None
        best = int(np.argmax(self._pair_place(load, first, second, one, two)))
        at_one, at_two = self.grid.centre[one[best // len(two)]], self.grid.centre[two[best % len(two)]]
        one = self._within(first, at_one - _ABOUT_PLATES, at_one + _ABOUT_PLATES)
        two = self._within(second, at_two - _ABOUT_PLATES, at_two + _ABOUT_PLATES)
        place = self._pair_place(load, first, second, one, two)
        # The second thing lies near the first or near another hand that is there, so its place is no free choice among
        # all of the shelf.
        place += math.log(max(1.0, self.grid.plates / _SECOND_WITHIN_PLATES))
        return self._summed((first, second), 1, weight, place, (np.repeat(one, len(two)), np.tile(two, len(one))))

    def fit_more(self, load: Load, fit: Fit, third: Option) -> Fit | None:
        """One more option than a fit has, all going or all coming; the things of the fit stay where they were best."""
        options = (*fit.options, third)
        if any(o.weight_g is None or o.sign != third.sign for o in options):
            return None
        weight = self._weight(load, [(option, 1) for option in options], 1.0)
        rows = self._within(third, *self._moved_range(load))
        if not len(rows) or (load.whole and weight < -14.0):
            return None
        there = self._expected(fit)
        misfit = self.grid.mixture_misfit(
            load.delta, load.sigma, load.seen, there + third.sign * (third.weight_g or 0.0) * self.grid.shares[rows]
        )
        alone = float(self.grid.mixture_misfit(load.delta, load.sigma, load.seen, there[None, :])[0])
        place = misfit + third.log_place[np.searchsorted(third.rows, rows)] + (fit.place - alone)
        place += math.log(max(1.0, self.grid.plates / _SECOND_WITHIN_PLATES))
        found = self._summed((third,), 1, weight, place, (rows,))
        return msgspec.structs.replace(
            found, options=options, centres=(*fit.centres, *found.centres), rows=(*fit.rows, *found.rows)
        )

    def _expected(self, fit: Fit) -> Floats:
        """What the plates would read of a fit at its best places; shape (plates,), grams."""
        each = [o.sign * (o.weight_g or 0.0) * self.grid.shares[r] for o, r in zip(fit.options, fit.rows, strict=True)]
        total: Floats = fit.quantity * np.sum(each, axis=0)
        return total

    def _within(self, option: Option, left: float, right: float) -> Rows:
        """The option's rows whose centre lies between two positions."""
        centre = self.grid.centre[option.rows]
        found: Rows = option.rows[(centre > left) & (centre < right)]
        return found

    def _pair_place(self, load: Load, first: Option, second: Option, one: Rows, two: Rows) -> Floats:
        """Log-likelihood and prior of all pairs of rows, shape (len(one) * len(two),)."""
        assert first.weight_g is not None
        assert second.weight_g is not None
        shares = self.grid.shares
        a = first.sign * first.weight_g * shares[one]
        b = second.sign * second.weight_g * shares[two]
        expected = (a[:, None, :] + b[None, :, :]).reshape(-1, self.grid.plates)
        if first.sign != second.sign:
            misfit = self._fixed_misfit(load, expected)
        else:
            misfit = self.grid.mixture_misfit(load.delta, load.sigma, load.seen, expected)
        prior_a = first.log_place[np.searchsorted(first.rows, one)]
        prior_b = second.log_place[np.searchsorted(second.rows, two)]
        place: Floats = misfit + (prior_a[:, None] + prior_b[None, :]).ravel()
        return place

    def _weight(self, load: Load, parts: list[tuple[Option, int]], visible: float) -> float:
        """The weight term: Student-t of the total about the sum of units, with a share of wrong catalogue weights."""
        model = self._model
        mean = variance = gross = 0.0
        for option, quantity in parts:
            if option.weight_g is None:
                return _log_any_weight(load.total_g)
            mean += option.sign * quantity * option.weight_g * visible
            variance += quantity * option.variance_g2
            gross += (quantity * option.weight_g * visible) ** 2
        spread = math.sqrt(load.total_sigma_g**2 + variance + model.scale_spread**2 * gross + 1.0)
        right = log_student(load.total_g, mean, spread, model.tail_degrees) + math.log1p(-model.wrong_weight)
        if len(parts) > 1 or parts[0][1] > 1 or parts[0][0].kind != "home":
            return right
        catalogue_g = parts[0][0].weight_g
        assert catalogue_g is not None
        return log_sum(
            [right, math.log(model.wrong_weight) + _log_wrong_weight(abs(load.total_g), catalogue_g * visible, model)]
        )

    def _fixed_misfit(self, load: Load, expected: Floats) -> Floats:
        """As `ShelfGrid.mixture_misfit`, for loads whose parts cancel, so that no common scale can be fitted."""
        residual = np.where(load.seen, load.delta - expected, 0.0)
        spread = np.where(load.seen, load.sigma, 1.0) ** 2 + self.grid.astray(expected) ** 2
        spread += (self._model.scale_spread * expected) ** 2
        misfit: Floats = -2.5 * np.log1p(residual * residual / (4.0 * spread)).sum(axis=1)
        return misfit

    def remainder(self, load: Load, fit: Fit) -> tuple[int, float]:
        """What a fit leaves unexplained at its best places and is more than noise: the plate with most, grams about it.

        The grams are 0 where nothing notable is left.
        """
        expected = self._expected(fit)
        scale = float((expected * load.delta).sum() / max(float((expected * expected).sum()), 1e-9))
        expected = min(max(scale, 0.92), 1.08) * expected
        left = np.where(load.seen, load.delta - expected, 0.0)
        noise: Floats = np.sqrt(load.sigma**2 + self.grid.astray(expected[None, :])[0] ** 2)
        size = np.where(np.abs(left) > _NOTABLE * noise, np.abs(left), 0.0)
        at = int(size.argmax())
        return at, float(left[max(0, at - 1) : at + 2].sum()) if size[at] > 0.0 else 0.0

    def _summed(
        self, options: tuple[Option, ...], quantity: int, weight: float, place: Floats, rows: tuple[Rows, ...]
    ) -> Fit:
        """The positions summed out; `place` is the log-likelihood and prior at each combination of `rows`."""
        at = int(place.argmax())
        top = float(place[at])
        share = np.exp(place - top)
        total = float(share.sum())
        centres = tuple(float((share * self.grid.centre[r]).sum() / total) for r in rows)
        return Fit(options, quantity, weight, top + math.log(total), centres, tuple(int(r[at]) for r in rows))


def _span(facing: Facing) -> tuple[float, float]:
    return (min(facing.plates) - 1 - 0.1, max(facing.plates) + 0.1)


def _log_any_weight(total_g: float) -> float:
    """Log density of a weight nobody knows: log-uniform from 5 g to 5 kg."""
    return -math.log(max(abs(total_g), 5.0) * math.log(1000.0))


def _log_wrong_weight(read_g: float, catalogue_g: float, model: Model) -> float:
    """Log density of what is read when the catalogue is wrong: log-normal about it, by a factor of two or so."""
    spread = model.wrong_weight_spread
    z = math.log(max(read_g, 1.0) / max(catalogue_g, 1.0)) / spread
    return -0.5 * z * z - math.log(max(read_g, 1.0) * spread * math.sqrt(2 * math.pi))
