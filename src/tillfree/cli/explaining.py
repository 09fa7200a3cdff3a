"""`tillfree explain`: why is a line on the receipt? Events, weights, people, terms, alternatives and their odds."""

import argparse
import math
from collections.abc import Iterator, Mapping

from tillfree.catalog.model import Product
from tillfree.cli.documents import VisitDocument, document_of
from tillfree.cli.replaying import replayed, settings_of
from tillfree.cli.terminal import TerminalError, show
from tillfree.commerce.acts import describe_act
from tillfree.commerce.display import display_text, format_probability
from tillfree.core.events import Interaction, WeightChange
from tillfree.core.ids import EventId, ProductId
from tillfree.core.time import format_clock
from tillfree.storage.recordings.info import is_simulated
from tillfree.storage.recordings.opening import open_recording

__all__ = ["render_explanation", "run_explain"]

Changes = Mapping[EventId, WeightChange]
Products = Mapping[ProductId, Product]
SHOWN_FROM = 0.001
"""What is less probable than this would read 0.0 %."""


def run_explain(arguments: argparse.Namespace) -> int:
    """Explains the visit with this code, or those of the person with this track id."""
    settings = settings_of(arguments.settings)
    recording = open_recording(arguments.recording)
    result = replayed(recording, settings)
    document = document_of(recording.name, result, settings)
    wanted = [v for v in document.visits if arguments.visit in (v.visit, *v.tracks)]
    if not wanted:
        known = ", ".join(f"{v.visit} (person {v.person})" for v in document.visits) or "none"
        raise TerminalError(f"{arguments.recording}: no visit {arguments.visit!r}; there are {known}")
    changes = {change.id: change for change in result.changes}
    products = result.shop.product_index()
    if is_simulated(recording):
        show("! This recording is simulated: nobody shown here exists.\n\n")
    show("\n".join(render_explanation(visit, changes, products) for visit in wanted))
    return 0


def render_explanation(visit: VisitDocument, changes: Changes, products: Products) -> str:
    """The explanation of one visit as text."""
    lines = [*_head(visit), *_whole(visit, products)]
    rest = list(visit.interactions)
    for line in visit.receipt.lines:
        known = products.get(line.product)
        weight = f", weighs {known.weight_g:.1f} g" if known and known.weight_g else ", weight unknown"
        lines += ["", f"{line.quantity} x {line.name} ({display_text(line.product)}){weight}"]
        lines += [f"  exactly this quantity: {format_probability(line.probability)}"]
        lines += [f"  {other}" for other in _other_quantities(visit, line.product, line.quantity)]
        acts = [act for act in rest if act.product == line.product]
        rest = [act for act in rest if act.product != line.product]
        for act in acts:
            lines += _act(act, visit, changes)
    if rest:
        lines += ["", "Not on the receipt"]
        for act in rest:
            lines += _act(act, visit, changes, products)
    return "\n".join(lines) + "\n"


def _head(visit: VisitDocument) -> Iterator[str]:
    yield f"Visit {visit.visit}  person {display_text(visit.person)}  {visit.opened} to {visit.closed} ({visit.reason})"
    if len(visit.tracks) > 1:
        yield f"  the tracker knew this visitor as {', '.join(map(display_text, visit.tracks))}"
    if visit.anonymous:
        yield "  ! Nobody was tracked: one anonymous visitor is assumed, so hands say nothing here."


def _whole(visit: VisitDocument, products: Products) -> Iterator[str]:
    """The receipt as a whole, and what else the visitor may hold."""
    receipt = visit.receipt
    review = " (FOR REVIEW)" if receipt.status == "review" else ""
    yield f"  the whole receipt: {format_probability(receipt.probability)}{review}"
    mine = receipt.quantities()
    for alternative in visit.alternatives:
        if alternative.items == mine or alternative.probability < SHOWN_FROM:
            continue
        more = {p: n - mine.get(p, 0) for p, n in alternative.items.items() if n > mine.get(p, 0)}
        less = {p: n - alternative.items.get(p, 0) for p, n in mine.items() if n > alternative.items.get(p, 0)}
        words = []
        if less:
            words.append("without " + _listed(less, products))
        if more:
            words.append("with " + _listed(more, products))
        odds = _odds(alternative.probability, receipt.probability)
        yield f"  {format_probability(alternative.probability):>8}  {', '.join(words)}{odds}"


