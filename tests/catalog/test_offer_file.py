"""offers.toml: what is understood, what is said about the rest, and a schema that agrees."""

import json
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.catalog.errors import CatalogError, CatalogFileError
from tillfree.catalog.model import Product, Shop
from tillfree.catalog.offer_file import offer_schema_text, read_offers
from tillfree.catalog.offers import Offer, PriceEntry, Surcharge
from tillfree.catalog.report import CatalogReport, IssueKind
from tillfree.catalog.shop_file import decode_shop, encode_shop
from tillfree.core.ids import ProductId

GOOD = """
[[offer]]
id = "three"
name = "3 for 2"
kind = "multi_buy"
products = ["tea"]
buy = 3
pay = 2
from = 2026-01-01
until = 2026-01-31T08:00:00

[[offer]]
id = "lunch"
name = "Lunch"
kind = "bundle"
tags = ["lunch"]
buy = 3
price = 5.00
mix = true
days = ["mon", "fri"]
hours = ["11:00-14:00"]

[[offer]]
id = "ten"
name = "10 %"
kind = "percent"
percent = 12.5
except_tags = ["alcohol"]
spend = "20"

[[deposit]]
id = "bottle"
name = "Deposit"
amount = "0.25"
tags = ["bottle"]

[[fee]]
id = "bag"
name = "Bag fee"
amount = 0.1
products = ["bag"]
once = true
tax_class = "standard"
"""


def problems(text: str, currency: str = "EUR") -> list[str]:
    _, report = read_offers(text.encode(), "offers.toml", currency)
    return [str(issue) for issue in report.rows]


def offer(*lines: str, kind: str = "percent") -> str:
    return "\n".join(["[[offer]]", 'id = "x"', 'name = "X"', f'kind = "{kind}"', *lines])


def test_a_good_file() -> None:
    found, report = read_offers(GOOD.encode(), "offers.toml", "EUR")
    assert not report.rows
    assert (report.rows_read, report.kept) == (5, 5)
    three, lunch, ten = found.offers
    assert (three.begin, three.end, three.buy, three.pay) == ("2026-01-01", "2026-01-31T08:00:00", 3, 2)
    assert (lunch.price_minor, lunch.mix, lunch.days, lunch.hours) == (500, True, ("mon", "fri"), ("11:00-14:00",))
    assert (ten.rate_ppm, ten.except_tags, ten.spend_minor) == (125_000, ("alcohol",), 2000)
    bottle, bag = found.surcharges
    assert (bottle.kind, bottle.amount_minor, bottle.once) == ("deposit", 25, False)
    assert (bag.kind, bag.amount_minor, bag.once, bag.tax_class) == ("fee", 10, True, "standard")


