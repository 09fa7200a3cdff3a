"""Disputes: what waits for a person, one case with the evidence of its line, and deciding it."""

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.commerce.display import display_text, format_amount
from tillfree.commerce.disputes import Dispute, DisputeReason, DisputeStatus
from tillfree.core.ids import VisitId
from tillfree.core.money import Money, MoneyError
from tillfree.storage.database.money.disputes import BY_RULES
from tillfree.storage.database.records import VisitRecord
from tillfree.store.receipts.errors import NotOurs, TooLate
from tillfree.web.ask import Ask
from tillfree.web.errors import AskError, NotThere
from tillfree.web.floor_plan import floor_plan
from tillfree.web.routing import act, view
from tillfree.web.texts import later
from tillfree.web.visits.evidence import ActShown, acts_of
from tillfree.web.visits.wording import Names, evidence_texts

if TYPE_CHECKING:
    from tillfree.store.receipts.desk import ReceiptDesk

__all__ = ["routes"]

_SHOWN = 100
_ANSWER_MAX = 500
_REASONS: dict[DisputeReason, str] = {
    "not_taken": later("Did not take it"),
    "fewer": later("Took fewer"),
    "put_back": later("Put it back"),
    "damaged": later("Damaged or spoilt"),
    "price": later("Wrong price"),
    "other": later("Something else"),
}
_STATUSES: dict[DisputeStatus, tuple[str, str]] = {
    "open": (later("Waits"), "warn"),
    "refunding": (later("Money is on its way"), "warn"),
    "refunded": (later("Refunded"), "good"),
    "rejected": (later("Rejected"), ""),
}


def routes() -> list[BaseRoute]:
    """All of them."""
    return [
        view("/disputes", _list, "disputes.decide"),
        view("/disputes/{number:int}", _case, "disputes.decide"),
        act("/disputes/{number:int}", _decide, "disputes.decide"),
    ]


def _list(ask: Ask) -> Response:
    counts = ask.database.count_disputes()
    waiting = ask.database.disputes("open", _SHOWN)
    return ask.page(
        "disputes.html",
        waiting=waiting,
        over=[dispute for dispute in ask.database.disputes(limit=_SHOWN) if dispute.status != "open"],
        counts=counts,
        reason_of=lambda dispute: ask.say(_REASONS[dispute.reason]),
        status_of=lambda dispute: ask.say(_STATUSES[dispute.status][0]),
        kind_of=lambda dispute: _STATUSES[dispute.status][1],
        by_of=lambda dispute: _by(ask, dispute),
    )


def _case(ask: Ask) -> Response:
    return _case_page(ask, _dispute(ask))


def _case_page(ask: Ask, dispute: Dispute, wrong: str = "") -> Response:
    desk = ask.console.receipts
    shown = None if desk is None else desk.receipt_of_trip(dispute.trip)
    visits = _visits(ask, dispute, () if shown is None else shown.trip.visits)
    wanted = ask.query("visit")
    record = next((one for one in visits if one.visit == wanted), visits[0] if visits else None)
    sees = record is not None and ask.may("evidence.see")
    if record is not None:
        # Not which one: the log is kept for longer than it may be known which visits a trip was made of.
        ask.audit("visit.see", record.visit, "dispute")
    acts = acts_of(ask, record, Names(ask, record)) if sees and record is not None else []
    return ask.page(
        "dispute_case.html",
        400 if wrong else 200,
        dispute=dispute,
        reason=ask.say(_REASONS[dispute.reason]),
        outcome=ask.say(_STATUSES[dispute.status][0]),
        kind=_STATUSES[dispute.status][1],
        by=_by(ask, dispute),
        others=[one for one in (() if shown is None else shown.disputes) if one.number != dispute.number],
        visits=visits,
        record=record,
        acts=acts,
        line_acts=_of_product(acts, record, dispute) if sees else [],
        plan=floor_plan(ask.store.shop) if sees else None,
        sees_evidence=sees,
        evidence_texts=evidence_texts(ask),
        asked_text=format_amount(dispute.asked),
        answer_max=_ANSWER_MAX,
        can_decide=desk is not None and dispute.status == "open",
        wrong=wrong,
    )