def _listed(items: Mapping[ProductId, int], products: Products) -> str:
    named = []
    for product, count in sorted(items.items()):
        known = products.get(product)
        name = f" {display_text(known.name)}" if known and known.name else ""
        named.append(f"{count} x {display_text(product)}{name}")
    return " and ".join(named)


def _odds(probability: float, best: float) -> str:
    """How much less (or more) likely than the receipt, in words."""
    if probability <= 0 or best <= 0:
        return ""
    return f"  (1 : {_number(best / probability)})" if best >= probability else f"  ({_number(probability / best)} : 1)"


def _number(ratio: float) -> str:
    """Two or three digits that mean something, never an exponent."""
    return f"{ratio:.1f}" if ratio < 10 else f"{float(f'{ratio:.3g}'):,.0f}"


def _other_quantities(visit: VisitDocument, product: ProductId, quantity: int) -> Iterator[str]:
    """Other quantities of this product among the possible carts."""
    chances: dict[int, float] = {}
    for alternative in visit.alternatives:
        count = alternative.items.get(product, 0)
        chances[count] = chances.get(count, 0.0) + alternative.probability
    for count, chance in sorted(chances.items(), key=lambda pair: -pair[1]):
        if count != quantity and chance >= SHOWN_FROM:
            yield f"{count or 'none'} instead: {format_probability(chance)}"


# ---- acts -------------------------------------------------------------------------------------------------------


def _act(act: Interaction, visit: VisitDocument, changes: Changes, products: Products | None = None) -> Iterator[str]:
    """One act: when, what, how sure, what the plates said, what the hands said, and what else it may have been."""
    named = ""
    if products is not None and act.product:
        known = products.get(act.product)
        named = f": {display_text(known.name if known and known.name else act.product)}"
    chance = format_probability(act.probability)
    yield f"  {format_clock(act.time_ns)} {describe_act(act, visit.visit)}{named}; probability {chance}"
    for event in act.evidence:
        change = changes.get(event)
        yield f"      event {display_text(event)}" if change is None else f"      weights: {_change(change)}"
    if "person" in act.weights:
        yield f"      people: {_person(act.weights['person'])}"
    if act.weights:
        terms = ", ".join(f"{name} {value:+.2f}" for name, value in act.weights.items())
        yield f"      terms of the log-likelihood: {terms}"
    best = max(act.alternatives.values(), default=0.0)
    for words, probability in sorted(act.alternatives.items(), key=lambda pair: (-pair[1], pair[0])):
        if probability < SHOWN_FROM:
            break
        odds = "" if probability == best else _odds(probability, best)
        yield f"      at the time: {format_probability(probability):>8}  {display_text(words)}{odds}"


def _change(change: WeightChange) -> str:
    plates = ", ".join(
        f"{plate}: {delta:+.1f} ± {sigma:.1f}"
        for plate, delta, sigma in zip(change.plates, change.delta_g, change.sigma_g, strict=True)
    )
    missing = f"; no reading of plates {', '.join(map(str, change.missing))}" if change.missing else ""
    unsettled = "" if change.settled else "; never came to rest"
    return (
        f"shelf {display_text(change.fixture)}/{change.shelf} {change.total_g:+.1f} ± {change.total_sigma_g:.1f} g "
        f"from {format_clock(change.start_ns)} to {format_clock(change.end_ns)} (plates {plates}{missing}{unsettled}; "
        f"event {display_text(change.id)})"
    )


def _person(log_ratio: float) -> str:
    """The person term as odds: how much better hands and body fit an act here than mere presence."""
    ratio = math.exp(min(abs(log_ratio), 700.0))
    if abs(log_ratio) < 0.05:
        return "hands and body say nothing either way"
    if log_ratio > 0:
        return f"hands and body fit {_number(ratio)} times better if this visitor did it than if not"
    return f"hands and body fit {_number(ratio)} times worse if this visitor did it than if not"
