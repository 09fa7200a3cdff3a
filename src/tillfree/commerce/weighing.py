"""What loose goods weigh, out of what the plates measured while somebody took them and put some back.

A change of a shelf's load is what all acts behind it did together. Where only one product that is sold by weight is
among them, it weighs what is left of the change after the known weights of the others; where there are several, that
is shared out by their mean weights, and what they differ from those in proportion to how much each may vary. Weights of
takes count up, those of put-backs down, so that who takes three apples and puts one back has what the plates measured
of the two.

Shelf plates are not certified for trade. Whether what they say may be charged is a matter of the country's law, and a
setting.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from tillfree.catalog.model import Product
from tillfree.commerce.settings import CommerceSettings
from tillfree.core.events import Interaction
from tillfree.core.ids import ProductId, VisitId

__all__ = ["Weighed", "certain_enough", "weigh_loose"]

_LOOSE_SPREAD = 0.15
_UNIT_SPREAD = 0.03
"""Spread from piece to piece where the catalogue does not tell, as a share of the weight."""
_PLAUSIBLE_SIGMAS = 4.0
_SIGNS = {"take": 1, "put_back": -1}


class Weighed(msgspec.Struct, frozen=True):
    """What the plates say of one product: pieces and grams carried away, and the standard deviation of the grams.

    `sigma_g` is infinite where nobody can tell, because a part of it never was on a plate alone.
    """

    pieces: int
    grams: int
    sigma_g: float


class _Part(msgspec.Struct):
    """What the acts with one product within one change come to: pieces carried away, expected grams, variance."""

    product: Product
    pieces: int = 0
    expected_g: float = 0.0
    variance_g2: float = 0.0


def weigh_loose(
    acts: Iterable[Interaction],
    visits: Collection[VisitId],
    products: Mapping[ProductId, Product],
    settings: CommerceSettings,
) -> dict[ProductId, Weighed]:
    """The weight of each product sold by weight that these visits, as one payer, carried away; products in order.

    What one of the visits handed to another stays with the payer and needs no weight; what came from or went to
    somebody else was never weighed, and makes its product uncertain. An act that two of the visits tell of counts once.
    """
    own = frozenset(visits)
    pieces: dict[ProductId, int] = {}
    grams: dict[ProductId, float] = {}
    variance: dict[ProductId, float] = {}
    for _, changed in sorted(_by_change(acts).items()):
        for part, weight_g, variance_g2 in _split(changed, own, products, settings):
            name = part.product.id
            pieces[name] = pieces.get(name, 0) + part.pieces
            grams[name] = grams.get(name, 0.0) + weight_g
            variance[name] = variance.get(name, 0.0) + variance_g2
    return {name: Weighed(pieces[name], round(grams[name]), math.sqrt(variance[name])) for name in sorted(grams)}


def certain_enough(weighed: Weighed, product: Product, settings: CommerceSettings) -> bool:
    """Whether the weight may be charged: exact enough as a share of itself, and likely for so many pieces."""
    if weighed.pieces < 1 or weighed.grams < 1 or 2 * weighed.sigma_g > settings.loose_error_max * weighed.grams:
        return False
    if product.weight_g is None:
        return True
    doubt_g = math.sqrt(weighed.pieces * _spread_g(product) ** 2 + weighed.sigma_g**2)
    return abs(weighed.grams - weighed.pieces * product.weight_g) <= _PLAUSIBLE_SIGMAS * doubt_g


def _by_change(acts: Iterable[Interaction]) -> dict[tuple[int, str], list[Interaction]]:
    """The acts behind each change of load; each once, though both sides of a hand-over tell of it."""
    changes: dict[tuple[int, str], dict[tuple[int, str, str, str, str], Interaction]] = {}
    for act in acts:
        if act.act in _SIGNS or act.act == "hand_over":
            key = (act.sequence, act.act, act.visit, act.to_visit, act.product)
            changes.setdefault((act.time_ns, act.source), {})[key] = act
    # In an order of their own: sums of floating-point numbers must not depend on who told of an act first.
    return {change: [found[key] for key in sorted(found)] for change, found in changes.items()}


def _split(
    changed: Sequence[Interaction],
    own: Collection[VisitId],
    products: Mapping[ProductId, Product],
    settings: CommerceSettings,
) -> Iterator[tuple[_Part, float, float]]:
    """For each loose product in one change: what these visits carried away of it, in grams, and the variance."""
    parts: dict[ProductId, _Part] = {}
    lost: set[ProductId] = set()
    for act in changed:
        product = products.get(act.product)
        if product is None:  # nobody knows what it weighs, so nobody knows what is left for the others
            lost.update(other.product for other in changed)
        elif act.act != "hand_over":
            _add(parts.setdefault(act.product, _Part(product)), act)
        elif (act.visit in own) != (act.to_visit in own):
            lost.add(act.product)
    moved_g = -changed[0].delta_g / (1.0 + settings.loose_overread)
    plate_g2 = settings.loose_plate_sigma_g**2 + (settings.loose_scale_sigma * moved_g) ** 2
    rest_g = moved_g - sum(part.expected_g for part in parts.values())
    known_g2 = sum(part.variance_g2 for part in parts.values() if math.isfinite(part.variance_g2))
    unknown = sum(math.isinf(part.variance_g2) for part in parts.values())
    for name in sorted({*parts, *lost}):
        product = products.get(name)
        if product is None or product.sold_by != "weight":
            continue
        part = parts.get(name, _Part(product))
        if name in lost or unknown > 1 or (unknown and math.isfinite(part.variance_g2)):
            yield part, 0.0, math.inf
        elif unknown:
            yield part, rest_g, known_g2 + plate_g2
        else:
            # The change bounds the sum: alone in it, nothing is left in doubt but the weighing itself.
            share = part.variance_g2 / known_g2 if known_g2 else 1.0 / len(parts)
            yield part, part.expected_g + share * rest_g, part.variance_g2 * (1.0 - share) + share**2 * plate_g2


def _add(part: _Part, act: Interaction) -> None:
    sign, product = _SIGNS[act.act], part.product
    part.pieces += sign * act.quantity
    if product.weight_g is None:
        part.variance_g2 = math.inf
    else:
        part.expected_g += sign * act.quantity * product.weight_g
        part.variance_g2 += act.quantity * _spread_g(product) ** 2


def _spread_g(product: Product) -> float:
    if product.weight_sigma_g is not None:
        return product.weight_sigma_g
    return (product.weight_g or 0.0) * (_LOOSE_SPREAD if product.sold_by == "weight" else _UNIT_SPREAD)
