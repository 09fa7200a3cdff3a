"""A visit in words: how it ended, what came of it, what things are called, and what a likelihood means."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tillfree.commerce.display import display_text
from tillfree.core.events import Interaction
from tillfree.core.ids import UNKNOWN_PRODUCT, ProductId
from tillfree.storage.database.records import VisitRecord
from tillfree.storage.database.visits import Outcome
from tillfree.web.stock.places import plates_words
from tillfree.web.texts import later

if TYPE_CHECKING:
    from tillfree.web.ask import Ask

__all__ = [
    "ACTS",
    "OUTCOMES",
    "OUTCOME_KINDS",
    "TERM_ORDER",
    "Names",
    "act_said",
    "deed_said",
    "difference_said",
    "ended",
    "evidence_texts",
    "explanation_said",
    "term_said",
]

OUTCOMES: dict[Outcome, str] = {
    "charged": later("Charged"),
    "to review": later("To review"),
    "decided": later("Decided"),
}
OUTCOME_KINDS: dict[Outcome, str] = {"charged": "good", "to review": "warn", "decided": ""}
"""The kind of badge of each outcome."""

_REASONS: dict[str, str] = {
    "exit": later("Left by an exit"),
    "gate": later("Left through the gate"),
    "lost": later("Lost from sight before an exit"),
    "end of recording": later("Still inside when the recording ended"),
    "restart": later("Still inside when the store was set up anew"),
}
ACTS: dict[str, str] = {
    "take": later("Take"),
    "put_back": later("Put back"),
    "hand_over": later("Hand-over"),
    "touch": later("Touch"),
    "restock": later("Restock"),
    "unexplained": later("Unexplained"),
}
_DEEDS: dict[str, str] = {
    "take": later("took %(count)s from %(where)s"),
    "put_back": later("put back %(count)s to %(where)s"),
    "touch": later("touched %(where)s"),
}
TERM_ORDER = ("weight", "place", "person", "habit")
_TERMS: dict[str, str] = {
    "weight": later("Weight: does the change weigh what this would weigh?"),
    "place": later("Place: did it change where this product lies?"),
    "person": later("Person: was it the hand of this visitor, rather than of another?"),
    "habit": later("Habit: is this something that people often do?"),
}
_EVIDENCE_TEXTS: dict[str, str] = {
    "play": later("Play"),
    "pause": later("Pause"),
    "empty": later("Nothing in the cart."),
    "failed": later("The evidence could not be loaded."),
    "erased": later("Route, weights and pictures of this visit are erased or were never kept."),
    "moment": later("%(clock)s, %(count)s in the cart"),
    "grams": later("Weight on the plates, grams"),
    "hands": later("Distance of the hands from these plates, metres"),
    "plate": later("Plate %(number)s"),
    "left": later("Left hand"),
    "right": later("Right hand"),
    "seconds": later("Seconds from entry"),
    "as_table": later("As a table"),
    "change": later("this act"),
    "why": later("Why this explanation (the higher a number, the better it fits)"),
    "question": later("Question"),
    "log": later("Log-likelihood"),
    "others": later("Explanations of this change when it was seen"),
    "none": later("no reading"),
    "picture": later("Camera %(camera)s at %(clock)s"),
    "no_trace": later("No weights are kept of this act."),
    "shelf": later("fixture %(fixture)s, shelf %(shelf)s"),
}


class Names:
    """What products are called: as the receipt of the visit says, else as the catalogue says now."""

    def __init__(self, ask: "Ask", record: VisitRecord | None = None) -> None:
        self._known = {product.id: display_text(product.name) for product in ask.store.shop.products}
        if record is not None:
            self._known |= {line.product: display_text(line.name) for line in record.receipt.lines}
        self._known[UNKNOWN_PRODUCT] = ask.say("Unknown item")
        self._known[ProductId("")] = ""

    def __call__(self, product: ProductId) -> str:
        """The name, or else the id, as one safe line."""
        return self._known.get(product) or display_text(product)

    def known(self) -> Mapping[ProductId, str]:
        """All names by product."""
        return self._known


def evidence_texts(ask: "Ask") -> dict[str, str]:
    """The texts of the timeline's scripts; they fill in the values."""
    return {name: ask.say(text) for name, text in _EVIDENCE_TEXTS.items()}


def ended(ask: "Ask", reason: str) -> str:
    """How a visit ended."""
    known = _REASONS.get(reason)
    return ask.say(known) if known else display_text(reason)


def act_said(ask: "Ask", act: Interaction, record: VisitRecord, names: Names) -> str:
    """`Cola: took 1 from fixture 3, shelf 5, plates 5–7 (-376.3 g)`."""
    said = deed_said(ask, act, record)
    return f"{names(act.product)}: {said}" if act.product else said


def deed_said(ask: "Ask", act: Interaction, record: VisitRecord) -> str:
    """The same without the product: `took 1 from fixture 3, shelf 5, plates 5–7 (-376.3 g)`."""
    count = act.quantity
    if act.act == "hand_over":
        if act.to_visit == record.visit:
            return ask.say("was handed %(count)s by %(other)s", count=count, other=act.visit or ask.say("somebody"))
        return ask.say("handed %(count)s to %(other)s", count=count, other=act.to_visit or ask.say("somebody"))
    where = ask.say("a shelf")
    if act.shelf:
        where = ask.say("fixture %(fixture)s, shelf %(shelf)s", fixture=display_text(act.fixture), shelf=act.shelf)
    if len(act.plates) == 1:
        where = ask.say("%(where)s, plate %(plate)s", where=where, plate=act.plates[0])
    elif act.plates:
        where = ask.say("%(where)s, plates %(plates)s", where=where, plates=plates_words(act.plates))
    said = _DEEDS.get(act.act)
    verb = ask.say(said, count=count, where=where) if said else f"{display_text(act.act.replace('_', ' '))} {where}"
    return f"{verb} ({act.delta_g:+.1f}\u00a0g)"


def term_said(ask: "Ask", name: str) -> str:
    """The question that a term of the log-likelihood answers."""
    known = _TERMS.get(name)
    return ask.say(known) if known else display_text(name)


def difference_said(
    ask: "Ask", usual: Mapping[ProductId, int], other: Mapping[ProductId, int], names: Names
) -> tuple[str, ...]:
    """How one cart differs from another, a text for each product in order."""
    said = []
    for product in sorted({*usual, *other}):
        name, before, now = names(product), usual.get(product, 0), other.get(product, 0)
        if before == now:
            continue
        if not before:
            said.append(ask.say("with %(count)s × %(name)s", count=now, name=name))
        elif not now:
            said.append(ask.say("without %(name)s", name=name))
        else:
            said.append(ask.say("%(count)s instead of %(before)s × %(name)s", count=now, before=before, name=name))
    return tuple(said)


def explanation_said(ask: "Ask", words: str, record: VisitRecord, names: Names) -> str:
    """Another explanation as fusion words it (`take 1 x 4001 by K7QX2M3P`), with names for the ids in it."""
    said = []
    for word in display_text(words).split(" "):
        if word == record.visit:
            said.append(ask.say("this visitor"))
        else:
            said.append(names.known().get(ProductId(word)) or word)
    return " ".join(said)