def test_amounts_are_of_the_currency() -> None:
    text = offer('amount = "5"', kind="amount")
    assert [read_offers(text.encode(), "o", currency)[0].offers[0].amount_minor for currency in ("JPY", "KWD")] == [
        5,
        5000,
    ]
    (problem,) = problems(offer('amount = "0.5"', kind="amount"), "JPY")
    assert "amount = 0.5 is not an amount of JPY" in problem


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (offer("percnt = 10"), "line 1: offer x: 'percnt' is unknown; did you mean percent?"),
        (offer("rate_ppm = 10"), "'rate_ppm' is unknown"),
        (offer(), "an offer of kind percent needs percent above 0"),
        (offer("percent = 101"), "percent = 101 is not a rate from 0 to 100 per cent"),
        (offer("percent = -1"), "percent = -1 is not a rate"),
        (offer("percent = 0.00001"), "is not a rate from 0 to 100 per cent"),
        (offer("percent = nan"), "is not a rate"),
        (offer("percent = inf"), "is not a rate"),
        (offer("percent = 1e999999999"), "is not a rate"),
        (offer("percent = 1e-999999999"), "is not a rate"),
        (offer("amount = -1e-999999", kind="amount"), "is not an amount"),
        (offer(f"amount = {'9' * 28}e18", kind="amount"), "is not an amount"),
        (offer(f"amount = {'9' * 300}.5", kind="amount"), "is not an amount"),
        (offer("percent = true"), "percent is not a rate"),
        (offer('percent = "ten"'), "percent = ten is not a rate"),
        (offer("percent = 10", "amount = 1"), "amount means nothing to an offer of kind percent; leave it out"),
        (offer("percent = 10", "buy = 2"), "buy means nothing to an offer of kind percent"),
        (offer("amount = 1000000000000000", kind="amount"), "is not an amount of EUR"),
        (offer("buy = 3", "pay = 3", kind="multi_buy"), "pay must be less than buy"),
        (offer("buy = 1", kind="multi_buy"), "buy must be 2 or more"),
        (offer("buy = 3", "stackable = true", "price = 1", kind="bundle"), "cannot be stackable"),
        (offer("buy = 1001", "price = 1", kind="bundle"), "Expected `int` <= 1000 - at `buy`"),
        (offer("percent = 10", "buy = 2.5"), "Expected `int`"),
        (offer("percent = 10", 'from = "soon"'), "from 'soon' is neither a day"),
        (offer("percent = 10", "from = 2026-02-01", "until = 2026-01-01"), "it ends (2026-01-01) before it begins"),
        (offer("percent = 10", "from = 2026-01-01T08:00:00+01:00"), "is neither a day"),
        (offer("percent = 10", "days = ['mo']"), "'mo' is no weekday"),
        (offer("percent = 10", "products = 'tea'"), "Expected `array`, got `str` - at `products`"),
        (offer(kind="free"), "Invalid enum value 'free' - at `kind`"),
        ("[[offer]]\nname = 'x'\nkind = 'percent'\npercent = 1", "offer without id: it lacks `id`"),
        ("[[deposit]]\nid = 'b'\nname = 'B'\namount = 0", "amount must be above 0"),
        ("[[deposit]]\nid = 'b'\nname = 'B'\namount = 1\nkind = 'fee'", "'kind' is unknown"),
        ("[[fee]]\nid = 'b'\nname = 'B'\namount = 1\nonce = true", "needs a tax_class of its own"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, message: str) -> None:
    found, report = read_offers(text.encode(), "offers.toml", "EUR")
    assert message in str(report)
    assert not found.offers
    assert not found.surcharges


def test_one_mistake_leaves_the_others_and_lines_are_told() -> None:
    text = GOOD.replace("pay = 2", "pay = 7")
    found, report = read_offers(text.encode(), "offers.toml", "EUR")
    assert [offer.id for offer in found.offers] == ["lunch", "ten"]
    assert [issue.line for issue in report.rows] == [2]


def test_an_id_is_used_once_over_all_tables() -> None:
    text = GOOD.replace('id = "bottle"', 'id = "ten"')
    _, report = read_offers(text.encode(), "offers.toml", "EUR")
    assert [issue.kind for issue in report.rows] == [IssueKind.DUPLICATE]


def test_what_no_product_has_is_told_and_kept() -> None:
    products = (Product(ProductId("tea"), "Tea", tags=("lunch", "bottle", "alcohol")),)
    found, report = read_offers(GOOD.encode(), "offers.toml", "EUR", products)
    assert len(found.surcharges) == 2
    assert [issue.detail for issue in report.rows] == ["1 of its products are not in the catalogue, such as 'bag'"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"[[ofer]]\nid = 1", "'ofer' is unknown; write"),
        (b"offer = 3", "offer must be a list of tables"),
        (b"[offer]\nid = 'x'", "offer must be a list of tables"),
        (b"[[offer]\n", "not TOML"),
        (b"\xff", "not UTF-8"),
        (b"x = " + b"[" * 5000, "nested too deep"),
        (b"#" * (4 * 1024 * 1024 + 1), "over 4 MiB"),
        (b"[[offer]]\n" * 10_001, "10001 tables, where 10000 is the most"),
    ],
)
def test_a_file_that_is_none_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(CatalogFileError, match=message):
        read_offers(data, "offers.toml")


