"""Sales as tables and as EPCIS documents."""

import csv
import io
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.connectors.exports.rules import broken_rules
from tillfree.commerce.receipt import Receipt, ReceiptLine
from tillfree.commerce.settings import CommerceSettings
from tillfree.commerce.tax import sum_taxed, summarise_tax
from tillfree.connectors.exports.cells import table_text
from tillfree.connectors.exports.epcis import document, epc_class, location_uri, trip_events
from tillfree.connectors.exports.sales import LINE_COLUMNS, TAX_COLUMNS, lines_csv, tax_shares, taxes_csv
from tillfree.connectors.exports.sold import Correction, GivenBack, Sold, TaxShare
from tillfree.core.ids import ProductId, TripId, VisitId
from tillfree.core.money import Money

NOON_NS = 1_767_268_800_250_000_000
GTIN = "4006381333931"
HERE = location_uri("Corner shop")
RATES = {"standard": 190_000, "food": 70_000, "none": 0}


def line(product: str, quantity: int, unit: int, tax_class: str = "standard", **more: Any) -> ReceiptLine:
    grams = more.get("weight_g")
    amount = unit * quantity if grams is None else (unit * grams + 500) // 1000
    return ReceiptLine(
        product=ProductId(product),
        name=more.pop("name", product),
        quantity=quantity,
        unit_price=Money(unit, "EUR"),
        amount=Money(amount, "EUR"),
        tax_class=tax_class,
        probability=0.99,
        **more,
    )


def receipt(*lines: ReceiptLine, gross: bool = False) -> Receipt:
    settings = CommerceSettings(prices_include_tax=gross, tax_rates_ppm=RATES)
    taxes = summarise_tax([(one.tax_class, one.charged) for one in lines if one.charged is not None], settings)
    return Receipt(
        id="t1/receipt",
        visit=VisitId("v1"),
        time_ns=NOON_NS,
        store="Corner shop",
        currency="EUR",
        lines=lines,
        taxes=taxes,
        total=sum_taxed((tax.amount for tax in taxes), "EUR"),
        prices_include_tax=gross,
        status="charge",
        probability=0.9,
    )


def sold(*lines: ReceiptLine, gross: bool = False, **more: Any) -> Sold:
    return Sold(trip=TripId("t1"), time_ns=NOON_NS, receipt=receipt(*lines, gross=gross), gate="gate 1", **more)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


LINES = st.lists(
    st.builds(
        line,
        st.sampled_from(["a", "b", GTIN]),
        st.integers(1, 20),
        st.integers(0, 10_000),
        st.sampled_from(sorted(RATES)),
    ),
    min_size=1,
    max_size=12,
)


# ---- tables -----------------------------------------------------------------------------------------------------


@given(LINES, st.booleans())
def test_the_rows_of_both_tables_sum_to_the_receipt(lines: list[ReceiptLine], gross: bool) -> None:
    sale = sold(*lines, gross=gross)
    total = sale.receipt.total
    for text in (lines_csv([sale]), taxes_csv([sale])):
        found = rows(text)
        for name, money in (("net_minor", total.net), ("tax_minor", total.tax), ("gross_minor", total.gross)):
            assert sum(int(row[name]) for row in found) == money.minor
        assert len({row["row"] for row in found}) == len(found)
    assert sum(tax_shares(sale.receipt)) == total.tax.minor


def test_a_row_has_everything() -> None:
    (row,) = rows(lines_csv([sold(line(GTIN, 2, 249), status="settled", simulated=True)]))
    assert row == {
        "row": "t1/0", "kind": "item", "trip": "t1", "receipt": "t1/receipt", "time": "2026-01-01T12:00:00.250Z",
        "line": "0", "product": GTIN, "name": GTIN, "quantity": "2", "weight_g": "", "unit_price_minor": "249",
        "discount_minor": "0", "tax_class": "standard", "rate_ppm": "190000", "net_minor": "498", "tax_minor": "95",
        "gross_minor": "593", "currency": "EUR", "status": "settled", "simulated": "yes",
    }  # fmt: skip


def test_what_went_back_is_below_zero_and_of_its_tax_class() -> None:
    back = GivenBack(
        key="r1", time_ns=NOON_NS, minor=296, reason="=broken", lines=(0,), shares=(TaxShare("standard", 249, 47),)
    )
    sale = sold(line(GTIN, 2, 249), given_back=(back, msgspec.structs.replace(back, key="r2", shares=())))
    found = rows(lines_csv([sale]))
    assert [(row["kind"], row["net_minor"], row["tax_minor"], row["gross_minor"]) for row in found] == [
        ("item", "498", "95", "593"), ("refund", "-249", "-47", "-296"), ("refund", "-296", "0", "-296"),
    ]  # fmt: skip
    assert found[1]["name"] == "'=broken"
    assert [row["gross_minor"] for row in rows(taxes_csv([sale]))] == ["593", "-296", "-296"]


def test_of_nothing_there_is_a_heading() -> None:
    assert rows(lines_csv([])) == rows(taxes_csv([])) == []
    assert lines_csv([]).strip() == ",".join(LINE_COLUMNS)
    assert taxes_csv([]).strip() == ",".join(TAX_COLUMNS)


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\uff1d1"])
def test_no_cell_is_run_by_a_spreadsheet(name: str) -> None:
    (row,) = list(csv.reader(io.StringIO(table_text(["a"], [[name]]), newline="")))[1:]
    assert row == [f"'{name}"]


def test_commas_quotes_and_lines_come_back() -> None:
    name = 'a,"b"\nc'
    assert list(csv.reader(io.StringIO(table_text(["a", "b"], [[name, -5]]), newline="")))[1] == [name, "-5"]


# ---- EPCIS ------------------------------------------------------------------------------------------------------


