"""What a scanned number means in one shop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.catalog.barcodes import check_digit
from tillfree.catalog.embedded import parse_templates
from tillfree.catalog.model import Product, Shop
from tillfree.catalog.scanning import ScanReader
from tillfree.core.ids import ProductId


def whole(body: str) -> str:
    return body + str(check_digit(body))


HAM, CHEESE, PEARS, ORGANIC = (ProductId(name) for name in (whole("281234500000"), "ch", "4025", "94011"))
SHOP = Shop(
    "Corner",
    (
        Product(HAM, "Ham, packed", price_minor=1990, sold_by="weight"),
        Product(CHEESE, "Cheese", price_minor=1490, sold_by="weight", barcodes=("54321", "4006381333931")),
        Product(PEARS, "Pears", price_minor=299, sold_by="weight"),
        Product(ORGANIC, "Bananas, organic", price_minor=249, sold_by="weight"),
        Product(ProductId("short"), "Gum", price_minor=99, barcodes=("04252614",)),
    ),
    (),
    (),
    currency="EUR",
)
READER = ScanReader(SHOP, parse_templates({"28IIIIIPPPPPC": "price/2", "29IIIIIPPPPPC": "weight/3"}))


@pytest.mark.parametrize(
    ("text", "product", "weight_g", "price_minor"),
    [
        (whole("281234500499"), HAM, None, 499),  # the catalogue has the number with zeros
        (whole("295432100412"), CHEESE, 412, None),  # the catalogue has the item alone
        (whole("290402500412"), PEARS, 412, None),  # or a PLU code with a zero in front
        ("4006381333931", CHEESE, None, None),
        ("04006381333931", CHEESE, None, None),
        ("4025", PEARS, None, None),
        ("94011", ORGANIC, None, None),
        ("042100005264", ProductId("short"), None, None),  # the UPC-A number of a UPC-E one
        ("]C10104006381333931310300041239220499", CHEESE, 412, 499),
        ("(01)04006381333931(3922)0499", CHEESE, None, 499),
        ("(01)04006381333931(3203)001000", CHEESE, 454, None),
    ],
)
def test_a_number_of_the_shop(text: str, product: ProductId, weight_g: int | None, price_minor: int | None) -> None:
    found = READER.read(text)
    assert found.product is not None, found.reason
    assert (found.product.id, found.weight_g, found.price_minor) == (product, weight_g, price_minor)
    assert not found.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("4006381333932", "should be 1"),
        ("96385074", "not in the catalogue"),
        (whole("289999900499"), "not in the catalogue"),
        ("2812345004990", "wrong check digit"),
        ("(01)04006381333931(3932)8400499", "its price is in USD, and this shop's are in EUR"),
        ("(01)04006381333931(3923)0499", "has more digits than EUR has"),
        ("94025", "organic, and the catalogue has only 4025"),
        ("", "it is empty"),
        ("]C1", "nothing that is an element string"),
    ],
)
def test_a_number_that_means_nothing_says_why(text: str, reason: str) -> None:
    found = READER.read(text)
    assert found.product is None
    assert reason in found.reason


def test_organic_is_told() -> None:
    assert READER.read("94011").organic
    assert READER.read("94025").organic
    assert not READER.read("4025").organic


@given(st.text(max_size=40))
def test_reading_never_fails(text: str) -> None:
    found = READER.read(text)
    assert (found.product is None) == bool(found.reason)
