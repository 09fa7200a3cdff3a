"""A visit in words: how it ended, what came of it, what things are called, and what a likelihood means."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tillfree.commerce.acts import describe_act
from tillfree.commerce.display import display_text
from tillfree.core.events import Interaction
from tillfree.core.ids import UNKNOWN_PRODUCT, ProductId
from tillfree.storage.database.records import VisitRecord
from tillfree.storage.database.visits import Outcome
from tillfree.web.texts import later

if TYPE_CHECKING:
    from tillfree.web.ask import Ask

__all__ = [
    "ACTS",
    "OUTCOMES",
    "OUTCOME_KINDS",
    "Names",
    "act_said",
    "ended",
    "explanation_said",
    "term_said",
    "verdict",
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
_TERMS: dict[str, str] = {
    "weight": later("Weight: does the change weigh what this would weigh?"),
    "place": later("Place: did it change where this product lies?"),
    "person": later("Person: was it the hand of this visitor, rather than of another?"),
    "habit": later("Habit: is this something that people often do?"),
}
# Natural logarithms of a likelihood: e**-1 is about 1 in 3, e**-4 about 1 in 50.
_VERDICTS: tuple[tuple[float, str], ...] = (
    (0.5, later("speaks for it")),
    (-1.0, later("says little")),
    (-4.0, later("speaks a little against it")),
)


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


def ended(ask: "Ask", reason: str) -> str:
    """How a visit ended."""
    known = _REASONS.get(reason)
    return ask.say(known) if known else display_text(reason)


def act_said(act: Interaction, record: VisitRecord, names: Names) -> str:
    """`Cola: took 1 from 3/5 plates 5-7 (-376.3 g)`."""
    said = describe_act(act, record.visit)
    return f"{names(act.product)}: {said}" if act.product else said


def term_said(ask: "Ask", name: str) -> str:
    """The question that a term of the log-likelihood answers."""
    known = _TERMS.get(name)
    return ask.say(known) if known else display_text(name)


def verdict(ask: "Ask", value: float) -> str:
    """What a term says about the explanation that it belongs to."""
    for least, said in _VERDICTS:
        if value >= least:
            return ask.say(said)
    return ask.say("speaks strongly against it")


def explanation_said(ask: "Ask", words: str, record: VisitRecord, names: Names) -> str:
    """Another explanation as fusion words it (`take 1 x 4001 by K7QX2M3P`), with names for the ids in it."""
    said = []
    for word in display_text(words).split(" "):
        if word == record.visit:
            said.append(ask.say("this visitor"))
        else:
            said.append(names.known().get(ProductId(word)) or word)
    return " ".join(said)
