"""All sets of things that may explain one change of a shelf, and how well each fits; who did it is not decided here.

Single things come first, up to three units of a product from its facing. Pairs are listed by weight and place together,
a bounded number. What a good fit leaves over on some plates calls for one more thing there.
"""

import numpy as np

from tillfree.fusion.loads import Floats, Load
from tillfree.fusion.options import Fit, Option, ShelfOptions
from tillfree.fusion.state import Item

__all__ = ["Key", "ShelfFits", "could_be"]

Key = tuple[object, ...]

_PAIRS_MAX = 8
# So many fits are tried with one more thing, and so many of these in all.
_FIRSTS_MAX = 3
_LEFTOVERS_MAX = 6
# A plate that moved the other way by less than this did not move.
_NOISE_G = 3.0
# A change that the best single take, or the best pair of takes, explains worse than this may be an exchange.
_POOR_SINGLE = -11.0
_POOR_PAIR = -17.0


def could_be(load: Load, item: Item) -> bool:
    """Whether an item weighs roughly what came to the shelf."""
    return not load.whole or abs(item.mean_g - load.total_g) < 0.25 * item.mean_g + 4.0 * load.total_sigma_g


class ShelfFits:
    """The fits of one change, alone (`load_key` empty) or with open loads before it, each worked out once.

    Hypotheses differ in what is held and what lies in foreign places; most of what explains a change they share.
    """

    def __init__(self, shelf: ShelfOptions) -> None:
        self._shelf = shelf
        self._takes: dict[Key, list[Option]] = {}
        self._singles: dict[Key, list[Fit]] = {}
        self._known: dict[Key, Fit | None] = {}
        self._misfits: dict[Key, Floats] = {}
        self._left: dict[Key, tuple[int, float]] = {}
        self._hands: dict[Key, bool] = {}

    def misfit(self, load: Load, load_key: Key) -> Floats:
        """How well each position of the shelf fits the way the load is spread, shape (rows,)."""
        if load_key not in self._misfits:
            self._misfits[load_key] = self._shelf.grid.misfit(load.delta, load.sigma, load.seen)
        return self._misfits[load_key]

    def hands_matter(self, load: Load, load_key: Key) -> bool:
        """Whether something may have come out of hands: the shelf gained, in part at least, or nothing else fits."""
        if load.total_g > 0 or float(load.delta.max()) > 0.15 * float(-load.delta.min()) + 5.0:
            return True
        if load_key not in self._hands:
            singles = self._single_takes(load, load_key)
            poor = all(fit.log_likelihood < _POOR_SINGLE for fit in singles)
            pairs = self._pair_fits(load, load_key, self._home(load, load_key)) if poor else []
            self._hands[load_key] = poor and all(fit.log_likelihood < _POOR_PAIR for fit in pairs)
        return self._hands[load_key]

    def everything(self, load: Load, load_key: Key, placed: list[Option], puts: list[Option]) -> list[Fit]:
        """Every fit of home takes, foreign items and things out of hands."""
        options = self._home(load, load_key) + placed + puts
        found = list(self._single_takes(load, load_key))
        found += [self._one(load, load_key, option) for option in (puts if load.total_g > 0 else placed)]
        pairs = self._pair_fits(load, load_key, options)
        found += pairs
        # Three things at once are rare: only where two leave something.
        best = sorted(pairs, key=_badness)[:_FIRSTS_MAX]
        more = [self._shelf.fit_more(load, fit, third) for fit, third in self._leftovers(load, load_key, best, options)]
        return found + [fit for fit in more if fit is not None]

    def _home(self, load: Load, load_key: Key) -> list[Option]:
        if load_key not in self._takes:
            self._takes[load_key] = self._shelf.takes(load)
        return self._takes[load_key]

    def _one(self, load: Load, load_key: Key, option: Option) -> Fit:
        key = (load_key, option.key)
        fit = self._known.get(key)
        if fit is None:
            fit = self._known[key] = self._shelf.fit_one(load, option, self.misfit(load, load_key))
        return fit

    def _single_takes(self, load: Load, load_key: Key) -> list[Fit]:
        """One to three units of one product from its facing."""
        if load_key not in self._singles:
            misfit = self.misfit(load, load_key)
            made: list[Fit] = []
            for option in self._home(load, load_key) if load.total_g < 0 else ():
                made.append(self._shelf.fit_one(load, option, misfit))
                if option.weight_g is not None:
                    counts = [n for n in (2, 3) if _near(load, option, n)]
                    made += [self._shelf.fit_one(load, option, misfit, n) for n in counts]
            self._singles[load_key] = made
        return self._singles[load_key]

    def _pair_fits(self, load: Load, load_key: Key, options: list[Option]) -> list[Fit]:
        pairs = _pairs(load, options)
        singles = [fit for fit in self._single_takes(load, load_key) if fit.quantity == 1]
        singles.sort(key=_badness)
        for fit, second in self._leftovers(load, load_key, singles[:_FIRSTS_MAX], options):
            first = fit.options[0]
            if (first, second) not in pairs and (second, first) not in pairs:
                pairs.append((first, second))
        fits = []
        for first, second in pairs:
            key = (load_key, first.key, second.key)
            if key not in self._known:
                self._known[key] = self._shelf.fit_two(load, first, second)
            fits.append(self._known[key])
        return [fit for fit in fits if fit is not None]

    def _leftovers(self, load: Load, load_key: Key, fits: list[Fit], options: list[Option]) -> list[tuple[Fit, Option]]:
        """Fits that leave something notable on some plates, each with a thing that would explain it; the best few.

        A bag that goes beside a bottle is lost in the uncertainty of the bottle's weight; the plates tell it all the
        same.
        """
        found: list[tuple[float, int, tuple[Fit, Option]]] = []
        for fit in fits:
            key = (load_key, *(option.key for option in fit.options))
            if key not in self._left:
                self._left[key] = self._shelf.remainder(load, fit)
            at, about_g = self._left[key]
            if about_g * load.total_g <= 0:
                continue
            for option in options:
                if option.weight_g is None:
                    continue
                miss = abs(option.sign * option.weight_g - about_g) / (0.3 * abs(about_g) + 5.0)
                again = any(option.item is not None and option.item is other.item for other in fit.options)
                if miss < 2.0 and option.cover[at] > 0.1 and not again:
                    found.append((miss, len(found), (fit, option)))
        return [pair for *_, pair in sorted(found, key=lambda f: f[:2])[:_LEFTOVERS_MAX]]


