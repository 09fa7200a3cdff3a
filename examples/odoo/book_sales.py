"""Books the sales of a Tillfree store in Odoo, each once. See README.md; needs nothing but Python."""

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import xmlrpc.client
from decimal import Decimal
from pathlib import Path
from typing import Any

DIGITS = {"JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3, "OMR": 3, "JOD": 3, "TND": 3}
"""Digits of currencies that have not two (ISO 4217)."""
TIMEOUT_S = 30
KINDS = ("trip.settled", "payment.refunded")


class BookingError(Exception):
    """Something could not be booked; says what, and what to do."""


class OtherTotalError(BookingError):
    """Odoo works out another total than the receipt says; the draft that it has stays for somebody to look at."""


class Tillfree:
    """The store's API."""

    def __init__(self, url: str, key: str) -> None:
        if not url.startswith(("https://", "http://")):
            raise BookingError(f"TILLFREE_URL={url!r}: give an address that begins with https://")
        self._url = url.rstrip("/") + "/api/v1"
        self._key = key

    def get(self, path: str, **query: object) -> dict[str, Any]:
        """What is at an address."""
        address = f"{self._url}{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {self._key}"})  # noqa: S310  http(s)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            detail = error.read(2000).decode("utf-8", "replace")
            error.close()
            raise BookingError(f"Tillfree, {path}: {error.code} {detail}") from error
        except (OSError, ValueError) as error:
            raise BookingError(f"Tillfree, {path}: no answer ({error}); is the store on?") from error

    def events(self, after: int) -> dict[str, Any]:
        """A page of what happened."""
        return self.get("/events", after=after, limit=200)

    def receipt(self, trip: str) -> dict[str, Any]:
        """The receipt of a trip."""
        return self.get(f"/trips/{urllib.parse.quote(trip, safe='')}/receipt")


class Odoo:
    """Odoo's external API."""

    def __init__(self, url: str, database: str, user: str, password: str) -> None:
        self._database, self._password = database, password
        self._models = xmlrpc.client.ServerProxy(f"{url.rstrip('/')}/xmlrpc/2/object", allow_none=True)
        common = xmlrpc.client.ServerProxy(f"{url.rstrip('/')}/xmlrpc/2/common")
        self._user: Any = _answered(lambda: common.authenticate(database, user, password, {}))
        if not self._user:
            raise BookingError(f"Odoo knows no user {user!r} with this password in the database {database!r}")

    def call(self, model: str, method: str, *values: Any, **named: Any) -> Any:
        """One call of a method of a model."""
        return _answered(
            lambda: self._models.execute_kw(
                self._database, self._user, self._password, model, method, list(values), named
            )
        )


def _answered(ask: Any) -> Any:
    try:
        return ask()
    except (OSError, xmlrpc.client.Error) as error:
        raise BookingError(f"Odoo: {error}") from error


class Books:
    """Documents in Odoo, each made once."""

    def __init__(self, odoo: Odoo, partner: int, journal: int | None, taxes: dict[str, int]) -> None:
        self._odoo, self._partner, self._journal, self._taxes = odoo, partner, journal, taxes

    def book(self, kind: str, ref: str, day: str, currency: str, lines: list[dict[str, Any]], total: Decimal) -> str:
        """Makes and posts a document; one that is there already stays as it is, or is posted where it was not yet."""
        known = self._odoo.call("account.move", "search_read", [["ref", "=", ref]], fields=["state", "amount_total"])
        if known and known[0]["state"] == "posted":
            return "there"
        id_ = known[0]["id"] if known else self._make(kind, ref, day, currency, lines)
        (made,) = self._odoo.call("account.move", "read", [id_], fields=["amount_total"])
        came = Decimal(str(made["amount_total"])).quantize(total)
        if came != total:
            raise OtherTotalError(
                f"{ref}: Odoo works out {came} {currency}, the receipt says {total}; look at rates and rounding of the "
                f"taxes given with --tax. The draft stays for you to see (account.move {id_})"
            )
        self._odoo.call("account.move", "action_post", [id_])
        return "booked"

    def _make(self, kind: str, ref: str, day: str, currency: str, lines: list[dict[str, Any]]) -> int:
        found = self._odoo.call("res.currency", "search", [["name", "=", currency]], limit=1)
        if not found:
            raise BookingError(f"{ref}: Odoo does not know the currency {currency}; switch it on there")
        values: dict[str, Any] = {
            "move_type": kind,
            "ref": ref,
            "partner_id": self._partner,
            "invoice_date": day,
            "currency_id": found[0],
            "invoice_line_ids": [[0, 0, self._line(line)] for line in lines],
        }
        if self._journal is not None:
            values["journal_id"] = self._journal
        return int(self._odoo.call("account.move", "create", values))

    def _line(self, line: dict[str, Any]) -> dict[str, Any]:
        tax = self._taxes.get(line["tax_class"])
        if tax is None and line["taxed"]:
            raise BookingError(f"tax class {line['tax_class']!r}: say which tax of Odoo it is, with --tax")
        return {
            "name": line["name"],
            "quantity": 1,
            "price_unit": float(line["net"]),
            "tax_ids": [[6, 0, [] if tax is None else [tax]]],
        }


