"""`tillfree prices`: are price lists and offers as they should be, and what is in force at a time?"""

import argparse
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from tillfree.catalog.errors import CatalogError
from tillfree.catalog.model import Product, Shop
from tillfree.catalog.offer_file import offer_schema_text, read_offers
from tillfree.catalog.offers import Offer, PriceEntry, Surcharge
from tillfree.catalog.periods import Timed, local_time, zone_of
from tillfree.catalog.price_table import read_prices
from tillfree.catalog.product_table import read_products
from tillfree.catalog.report import CatalogReport
from tillfree.catalog.shop_file import decode_shop, encode_shop
from tillfree.cli.shop_files import read_file
from tillfree.cli.terminal import TerminalError, refuse_overwriting, show, write_file
from tillfree.commerce.display import display_text, format_rate
from tillfree.commerce.offers.offer_book import OfferBook
from tillfree.commerce.price_list import PriceList
from tillfree.core.money import Money
from tillfree.storage.database.audit import AuditEntry
from tillfree.storage.database.database import Database

__all__ = ["run_prices"]

_SHOWN_MAX = 200
_WHO = "command line"
_NOTE = "Prices and offers from files"


def run_prices(arguments: argparse.Namespace) -> int:
    """Checks files, puts them into a shop, or prints the schema; 1 where there are findings."""
    if arguments.action == "schema":
        show(offer_schema_text())
        return 0
    if arguments.action == "apply":
        return _apply(arguments)
    shop = _shop(arguments)
    shop, reports = _read(arguments.files, shop)
    for path, report in reports:
        show(f"{display_text(str(path))}: {report}\n")
    local = _moment(arguments.at, arguments.timezone)
    show("\n".join(_in_force(shop, arguments.store, local)) + "\n")
    return 1 if any(report.rows for _, report in reports) else 0


def _apply(arguments: argparse.Namespace) -> int:
    """Nothing is written where anything is wrong: half a price list is none."""
    if arguments.data is not None:
        if arguments.output is not None:
            raise TerminalError("--data and --output: the shop is changed in the folder, there is no file to write")
        with Database.open(arguments.data, create=False) as database:
            version = database.latest_shop()
            if version is None:
                raise TerminalError(f"{arguments.data}: no shop yet; start it once, or name its file with --shop")
            shop = _checked(arguments.files, version.shop)
            if shop is None:
                return 1
            now_ns = time.time_ns()
            number = database.save_shop(shop, _WHO, _NOTE, now_ns)
            entry = AuditEntry(time_ns=now_ns, who=_WHO, what="shop.prices", subject=str(number), detail=_counts(shop))
            database.audit(entry)
        show(f"version {number} of {display_text(shop.name)}, from the next start on: {_counts(shop)}\n")
        return 0
    if arguments.output is None:
        raise TerminalError("--shop: name the new file, too: -o NEW.JSON")
    refuse_overwriting(arguments.output, *arguments.files, arguments.shop)
    shop = _checked(arguments.files, decode_shop(read_file(arguments.shop, "a shop.json"), str(arguments.shop)))
    if shop is None:
        return 1
    write_file(arguments.output, encode_shop(shop))
    show(f"{display_text(str(arguments.output))}: {display_text(shop.name)} with {_counts(shop)}\n")
    return 0


def _checked(files: list[Path], shop: Shop) -> Shop | None:
    """The shop with what the files hold; None, and the findings are shown, where anything is wrong."""
    shop, reports = _read(files, shop)
    if not any(report.rows for _, report in reports):
        return shop
    for path, report in reports:
        show(f"{display_text(str(path))}: {report}\n")
    show("Nothing was written: mend these findings first.\n")
    return None


def _counts(shop: Shop) -> str:
    return f"{len(shop.prices)} prices, {len(shop.offers)} offers, {len(shop.surcharges)} deposits and fees"


def _shop(arguments: argparse.Namespace) -> Shop:
    """The shop that the files are for; an empty one where none is named: then no product can be unknown."""
    if arguments.shop is not None:
        shop = decode_shop(read_file(arguments.shop, "a shop.json"), str(arguments.shop))
        if arguments.currency not in (None, shop.currency):
            raise TerminalError(f"--currency {arguments.currency}: the prices of this shop are in {shop.currency}")
        return shop
    currency = arguments.currency or "USD"
    products: tuple[Product, ...] = ()
    if arguments.products is not None:
        products, _ = read_products(read_file(arguments.products), arguments.products.name, currency)
    return Shop("", products, (), (), currency=currency)