@given(st.text(max_size=200) | st.text(alphabet='[]offer\n="1.,', max_size=100))
def test_no_file_makes_the_reader_fail_otherwise(text: str) -> None:
    try:
        found, report = read_offers(text.encode(), "offers.toml")
    except CatalogFileError:
        return
    assert isinstance(report, CatalogReport)
    assert len(found.offers) + len(found.surcharges) == report.kept


# ---- the schema -------------------------------------------------------------------------------------------------


def test_the_published_schema_is_current_and_valid(project_root: Path) -> None:
    path = project_root / "docs" / "reference" / "offers.schema.json"
    assert path.read_text(encoding="utf-8") == offer_schema_text(), f"write it anew: tillfree prices schema > {path}"
    jsonschema.Draft202012Validator.check_schema(json.loads(offer_schema_text()))


def test_the_schema_takes_what_the_reader_takes() -> None:
    schema = json.loads(offer_schema_text())
    tables = json.loads(json.dumps(tomllib.loads(GOOD), default=str))
    jsonschema.validate(tables, schema)
    wrong: list[dict[str, Any]] = [
        {"offer": [{"id": "x"}]},
        {"offers": []},
        {"fee": [{"id": "x", "name": "x", "amount": 1, "kind": "fee"}]},
    ]
    for tables in wrong:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(tables, schema)
    properties = schema["$defs"]["Offer"]["properties"]
    assert {"percent", "amount", "price", "spend", "from", "until"} <= properties.keys()
    assert not {"rate_ppm", "amount_minor", "begin"} & properties.keys()


# ---- in the file of a shop --------------------------------------------------------------------------------------


def shop(**parts: object) -> Shop:
    return msgspec.structs.replace(Shop("Corner", (Product(ProductId("tea"), "Tea", tags=("hot",)),), (), ()), **parts)


def test_a_shop_keeps_its_prices_and_offers() -> None:
    found, _ = read_offers(GOOD.encode(), "offers.toml", "EUR")
    entry = PriceEntry(product=ProductId("tea"), price_minor=1, begin="2026-01-01")
    kept = shop(offers=found.offers, surcharges=found.surcharges, prices=(entry,))
    assert decode_shop(encode_shop(kept)) == kept
    assert b'"from": "2026-01-01"' in encode_shop(kept)


def test_a_shop_without_them_is_written_as_before() -> None:
    text = encode_shop(msgspec.structs.replace(shop(), products=(Product(ProductId("tea"), "Tea"),)))
    assert not any(word in text for word in (b"offers", b"prices", b"surcharges", b"tags"))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"offers": (Offer(id="x", name="X", kind="percent"),)}, "offer 'x': an offer of kind percent needs percent"),
        ({"prices": (PriceEntry(product=ProductId(""), price_minor=1),)}, "it names no product"),
        ({"prices": (PriceEntry(product=ProductId("tea"), price_minor=-1),)}, "price_minor -1 is not within"),
        ({"prices": (PriceEntry(product=ProductId("tea"), price_minor=1, end="x"),)}, "price of 'tea': until 'x'"),
        (
            {
                "offers": (Offer(id="x", name="X", kind="percent", rate_ppm=1),),
                "surcharges": (Surcharge(id="x", name="X", kind="fee", amount_minor=1),),
            },
            "offer, deposit or fee 'x' stands there twice",
        ),
        ({"surcharges": (Surcharge(id="x", name="X", kind="fee", amount_minor=0),)}, "fee 'x': amount must be above"),
    ],
)
def test_a_shop_with_a_wrong_offer_is_refused(parts: dict[str, object], message: str) -> None:
    with pytest.raises(CatalogError, match=message):
        encode_shop(shop(**parts))


@given(st.integers(0, 10**7))
def test_decimals_become_smallest_units_exactly(minor: int) -> None:
    text = f"{Decimal(minor).scaleb(-2)}"
    found, _ = read_offers(offer(f"amount = {text}" if minor else "amount = 0.01", kind="amount").encode(), "o", "EUR")
    assert found.offers[0].amount_minor == (minor or 1)
