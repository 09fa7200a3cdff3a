"""One visit: facts, receipt, other possible carts, decision and truth, evidence, pictures, and the customer's page."""

import msgspec
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute

from tillfree.commerce.page import render_html
from tillfree.commerce.receipt import Receipt
from tillfree.core.ids import ProductId, VisitId
from tillfree.storage.database.records import VisitRecord
from tillfree.storage.database.visits import Outcome
from tillfree.web.ask import Ask
from tillfree.web.errors import NotThere
from tillfree.web.floor_plan import floor_plan
from tillfree.web.routing import view
from tillfree.web.visits.evidence import acts_of, evidence_of
from tillfree.web.visits.listing import export, show_list
from tillfree.web.visits.wording import (
    OUTCOME_KINDS,
    OUTCOMES,
    Names,
    deed_said,
    difference_said,
    ended,
    evidence_texts,
)

__all__ = ["record_of", "routes"]

_CODE_MAX = 200
_OTHERS_FROM = 0.001
# The customer's page brings its looks with it; only this console may frame it.
_RECEIPT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
_PICTURES = {"jpeg": "image/jpeg", "jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
"""What a browser may be told that a picture is: nothing that it would run."""


def routes() -> list[BaseRoute]:
    """The pages of visits."""
    return [
        view("/visits", show_list, "visits.see"),
        view("/visits.csv", export, "visits.see"),
        view("/visits/{code}", _show, "visits.see"),
        view("/visits/{code}/receipt", _receipt, "visits.see"),
        view("/visits/{code}/evidence", _evidence, "evidence.see"),
        view("/visits/{code}/frames/{number}", _frame, "evidence.see"),
    ]


def record_of(ask: Ask) -> VisitRecord:
    """The visit that the address names.

    Raises:
        NotThere: there is none, or it still goes on.
    """
    code = str(ask.request.path_params["code"])
    record = ask.database.visit(VisitId(code)) if len(code) <= _CODE_MAX else None
    if record is not None:
        return record
    if any(cart.visit == code for cart in ask.store.carts()):
        raise NotThere(ask.say("This visit still goes on. Its page is there as soon as it is over."))
    raise NotThere(ask.say("There is no such visit. It may be so old that it was erased."))


class _LineShown(msgspec.Struct, frozen=True):
    line: object
    acts: list[str]


def _show(ask: Ask) -> Response:
    record = record_of(ask)
    names = Names(ask, record)
    ask.audit("visit.see", record.visit)
    decisions = ask.database.decisions_of(record.visit)
    outcome: Outcome = "decided" if decisions else "charged" if record.receipt.status == "charge" else "to review"
    sees_evidence = ask.may("evidence.see")
    return ask.page(
        "visit.html",
        record=record,
        names=names,
        outcome=ask.say(OUTCOMES[outcome]),
        outcome_key=outcome,
        kind=OUTCOME_KINDS[outcome],
        how=ended(ask, record.reason),
        lines=_lines(ask, record),
        others=_others(ask, record, names),
        decisions=decisions,
        truth=_truth(record, names),
        right=_is_right(record),
        sees_evidence=sees_evidence,
        evidence_texts=evidence_texts(ask),
        acts=acts_of(ask, record, names) if sees_evidence else [],
        plan=floor_plan(ask.store.shop) if sees_evidence else None,
    )


def _lines(ask: Ask, record: VisitRecord) -> list[_LineShown]:
    acts = sorted(record.interactions, key=lambda act: act.time_ns)
    return [
        _LineShown(
            line,
            [deed_said(ask, act, record) for act in acts if act.product == line.product],
        )
        for line in record.receipt.lines
    ]


def _said(items: dict[ProductId, int], names: Names) -> str:
    return ", ".join(f"{count} × {names(product)}" for product, count in sorted(items.items()) if count)


def _others(ask: Ask, record: VisitRecord, names: Names) -> list[tuple[str, float]]:
    """Other carts that are worth a word, as differences from the receipt, most probable first, each with its odds."""
    here = record.receipt.quantities()
    return [
        ("; ".join(difference_said(ask, here, other.items, names)), other.probability)
        for other in record.alternatives
        if other.items != here and other.probability >= _OTHERS_FROM
    ]


def _truth(record: VisitRecord, names: Names) -> str | None:
    return None if record.truth is None else _said(record.truth, names)


def _is_right(record: VisitRecord) -> bool | None:
    if record.truth is None:
        return None
    return record.receipt.quantities() == {product: count for product, count in record.truth.items() if count}


def _evidence(ask: Ask) -> Response:
    record = record_of(ask)
    ask.audit("evidence.see", record.visit)
    return ask.json(evidence_of(ask, record))


def _frame(ask: Ask) -> Response:
    record = record_of(ask)
    number = str(ask.request.path_params["number"])
    place = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else -1
    kind = _PICTURES.get(record.frames[place].format.lower()) if 0 <= place < len(record.frames) else None
    if kind is None:
        raise NotThere(ask.say("There is no such picture."))
    frame = record.frames[place]
    ask.audit("evidence.see", record.visit, f"picture {place} of camera {frame.camera}")
    return Response(frame.data, media_type=kind, headers={"X-Content-Type-Options": "nosniff"})


def _receipt(ask: Ask) -> Response:
    """The receipt in force as the customer gets it."""
    record = record_of(ask)
    ask.audit("visit.see", record.visit, "receipt")
    decision = ask.database.decision(record.visit)
    receipt: Receipt = record.receipt if decision is None else decision.receipt
    names = Names(ask, record).known()
    page = render_html(receipt, record.interactions, record.alternatives, names=names, simulated=record.simulated)
    return HTMLResponse(page, headers={"Content-Security-Policy": _RECEIPT_POLICY, "X-Frame-Options": "SAMEORIGIN"})
