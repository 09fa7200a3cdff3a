"""A replay as text for a person: a receipt per visitor, each line with its probability and evidence in short."""

from collections.abc import Iterator, Mapping

from tillfree.cli.documents import PartyDocument, ReplayDocument, TripDocument, VisitDocument
from tillfree.commerce.acts import describe_act
from tillfree.commerce.display import cut, display_text, display_width, format_amount, format_probability
from tillfree.commerce.receipt import ReceiptLine
from tillfree.core.events import SensorIssue
from tillfree.core.ids import ProductId
from tillfree.core.time import format_clock

__all__ = ["render_replay"]

_NAME = 40
_DEVICES_SHOWN = 4
_KINDS_SHOWN = 12
_MADE = "when it was made: "
# How remarks begin that are about products and their places, not about what the sensors said.
_OF_CATALOGUE = (
    "products.json:",
    "products.csv:",
    "product ",
    "products ",
    "two products on one plate",
    "facing ",
    "planogram ",
    "plate without a product in the planogram",
)
# What is worse is said first.
_DAMAGE = ("cut off", "damaged", "missing", "gap", "time", "plate", "left out", "skipped")


def render_replay(document: ReplayDocument) -> str:
    """The text; warnings begin with an exclamation mark."""
    lines = [_heading(document), *_notices(document)]
    for visit in document.visits:
        lines += ["", *_visit(visit)]
    names = {line.product: line.name for visit in document.visits for line in visit.receipt.lines}
    for party in document.parties:
        lines += ["", *_party(party, names)]
    for trip in document.trips:
        lines += ["", *_trip(trip)]
    if of_catalogue := sum(n for what, n in document.warnings.items() if _is_of_catalogue(what)):
        findings = "1 finding" if of_catalogue == 1 else f"{of_catalogue} findings"
        lines += [
            "",
            f"{findings} in the catalogue: `tillfree catalog check` on its file of products lists them, "
            "`tillfree record info` says of which kinds",
        ]
    return "\n".join(lines) + "\n"


def _heading(document: ReplayDocument) -> str:
    review = sum(visit.receipt.status == "review" for visit in document.visits)
    count = len(document.visits)
    visits = "1 visit" if count == 1 else f"{count} visits"
    simulated = " (simulated)" if document.simulated else ""
    return f"{display_text(document.recording)}{simulated}: {document.duration_s:.1f} s, {visits}, {review} for review"


def _is_of_catalogue(what: str) -> bool:
    return what.removeprefix(_MADE).startswith(_OF_CATALOGUE)


def _stream_remarks(document: ReplayDocument) -> Iterator[str]:
    """What was wrong with the streams, the worst first: it bears on every receipt below."""

    def rank(what: str) -> int:
        return next((rank for rank, word in enumerate(_DAMAGE) if word in what), len(_DAMAGE))

    remarks = sorted((what for what in document.warnings if not _is_of_catalogue(what)), key=rank)
    for what in remarks[:_KINDS_SHOWN]:
        yield f"! {document.warnings[what]} x {display_text(what)}"
    if len(remarks) > _KINDS_SHOWN:
        yield f"! and {len(remarks) - _KINDS_SHOWN} more kinds of remarks: `tillfree record info` lists them"


def _notices(document: ReplayDocument) -> Iterator[str]:
    if document.simulated:
        yield "! This recording is simulated: nobody in it exists, and nobody took anything."
    if document.anonymous:
        yield "! Nobody was tracked in this recording: one anonymous visitor is assumed, who took whatever was taken."
    if not document.visits:
        yield "! Nobody came in."
    yield from _stream_remarks(document)
    alike: dict[tuple[str, str], list[SensorIssue]] = {}
    for issue in document.issues:
        alike.setdefault((issue.problem, issue.remedy), []).append(issue)
    for issues in alike.values():
        yield _issue(issues)


