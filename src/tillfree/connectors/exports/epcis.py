"""Sales as EPCIS 2.0 documents (GS1, JSON-LD; vocabulary CBV 2.0).

A trip is one ObjectEvent: `retail_selling`, `retail_sold`, with the class and number of each product. A product with a
GTIN is named by its GS1 Digital Link, which needs no company prefix; one that only the shop knows by a URN. Goods that
came back are an event of their own (`returned`). Where a receipt turned out wrong the event is told again, unchanged
but for an `errorDeclaration` that names the event which puts it right.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from tillfree.catalog.barcodes import classify_barcode
from tillfree.commerce.receipt import ReceiptLine
from tillfree.connectors.exports.sold import GivenBack, Sold
from tillfree.core.time import format_utc

__all__ = ["CONTEXT", "document", "epc_class", "location_uri", "trip_events"]

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
_URN = "urn:x-tillfree"
_NAMESPACE = uuid.UUID("6f1de2a4-0f0e-5b7c-9d4e-6f6f1d6e3a10")
"""Ids of events are made from what they are of: the same sale has the same id in each export."""
_Event = dict[str, Any]


def location_uri(store: str, gln: str = "") -> str:
    """Where it happened: a GLN as a Digital Link, else a URN of the store's name."""
    return f"https://id.gs1.org/414/{gln}" if gln else f"{_URN}:store:{quote(store, safe='')}"


def epc_class(product: str) -> str:
    """The class of a product."""
    gtin = classify_barcode(product).gtin14
    return f"https://id.gs1.org/01/{gtin}" if gtin else f"{_URN}:product:{quote(product, safe='')}"


def document(sales: Iterable[Sold], location: str, made_ns: int) -> _Event:
    """An EPCISDocument; `location` is a URI of the store."""
    return {
        "@context": [CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": format_utc(made_ns),
        "epcisBody": {"eventList": [event for sold in sales for event in trip_events(sold, location)]},
    }


def trip_events(sold: Sold, location: str) -> Iterator[_Event]:
    """What there is to tell of a trip; nothing where nothing was sold."""
    bought = _quantities(sold, {})
    if bought:
        event = _event(sold, location, "sale", sold.time_ns, bought)
        event |= {"bizStep": "retail_selling", "disposition": "retail_sold"}
        yield event
        yield from _put_right(sold, location, event)
    for back in sold.given_back:
        if back.goods and (returned := _quantities(sold, _units_back(sold, back))):
            event = _event(sold, location, f"return/{back.key}", back.time_ns, returned)
            yield event | {"bizStep": "receiving", "disposition": "returned"}


def _put_right(sold: Sold, location: str, event: _Event) -> Iterator[_Event]:
    """The event once more, declared wrong, and the one that says how it was."""
    if not sold.corrections:
        return
    really = {correction.line: correction.really for correction in sold.corrections}
    declared_ns = max(correction.time_ns for correction in sold.corrections)
    declaration: dict[str, Any] = {"declarationTime": format_utc(declared_ns), "reason": "did_not_occur"}
    was = _quantities(sold, {place: really.get(place, line.quantity) for place, line in enumerate(sold.receipt.lines)})
    right = None
    if was:
        right = _event(sold, location, "corrected sale", sold.time_ns, was)
        right |= {"bizStep": "retail_selling", "disposition": "retail_sold", "recordTime": format_utc(declared_ns)}
        declaration |= {"reason": "incorrect_data", "correctiveEventIDs": [right["eventID"]]}
    yield event | {"errorDeclaration": declaration}
    if right is not None:
        yield right


def _event(sold: Sold, location: str, what: str, time_ns: int, quantities: list[_Event]) -> _Event:
    named = f"{location}\n{sold.trip}\n{what}"
    event: _Event = {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{uuid.uuid5(_NAMESPACE, named)}",
        "eventTime": format_utc(time_ns),
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "bizLocation": {"id": location},
        "bizTransactionList": [{"type": "inv", "bizTransaction": f"{_URN}:trip:{quote(sold.trip, safe='')}"}],
        "quantityList": quantities,
    }
    if sold.gate:
        event["readPoint"] = {"id": f"{_URN}:gate:{quote(sold.gate, safe='')}"}
    return event


def _quantities(sold: Sold, units: Mapping[int, int]) -> list[_Event]:
    """Class and quantity of each product; `units` by line where they are others than those of the receipt."""
    counts: dict[str, int] = {}
    grams: dict[str, int] = {}
    for place, line in enumerate(sold.receipt.lines):
        number = units.get(place, line.quantity if not units else 0)
        if line.kind != "item" or line.problem or number < 1:
            continue
        if line.weight_g is not None:
            grams[epc_class(line.product)] = grams.get(epc_class(line.product), 0) + _part_g(line, number)
        else:
            counts[epc_class(line.product)] = counts.get(epc_class(line.product), 0) + number
    found: list[_Event] = [{"epcClass": name, "quantity": count} for name, count in sorted(counts.items())]
    found += [{"epcClass": name, "quantity": weight / 1000, "uom": "KGM"} for name, weight in sorted(grams.items())]
    return found


def _part_g(line: ReceiptLine, number: int) -> int:
    """The weight of some pieces of a line that was weighed as a whole."""
    assert line.weight_g is not None
    return line.weight_g * number // line.quantity


def _units_back(sold: Sold, back: GivenBack) -> dict[int, int]:
    lines = sold.receipt.lines
    places = [place for place in back.lines if 0 <= place < len(lines)] if back.lines else range(len(lines))
    return {place: lines[place].quantity for place in places}
