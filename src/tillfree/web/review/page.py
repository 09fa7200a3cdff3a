"""Review: what waits, one case at a time, deciding it, and straight on to the next."""

from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.commerce.display import display_text
from tillfree.core.ids import VisitId
from tillfree.storage.database.decisions import ReviewDecision
from tillfree.storage.database.paging import PAGE_MAX
from tillfree.storage.database.records import VisitRecord
from tillfree.web.ask import Ask
from tillfree.web.errors import AskError
from tillfree.web.floor_plan import floor_plan
from tillfree.web.review.carts import candidates, carts_of, doubts
from tillfree.web.review.deciding import QUANTITY_MAX, TooLate, chosen_of, decide, decision_said
from tillfree.web.review.labels import download_labels
from tillfree.web.review.products import matching
from tillfree.web.routing import act, view
from tillfree.web.visits.evidence import acts_of
from tillfree.web.visits.page import record_of
from tillfree.web.visits.wording import Names, ended, evidence_texts

__all__ = ["routes"]

_SHOWN = 100
_CARDS = 9
_FOUND = 20
_ODDS_FROM = 0.01
"""Less probable carts have no card: whoever saw one of them edits the cart."""


def routes() -> list[BaseRoute]:
    """The pages of review."""
    return [
        view("/review", _queue, "review.decide"),
        view("/review/labels.jsonl", download_labels, "review.decide"),
        view("/review/products", _products, "review.decide"),
        view("/review/{code}", _case, "review.decide"),
        act("/review/{code}", _decide, "review.decide"),
    ]


def _queue(ask: Ask) -> Response:
    rows = ask.database.open_reviews(_SHOWN)
    return ask.page(
        "review.html",
        rows=rows,
        waiting=ask.database.count_open_reviews(),
        decided=ask.database.count_decisions(),
        ended=lambda reason: ended(ask, reason),
        undo=_undo(ask),
    )


def _products(ask: Ask) -> Response:
    found = matching(ask.store.shop, ask.store.settings.commerce, ask.query("text", limit=100), _FOUND)
    names = [display_text(product.name) for product in found]
    return ask.json(
        [
            # A name that two products have does not say which one is meant.
            {"value": name if names.count(name) == 1 else product.id, "name": name, "id": product.id}
            for product, name in zip(found, names, strict=True)
        ]
    )


def _case(ask: Ask) -> Response:
    record = _case_of(ask)
    names = Names(ask, record)
    decisions = ask.database.decisions_of(record.visit)
    again = bool(ask.query("again", limit=4))
    sees_evidence = ask.may("evidence.see")
    ask.audit("visit.see", record.visit, "review")
    shown = candidates(ask, record, names, _CARDS)
    shown = [card for card in shown if card.number == 1 or card.odds >= _ODDS_FROM]
    return ask.page(
        "review_case.html",
        record=record,
        names=names,
        doubts=doubts(ask, record, names),
        cards=shown,
        unnamed=max(0.0, 1.0 - sum(card.odds for card in shown)),
        editable=_editable(ask, record, names),
        decisions=decisions,
        last=decision_said(ask, decisions[-1]) if decisions else "",
        open=again or not decisions,
        waiting=ask.database.count_open_reviews(),
        next=_next_code(ask, record),
        undo=_undo(ask),
        quantity_max=QUANTITY_MAX,
        zero=ask.money(0),
        acts=acts_of(ask, record, names) if sees_evidence else [],
        plan=floor_plan(ask.store.shop) if sees_evidence else None,
        sees_evidence=sees_evidence,
        evidence_texts=evidence_texts(ask),
    )


def _case_of(ask: Ask) -> VisitRecord:
    record = record_of(ask)
    if record.receipt.status != "review":
        raise AskError(ask.say("The model was sure of this visit, and charged it: there is nothing to decide."))
    return record


def _editable(ask: Ask, record: VisitRecord, names: Names) -> list[tuple[str, str, int]]:
    """The products in question with the quantities of the most probable cart: id, name, quantity."""
    carts = carts_of(record)
    known = {product.id for product in ask.store.shop.products}
    products = dict.fromkeys(product for cart in carts for product in cart.items)
    return [(product, names(product), carts[0].items.get(product, 0)) for product in products if product in known]


def _decide(ask: Ask) -> Response:
    record = _case_of(ask)
    seen = ask.number("seen", 0, 1_000_000, 0)
    here = f"/review/{quote(record.visit, safe='')}"
    try:
        chosen = chosen_of(ask, record)
    except AskError as error:
        return ask.back(here, wrong=str(error), again="1" if seen else "")
    try:
        decision = decide(ask, record, chosen, seen)
    except TooLate as late:
        return ask.back(_next_path(ask, record), wrong=_too_late_said(ask, late.decision))
    done = ask.say("Decided %(visit)s: %(what)s.", visit=record.visit, what=decision_said(ask, decision))
    if decision.note:
        done = f"{done} {decision.note}"
    return ask.back(_next_path(ask, record), done=done, undo=record.visit)


def _too_late_said(ask: Ask, decision: ReviewDecision) -> str:
    return ask.say(
        "%(who)s decided %(visit)s already, at %(when)s: %(what)s. Nothing was changed.",
        who=decision.by,
        visit=decision.visit,
        when=f"{ask.when(decision.time_ns):%H:%M:%S}",
        what=decision_said(ask, decision),
    )


def _next_code(ask: Ask, record: VisitRecord) -> VisitId | None:
    """The case after this one, else the first; None where no other waits."""
    waiting = [row for row in ask.database.open_reviews(PAGE_MAX) if row.visit != record.visit]
    after = (row.visit for row in waiting if (row.closed_ns, row.visit) > (record.closed_ns, record.visit))
    return next(after, waiting[0].visit if waiting else None)


def _next_path(ask: Ask, record: VisitRecord) -> str:
    code = _next_code(ask, record)
    return "/review" if code is None else f"/review/{quote(code, safe='')}"


def _undo(ask: Ask) -> VisitId | None:
    """The case just decided, which the page offers to take up again."""
    code = VisitId(ask.query("undo", limit=200))
    return code if code and ask.database.decision(code) is not None else None