def _issue(issues: list[SensorIssue]) -> str:
    """Issues of one kind in one line: a broken cable may silence a hundred plates at once."""
    first, devices = issues[0], list(dict.fromkeys(display_text(issue.device) for issue in issues))
    named = ", ".join(devices[:_DEVICES_SHOWN])
    if len(devices) > _DEVICES_SHOWN:
        named += f" and {len(devices) - _DEVICES_SHOWN} more"
    remedy = f". {display_text(first.remedy)}" if first.remedy else ""
    return (
        f"! {format_clock(first.time_ns)} {named}: {display_text(first.problem)}: {display_text(first.detail)}{remedy}"
    )


def _visit(visit: VisitDocument) -> Iterator[str]:
    receipt = visit.receipt
    times = f"{visit.opened[11:21]} to {visit.closed[11:21]}"
    yield f"Visit {visit.visit}  person {display_text(visit.person)}  {times} ({visit.reason})"
    for line in receipt.lines:
        yield _line(line)
        yield from _evidence(visit, line)
    if not receipt.lines:
        yield "  nothing taken"
    total = f"{format_amount(receipt.total.gross)} {receipt.currency}"
    yield f"  {'Total':{_NAME + 4}} {total:>12}"
    chance = format_probability(receipt.probability)
    yield f"  This receipt is right with a probability of {chance}{_decision(visit)}"
    for note in receipt.notes:
        yield f"  ! {note}"


def _party(party: PartyDocument, names: Mapping[ProductId, str]) -> Iterator[str]:
    """What one payer is to pay for: the members' lines added up, and the sum of their receipts."""
    cart, gross = party.cart, party.total.gross
    yield f"Party {display_text(cart.party)}: one pays for {', '.join(cart.members)}"
    for line in cart.lines:
        name = cut(names[line.product], _NAME)
        padding = " " * (_NAME - display_width(name) + 14)
        chance = format_probability(line.probability)
        yield f"  {line.quantity} x {name}{padding} {chance:>8}  {display_text(line.product)}"
    yield f"  {'Total':{_NAME + 4}} {format_amount(gross):>12} {gross.currency}"
    review = ": FOR REVIEW, nobody is charged yet" if party.status == "review" else ""
    yield f"  All of it is right with a probability of {format_probability(cart.probability)}{review}."


_VERDICTS = {
    "charge": "is charged",
    "review": "FOR REVIEW, nobody is charged yet",
    "certain": "only what is certain is charged",
    "not charged": "staff, not charged",
}


def _trip(trip: TripDocument) -> Iterator[str]:
    """What one entry at the gate pays for: the receipt of all who came in on it."""
    receipt = trip.receipt
    yield f"Trip {display_text(trip.trip)}: one entry of {', '.join(trip.visits)}"
    for line in receipt.lines:
        yield _line(line)
    total = f"{format_amount(receipt.total.gross)} {receipt.currency}"
    yield f"  {'Total':{_NAME + 4}} {total:>12}  {_VERDICTS[trip.verdict]}"


def _decision(visit: VisitDocument) -> str:
    if visit.receipt.status == "charge":
        return "."
    other = next((a for a in visit.alternatives if a.items != visit.receipt.quantities()), None)
    if other is None:
        return ": FOR REVIEW, nobody is charged yet."
    items = ", ".join(f"{count} x {product}" for product, count in sorted(other.items.items())) or "nothing"
    chance = format_probability(other.probability)
    return f": FOR REVIEW, nobody is charged yet.\n    next best ({chance}): {display_text(items)}"


def _line(line: ReceiptLine) -> str:
    name = cut(line.name, _NAME)
    padding = " " * (_NAME - display_width(name))
    amount = line.problem or (format_amount(line.charged) if line.charged is not None else "")
    return (
        f"  {line.quantity} x {name}{padding} {display_text(amount):>12}  {format_probability(line.probability):>8}"
        f"  {display_text(line.product)}"
    )


def _evidence(visit: VisitDocument, line: ReceiptLine) -> Iterator[str]:
    """The acts with the product of this line, in short."""
    for act in visit.interactions:
        if act.product == line.product:
            yield f"    {format_clock(act.time_ns)} {describe_act(act, visit.visit)}"
