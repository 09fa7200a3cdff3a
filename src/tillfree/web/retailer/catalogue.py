"""Calls about the catalogue: taken at once, worked off in the background, and reported on."""

import hashlib
import hmac
import secrets
import uuid

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from tillfree.connectors.retailer.platform_wire import CatalogStatus, IngestionMade, UploadCatalog
from tillfree.core.time import NS_PER_S
from tillfree.storage.database.integration.ingestions import Ingestion, IngestionKind
from tillfree.web.retailer.calls import Call, CallError, Reply, RetailerCounter, refusal

__all__ = ["archive", "cart_upload", "report", "status", "upload"]

_MINUTE_S = 60


def upload(call: Call) -> Reply:
    """Items to add or change."""
    return _take(call, "upload")


def cart_upload(call: Call) -> Reply:
    """The same for shops with smart carts, whose catalogue is that of the shop here."""
    return _take(call, "cart")


def archive(call: Call) -> Reply:
    """Products to take out."""
    message = call.message
    items = [dict(item) for item in message.catalog_items] + [{"item_sku": sku} for sku in message.skus]
    if not items:
        raise CallError(400, "BadRequestException", "there is nothing to archive: name items with an item_sku, or skus")
    return _take(call, "archive", items)


def _take(call: Call, kind: IngestionKind, items: list[dict[str, object]] | None = None) -> Reply:
    found = list(call.message.catalog_items) if items is None else items
    most = call.counter.settings.items_max
    if len(found) > most:
        raise CallError(413, "PayloadTooLargeException", f"{len(found)} items, but at most {most} at once; send parts")
    made = Ingestion(
        id=str(uuid.uuid4()),
        owner=call.key.id,
        kind=kind,
        time_ns=call.counter.console.now_ns(),
        body=msgspec.json.encode(UploadCatalog(catalog_items=tuple(found))),
    )
    call.counter.database.add_ingestion(made)
    return Reply(201, IngestionMade(ingestion_id=made.id))


def status(call: Call) -> Reply:
    """What became of an upload of the same key."""
    found = call.counter.database.ingestion(call.message.ingestion_id)
    if found is None or found.owner != call.key.id:
        raise CallError(400, "InvalidRequestException", "ingestionId is unknown, or not yours")
    link = ""
    if found.report:
        until_s = call.counter.console.now_ns() // NS_PER_S + call.counter.settings.report_link_minutes * _MINUTE_S
        mark = _mark(call.key.secret, found.id, until_s)
        link = f"{call.base}/v1/catalog/reports/{found.id}?expires={until_s}&signature={mark}"
    return Reply(200, CatalogStatus(processing_status=found.state, report_download_link=link))


def report(counter: RetailerCounter, request: Request) -> Response:
    """The report behind a link, for as long as the link is good."""
    ingestion, expires = request.path_params["ingestion"], request.query_params.get("expires", "")
    said = request.query_params.get("signature", "")
    found = counter.database.ingestion(ingestion)
    key = None if found is None else next((key for key in counter.callers() if key.id == found.owner), None)
    good = expires.isascii() and expires.isdigit() and len(expires) <= 12
    if found is None or key is None or not good:
        return refusal(403, "this link is not good", "AccessDeniedException")
    if not secrets.compare_digest(said.encode(), _mark(key.secret, ingestion, int(expires)).encode()):
        return refusal(403, "this link is not good", "AccessDeniedException")
    if counter.console.now_ns() // NS_PER_S > int(expires):
        return refusal(403, "this link is no longer good; ask for the status again", "AccessDeniedException")
    headers = {"Content-Disposition": f'attachment; filename="report-{found.id}.csv"'}
    return Response(found.report, 200, headers, "text/csv; charset=utf-8")


def _mark(secret: str, ingestion: str, until_s: int) -> str:
    text = f"report {ingestion} {until_s}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