def test_a_sale_is_one_event() -> None:
    (event,) = trip_events(sold(line(GTIN, 2, 249), line("local 1", 1, 100)), HERE)
    assert event == {
        "type": "ObjectEvent",
        "eventID": event["eventID"],
        "eventTime": "2026-01-01T12:00:00.250Z",
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "bizStep": "retail_selling",
        "disposition": "retail_sold",
        "bizLocation": {"id": "urn:x-tillfree:store:Corner%20shop"},
        "readPoint": {"id": "urn:x-tillfree:gate:gate%201"},
        "bizTransactionList": [{"type": "inv", "bizTransaction": "urn:x-tillfree:trip:t1"}],
        "quantityList": [
            {"epcClass": "https://id.gs1.org/01/04006381333931", "quantity": 2},
            {"epcClass": "urn:x-tillfree:product:local%201", "quantity": 1},
        ],
    }


def test_weighed_goods_are_in_kilograms_and_deposits_are_no_goods() -> None:
    sale = sold(line("pears", 3, 299, weight_g=450), line("deposit", 1, 25, kind="deposit"))
    (event,) = trip_events(sale, HERE)
    assert event["quantityList"] == [{"epcClass": "urn:x-tillfree:product:pears", "quantity": 0.45, "uom": "KGM"}]
    assert list(trip_events(sold(line("bag", 1, 10, kind="fee")), HERE)) == []


def test_goods_that_came_back_are_an_event_and_money_alone_is_none() -> None:
    back = GivenBack(key="r1", time_ns=NOON_NS + 10**9, minor=1, reason="return", lines=(1,), goods=True)
    sale = sold(line(GTIN, 2, 249), line("b", 3, 100), given_back=(back,))
    sale_event, event = trip_events(sale, HERE)
    assert (event["bizStep"], event["disposition"]) == ("receiving", "returned")
    assert event["quantityList"] == [{"epcClass": "urn:x-tillfree:product:b", "quantity": 3}]
    assert event["eventID"] != sale_event["eventID"]
    money = msgspec.structs.replace(back, goods=False)
    assert len(list(trip_events(msgspec.structs.replace(sale, given_back=(money,)), HERE))) == 1


def test_a_receipt_that_was_wrong_is_declared_so_and_put_right() -> None:
    wrong = Correction(line=0, really=1, time_ns=NOON_NS + 60 * 10**9)
    sale = sold(line(GTIN, 3, 249), line("b", 1, 100), corrections=(wrong,))
    first, declared, right = trip_events(sale, HERE)
    assert declared == first | {
        "errorDeclaration": {
            "declarationTime": "2026-01-01T12:01:00.250Z",
            "reason": "incorrect_data",
            "correctiveEventIDs": [right["eventID"]],
        }
    }
    assert [one["quantity"] for one in right["quantityList"]] == [1, 1]
    nothing = Correction(line=0, really=0, time_ns=NOON_NS)
    first, declared = trip_events(sold(line(GTIN, 3, 249), corrections=(nothing,)), HERE)
    assert declared["errorDeclaration"]["reason"] == "did_not_occur"


@given(
    LINES,
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 25)), max_size=3),
    st.lists(st.tuples(st.lists(st.integers(0, 15), max_size=3), st.booleans()), max_size=3),
    st.text(max_size=20),
)
def test_every_document_keeps_the_rules(
    lines: list[ReceiptLine],
    corrections: list[tuple[int, int]],
    backs: list[tuple[list[int], bool]],
    store: str,
) -> None:
    sale = sold(
        *lines,
        corrections=tuple(Correction(line=place, really=really, time_ns=NOON_NS) for place, really in corrections),
        given_back=tuple(
            GivenBack(key=f"r{number}", time_ns=NOON_NS, minor=1, reason="x", lines=tuple(places), goods=goods)
            for number, (places, goods) in enumerate(backs)
        ),
    )
    try:
        location = location_uri(store or "x")
    except UnicodeEncodeError:  # half a character is no name of a store
        return
    made = document([sale, msgspec.structs.replace(sale, trip=TripId("t 2"))], location, NOON_NS)
    assert broken_rules(msgspec.json.decode(msgspec.json.encode(made))) == []
    assert made == document([sale, msgspec.structs.replace(sale, trip=TripId("t 2"))], location, NOON_NS)


def test_the_rules_find_what_is_wrong() -> None:
    good = document([sold(line(GTIN, 2, 249))], HERE, NOON_NS)
    (event,) = good["epcisBody"]["eventList"]
    assert broken_rules(good) == []
    changes: tuple[dict[str, Any], ...] = (
        {"quantityList": []}, {"eventTimeZoneOffset": "Z"}, {"action": "SELL"}, {"eventTime": "noon"}, {"more": 1},
        {"bizStep": "selling"}, {"eventID": "1"}, {"quantityList": [{"epcClass": GTIN, "quantity": 1}]},
        {"errorDeclaration": {"declarationTime": "x"}},
        {"bizTransactionList": [{"type": "trip", "bizTransaction": "x"}]},
    )  # fmt: skip
    for change in changes:
        assert broken_rules(good | {"epcisBody": {"eventList": [event | change]}}), change


@pytest.mark.parametrize(
    ("product", "name"),
    [
        ("4006381333931", "https://id.gs1.org/01/04006381333931"),
        ("036000291452", "https://id.gs1.org/01/00036000291452"),
        ("4006381333932", "urn:x-tillfree:product:4006381333932"),  # its check digit is wrong
        ("a/b c", "urn:x-tillfree:product:a%2Fb%20c"),
    ],
)
def test_products_are_named_by_their_gtin_where_they_have_one(product: str, name: str) -> None:
    assert epc_class(product) == name