def decimal(amount: dict[str, Any]) -> Decimal:
    """An amount of the API as a decimal number."""
    return Decimal(amount["minor"]).scaleb(-DIGITS.get(amount["currency"], 2))


def book_event(event: dict[str, Any], tillfree: Tillfree, books: Books) -> str:
    """Books what an event tells of; gives what was done, empty for nothing."""
    data = event["data"]
    if event["type"] not in KINDS or not data.get("trip"):
        return ""
    trip, day = data["trip"], event["timestamp"][:10]
    if event["type"] == "trip.settled":
        if data.get("role", "shopper") != "shopper" or "total" not in data or not data["total"]["minor"]:
            return ""
        receipt = tillfree.receipt(trip)
        lines = [
            {
                "name": f"Sales, tax class {tax['tax_class']}",
                "tax_class": tax["tax_class"],
                "net": decimal(tax["net"]),
                "taxed": bool(tax["tax"]["minor"]),
            }
            for tax in receipt["taxes"]
        ]
        return books.book("out_invoice", f"tillfree/{trip}", day, receipt["currency"], lines, decimal(receipt["gross"]))
    amount = data["amount"]
    receipt = tillfree.receipt(trip)
    lines = refund_lines(receipt, amount)
    ref = f"tillfree/{trip}/refund/{event['number']}"
    return books.book("out_refund", ref, day, amount["currency"], lines, decimal(amount))


def refund_lines(receipt: dict[str, Any], amount: dict[str, Any]) -> list[dict[str, Any]]:
    """What went back, as one line: with the tax of the receipt where it has one class, else without saying which.

    A refund of several classes is booked gross, without tax, for an accountant to divide: guessing would be worse.
    """
    classes = receipt["taxes"]
    whole = amount["minor"] == receipt["gross"]["minor"]
    if whole:
        return [
            {
                "name": f"Refund, tax class {tax['tax_class']}",
                "tax_class": tax["tax_class"],
                "net": decimal(tax["net"]),
                "taxed": bool(tax["tax"]["minor"]),
            }
            for tax in classes
        ]
    return [{"name": "Refund (divide by tax)", "tax_class": "", "net": decimal(amount), "taxed": False}]


def run_once(cursor: Path, tillfree: Tillfree, books: Books) -> tuple[int, int]:
    """Books all that is new; gives how many documents were posted, and how many stay drafts for somebody to look at."""
    made = drafts = 0
    while True:
        after = int(cursor.read_text(encoding="ascii")) if cursor.exists() else 0
        page = tillfree.events(after)
        for event in page["items"]:
            try:
                made += book_event(event, tillfree, books) == "booked"
            except OtherTotalError as error:
                sys.stderr.write(f"{error}\n")
                drafts += 1
            _keep(cursor, event["number"])
        if page["next"] is None:
            return made, drafts


def _keep(cursor: Path, number: int) -> None:
    new = cursor.with_name(cursor.name + ".new")
    new.write_text(str(number), encoding="ascii")
    new.replace(cursor)


def main(arguments: list[str] | None = None) -> int:
    """Books; 1 where something could not be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cursor", type=Path, required=True, help="where the number of the last event is kept")
    parser.add_argument("--partner", type=int, default=1, help="the partner that sales are booked on (default 1)")
    parser.add_argument("--journal", type=int, help="the sales journal")
    parser.add_argument("--tax", action="append", default=[], metavar="CLASS=ID", help="which tax a tax class is")
    parser.add_argument("--every", type=float, metavar="S", help="go on, every so many seconds")
    parsed = parser.parse_args(arguments)
    try:
        taxes = {name: int(id_) for name, _, id_ in (text.partition("=") for text in parsed.tax)}
        missing = [name for name in NEEDED if not os.environ.get(name)]
        if missing:
            raise BookingError(f"set {', '.join(missing)} in the environment; see README.md")
        url, key, *odoo = (os.environ[name] for name in NEEDED)
        books = Books(Odoo(*odoo), parsed.partner, parsed.journal, taxes)
        while True:
            made, drafts = run_once(parsed.cursor, Tillfree(url, key), books)
            sys.stdout.write(f"{made} documents booked, {drafts} left as drafts\n")
            if parsed.every is None:
                return 1 if drafts else 0
            time.sleep(parsed.every)
    except (BookingError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


NEEDED = ("TILLFREE_URL", "TILLFREE_KEY", "ODOO_URL", "ODOO_DB", "ODOO_USER", "ODOO_PASSWORD")

if __name__ == "__main__":
    sys.exit(main())
