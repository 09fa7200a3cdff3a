"""What a person did, in words: the evidence of a line as people read it."""

from tillfree.commerce.display import display_text
from tillfree.core.events import Interaction
from tillfree.core.ids import VisitId

__all__ = ["describe_act"]

_VERBS = {"take": "took", "put_back": "put back", "hand_over": "handed over", "touch": "touched"}


def describe_act(act: Interaction, visit: VisitId, *, name_others: bool = True) -> str:
    """`took 1 from 3/5 plates 5-7 (-376.3 g)`, as seen from one visit; on one line, safe on a terminal, not escaped.

    Without `name_others` the other side of a hand-over is "somebody": a receipt is nobody else's business.
    """
    verb = _VERBS.get(act.act, display_text(act.act.replace("_", " ")))
    if act.act == "hand_over":
        got = act.to_visit == visit
        other = (act.visit if got else act.to_visit) if name_others else ""
        return f"{'was handed' if got else verb} {act.quantity} {'by' if got else 'to'} {other or 'somebody'}"
    quantity = f" {act.quantity}" if act.product else ""
    where = f" {'to' if act.act == 'put_back' else 'from'} {display_text(act.fixture)}/{act.shelf}" if act.shelf else ""
    plates = f" {_plates(act.plates)}" if act.plates else ""
    return f"{verb}{quantity}{where}{plates} ({act.delta_g:+.1f} g)"


def _plates(plates: tuple[int, ...]) -> str:
    if len(plates) == 1:
        return f"plate {plates[0]}"
    if plates == tuple(range(plates[0], plates[-1] + 1)):
        return f"plates {plates[0]}-{plates[-1]}"
    return "plates " + ", ".join(map(str, plates))