def _of_product(acts: list[ActShown], record: VisitRecord | None, dispute: Dispute) -> list[str]:
    """What was seen of the product of the line; acts of one visit are told apart by time and words."""
    kept = () if record is None else record.interactions
    times = {act.time_ns for act in kept if act.product == dispute.product}
    others = {act.time_ns for act in kept if act.product != dispute.product}
    said = display_text(dispute.name)
    return [
        act.said for act in acts if act.time_ns in times and (act.time_ns not in others or act.said.startswith(said))
    ]


def _visits(ask: Ask, dispute: Dispute, codes: tuple[VisitId, ...]) -> list[VisitRecord]:
    """The visits of the trip that are still kept, those with the product on their receipt first."""
    kept = [record for record in map(ask.database.visit, codes) if record is not None]
    return sorted(kept, key=lambda record: dispute.product not in record.receipt.quantities())


def _decide(ask: Ask) -> Response:
    dispute, desk = _dispute(ask), ask.console.receipts
    if desk is None:
        raise NotThere(ask.say("This store makes no receipts that shoppers pay."))
    try:
        given = _given(ask, dispute)
        answer = _answer(ask)
    except AskError as error:
        return _case_page(ask, dispute, str(error))
    return _decided(ask, desk, dispute, given, answer)


def _decided(ask: Ask, desk: "ReceiptDesk", dispute: Dispute, given: Money, answer: str) -> Response:
    try:
        made = desk.decide(dispute.number, given, by=ask.reader.name, answer=answer)
    except TooLate:
        wrong = ask.say("Somebody decided this dispute in the meantime. Nothing was changed.")
        return ask.back(f"/disputes/{dispute.number}", wrong=wrong)
    except NotOurs as error:
        raise NotThere(ask.say("There is no such dispute. It may be so old that it was erased.")) from error
    said = f"{format_amount(made.given)} {made.given.currency}"
    ask.audit("dispute.decide", made.trip, f"line {made.line + 1}: {said}")
    done = ask.say("Refunded: %(amount)s", amount=said) if made.given.minor else ask.say("Rejected.")
    if made.status == "refunding":
        done = ask.say("%(amount)s will go back as soon as the payment can be reached.", amount=said)
    waiting = ask.database.disputes("open", 1)
    return ask.back(f"/disputes/{waiting[0].number}" if waiting else "/disputes", done=done)


def _given(ask: Ask, dispute: Dispute) -> Money:
    choice = ask.text("choice", limit=20)
    zero = Money(0, dispute.asked.currency)
    if choice in ("accept", "reject"):
        return dispute.asked if choice == "accept" else zero
    if choice != "partly":
        raise AskError(ask.say("Choose to accept, to accept in part, or to reject."))
    text = ask.text("amount", limit=30).strip().replace(",", ".")
    try:
        given = Money.parse(text, zero.currency)
    except MoneyError:
        raise AskError(ask.say("This is no amount: %(what)s", what=display_text(text))) from None
    if not 0 < given.minor <= dispute.asked.minor:
        most = f"{format_amount(dispute.asked)} {zero.currency}"
        raise AskError(ask.say("Give an amount above 0 and up to %(most)s.", most=most))
    return given


def _answer(ask: Ask) -> str:
    answer = " ".join(ask.text("answer", limit=4 * _ANSWER_MAX).split())[:_ANSWER_MAX]
    if not answer:
        raise AskError(ask.say("Give a reason: the shopper reads it beside the receipt."))
    return answer


def _dispute(ask: Ask) -> Dispute:
    number = int(ask.request.path_params["number"])
    found = ask.database.dispute(number) if number < 2**62 else None
    if found is None:
        raise NotThere(ask.say("There is no such dispute. It may be so old that it was erased."))
    return found


def _by(ask: Ask, dispute: Dispute) -> str:
    return ask.say("the rules of the shop") if dispute.by == BY_RULES else display_text(dispute.by)