def _badness(fit: Fit) -> float:
    return -fit.log_likelihood


def _near(load: Load, option: Option, quantity: int) -> bool:
    weight = quantity * (option.weight_g or 0.0)
    return not load.whole or abs(weight + load.total_g) < 0.4 * weight + 4.0 * load.total_sigma_g


def _pairs(load: Load, options: list[Option]) -> list[tuple[Option, Option]]:
    """Pairs whose weights could make the total and whose places the plates that moved, best first, a bounded number."""
    weighed = [option for option in options if option.weight_g is not None]
    if not weighed:
        return []
    signs = np.array([o.sign for o in weighed], dtype=np.float64)
    grams = signs * np.array([o.weight_g for o in weighed])
    size = np.abs(load.delta)
    # Which share of each plate's change a thing of this sign and place may account for.
    cover = np.array([o.cover for o in weighed]) * (np.outer(signs, load.delta) > -_NOISE_G)
    spread = 0.06 * np.add.outer(np.abs(grams), np.abs(grams)) + 2.0 * load.total_sigma_g + 2.0
    miss = np.abs(np.add.outer(grams, grams) - load.total_g) / spread
    total = max(float(size.sum()), 1.0)
    beyond = 1.0 - np.minimum(cover[:, None, :] + cover[None, :, :], 1.0) @ size / total
    idle = np.maximum(0.0, 1.0 - (cover @ size) / (0.6 * np.abs(grams)))
    alike = np.equal.outer(signs, signs)
    # An exchange that cancels to nothing explains everything; ask more of it.
    score = miss + np.where(alike, 8.0 * beyond + 3.0 * np.add.outer(idle, idle), 2.0)
    found: list[tuple[float, int, int]] = []
    for i, first in enumerate(weighed):
        for j in range(i, len(weighed)):
            second = weighed[j]
            if (miss[i, j] > 4.0 and load.whole) or (i == j and first.kind != "home"):
                continue
            if first.item is None or first.item is not second.item:
                found.append((float(score[i, j]), i, j))
    found.sort()
    return [(weighed[i], weighed[j]) for _, i, j in found[:_PAIRS_MAX]]
