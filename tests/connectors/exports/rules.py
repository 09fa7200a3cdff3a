"""The rules of EPCIS 2.0 and CBV 2.0 that our documents must keep, written down from the standard's own schemas."""

import re
from typing import Any

__all__ = ["broken_rules"]

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_OFFSET = re.compile(r"([+-])((0\d|1[0-3]):[0-5]\d|14:00)")
_UUID_5 = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_URI = re.compile(r"[a-z][a-z0-9+.-]*:[!-~]+")
_CLASS = re.compile(r"https://id\.gs1\.org/01/\d{14}|urn:x-tillfree:product:[!-~]+")
_STEPS = {"retail_selling", "receiving"}
_DISPOSITIONS = {"retail_sold", "returned"}
_REASONS = {"did_not_occur", "incorrect_data"}
_TRANSACTIONS = {
    "bol", "cert", "desadv", "inv", "pedigree", "po", "poc", "prodorder", "recadv", "rma", "testprd", "testres",
    "upevt",
}  # fmt: skip
_FIELDS = {
    "type", "eventID", "eventTime", "eventTimeZoneOffset", "recordTime", "action", "bizStep", "disposition",
    "readPoint", "bizLocation", "bizTransactionList", "quantityList", "errorDeclaration",
}  # fmt: skip


def broken_rules(document: dict[str, Any]) -> list[str]:
    """What is wrong with a document; nothing, if all is well."""
    found = []
    if document.get("type") != "EPCISDocument" or document.get("schemaVersion") != "2.0":
        found.append("no EPCISDocument of version 2.0")
    if "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld" not in document.get("@context", []):
        found.append("the context is missing")
    if not _MOMENT.fullmatch(document.get("creationDate", "")):
        found.append("creationDate")
    events = document.get("epcisBody", {}).get("eventList")
    if not isinstance(events, list):
        return [*found, "there is no eventList"]
    for place, event in enumerate(events):
        found += [f"event {place}: {problem}" for problem in _event_problems(event)]
    return found + list(_declaration_problems(events))


def _event_problems(event: dict[str, Any]) -> list[str]:
    found = [f"unknown field {name}" for name in event.keys() - _FIELDS]
    if event.get("type") != "ObjectEvent" or event.get("action") not in ("OBSERVE", "ADD", "DELETE"):
        found.append("type or action")
    found += [name for name in ("eventTime",) if not _MOMENT.fullmatch(event.get(name, ""))]
    found += [name for name in ("recordTime",) if name in event and not _MOMENT.fullmatch(event[name])]
    if not _OFFSET.fullmatch(event.get("eventTimeZoneOffset", "")):
        found.append("eventTimeZoneOffset")
    if not re.fullmatch(
        r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", event["eventID"]
    ):
        found.append("eventID")
    if event.get("bizStep") not in _STEPS or event.get("disposition") not in _DISPOSITIONS:
        found.append("bizStep or disposition")
    found += [name for name in ("readPoint", "bizLocation") if name in event and not _URI.fullmatch(event[name]["id"])]
    for transaction in event.get("bizTransactionList", ()):
        if transaction["type"] not in _TRANSACTIONS or not _URI.fullmatch(transaction["bizTransaction"]):
            found.append("bizTransactionList")
    if not event.get("quantityList"):
        found.append("neither epcList nor quantityList")
    for quantity in event.get("quantityList", ()):
        found += _quantity_problems(quantity)
    return found


def _quantity_problems(quantity: dict[str, Any]) -> list[str]:
    found = []
    if not _CLASS.fullmatch(quantity["epcClass"]):
        found.append(f"epcClass {quantity['epcClass']}")
    if not quantity["quantity"] > 0:
        found.append("quantity")
    if "uom" in quantity and not re.fullmatch("[A-Z]{2,3}", quantity["uom"]):
        found.append("uom")
    if "uom" not in quantity and not isinstance(quantity["quantity"], int):
        found.append("a part of a piece")
    return found


def _declaration_problems(events: list[dict[str, Any]]) -> list[str]:
    """A declared event says the same as the one before it, and names events that are there."""
    found = []
    first = {event["eventID"]: event for event in reversed(events) if "errorDeclaration" not in event}
    for event in events:
        declaration = event.get("errorDeclaration")
        if declaration is None:
            continue
        if not _MOMENT.fullmatch(declaration.get("declarationTime", "")) or declaration.get("reason") not in _REASONS:
            found.append("errorDeclaration")
        plain = {name: value for name, value in event.items() if name != "errorDeclaration"}
        if first.get(event["eventID"]) != plain:
            found.append("a declared event differs from the one that it is about")
        if not set(declaration.get("correctiveEventIDs", ())) <= first.keys():
            found.append("correctiveEventIDs")
    return found