def _read(files: list[Path], shop: Shop) -> tuple[Shop, list[tuple[Path, CatalogReport]]]:
    """The shop with what the files hold; a kind of which there is no file stays as it is."""
    reports: list[tuple[Path, CatalogReport]] = []
    prices: list[PriceEntry] | None = None
    offers: list[Offer] | None = None
    surcharges: list[Surcharge] = []
    for path in files:
        data = read_file(path, "a price list (CSV or JSON) or offers (TOML)")
        if path.suffix.lower() == ".toml":
            found, report = read_offers(data, path.name, shop.currency, shop.products)
            offers = [*(offers or ()), *found.offers]
            surcharges += found.surcharges
        else:
            entries, report = read_prices(data, path.name, shop.currency, {product.id for product in shop.products})
            prices = [*(prices or ()), *entries]
        reports.append((path, report))
    if prices is not None:
        shop = msgspec.structs.replace(shop, prices=tuple(prices))
    if offers is not None:
        shop = msgspec.structs.replace(shop, offers=tuple(offers), surcharges=tuple(surcharges))
    return shop, reports


def _moment(at: str | None, timezone: str) -> datetime:
    zone = zone_of(timezone)
    if at is None:
        return local_time(time.time_ns(), zone)
    try:
        moment = datetime.fromisoformat(at)
    except ValueError as error:
        raise CatalogError(f"--at {at[:40]!r} is no local time such as 2026-03-01T17:30") from error
    if moment.tzinfo is not None:
        raise CatalogError(f"--at {at}: give the store's own local time, without a zone")
    return moment


# ---- what is in force ---------------------------------------------------------------------------------------------


def _in_force(shop: Shop, store: str, local: datetime) -> Iterator[str]:
    where = f" in {display_text(store)}" if store else ""
    yield f"In force at {local:%Y-%m-%d %H:%M}{where}:"
    names = {product.id: display_text(product.name) for product in shop.products}
    found = [
        *(
            _price(entry, names.get(entry.product, ""), shop.currency)
            for entry in PriceList(shop, store).in_force(local)
        ),
        *(_offer(offer, shop.currency) for offer in OfferBook(shop, store).in_force(local)),
        *(_surcharge(s, shop.currency) for s in OfferBook(shop, store).surcharges_in_force(local)),
    ]
    yield from found[:_SHOWN_MAX]
    if len(found) > _SHOWN_MAX:
        yield f"  and {len(found) - _SHOWN_MAX} more"
    if not found:
        yield "  nothing but the prices of the catalogue"


def _price(entry: PriceEntry, name: str, currency: str) -> str:
    named = f"{display_text(entry.product)} {name}".rstrip()
    return f"  price    {named}: {Money(entry.price_minor, currency)}{_when(entry)}"


def _offer(offer: Offer, currency: str) -> str:
    match offer.kind:
        case "percent":
            what = f"{format_rate(offer.rate_ppm)} off"
        case "amount":
            what = f"{Money(offer.amount_minor, currency)} off{' each' if offer.each else ''}"
        case "price":
            what = f"for {Money(offer.price_minor, currency)}"
        case "multi_buy":
            what = f"{offer.buy} for the price of {offer.pay}"
        case _:
            what = f"{offer.buy} for {Money(offer.price_minor, currency)}"
    conditions = [
        f"with coupon {display_text(offer.coupon)}" if offer.coupon else "",
        "with a loyalty account" if offer.loyalty else "",
        f"from {offer.at_least} units" if offer.at_least else "",
        f"from {Money(offer.spend_minor, currency)}" if offer.spend_minor else "",
        f"at most {offer.limit} times" if offer.limit else "",
    ]
    said = ", ".join([what, _about(offer), *filter(None, conditions)])
    return f"  offer    {display_text(offer.id)} ({display_text(offer.name)}): {said}{_when(offer)}"


def _surcharge(surcharge: Surcharge, currency: str) -> str:
    often = "once a trip" if surcharge.once else "for each"
    amount = Money(surcharge.amount_minor, currency)
    named = f"{display_text(surcharge.id)} ({display_text(surcharge.name)})"
    return f"  {surcharge.kind:8} {named}: {amount} {often}, {_about(surcharge)}{_when(surcharge)}"


def _about(thing: Offer | Surcharge) -> str:
    parts = []
    if thing.products:
        parts.append(f"product {display_text(thing.products[0])}" if len(thing.products) == 1 else "its products")
    if thing.tags:
        parts.append(f"tag {', '.join(map(display_text, thing.tags[:5]))}")
    about = " and ".join(parts) or "everything"
    if isinstance(thing, Offer) and thing.except_tags:
        about += f" but tag {', '.join(map(display_text, thing.except_tags[:5]))}"
    return about


def _when(timed: Timed) -> str:
    parts = [
        f"from {timed.begin}" if timed.begin else "",
        f"until {timed.end}" if timed.end else "",
        " ".join(timed.days),
        " ".join(timed.hours),
    ]
    said = " ".join(filter(None, parts))
    return f" ({said})" if said else ""
