"""shop.json: written, read back, and refused where it contradicts itself."""

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.catalog.cameras import Camera
from tillfree.catalog.errors import CatalogError, CatalogFileError
from tillfree.catalog.model import Facing, Fixture, Product, Shelf, Shop, Zone
from tillfree.catalog.shop_file import decode_shop, encode_shop, shop_problems
from tillfree.core.geometry import Box, Point, Pose
from tillfree.core.ids import FixtureId, ProductId

BOX = Box(Pose(Point(1.0, 2.0, 0.5), 0.5), 1.2, 0.4, 0.3)
SHELF = Shelf(1, BOX, ((0.0, 0.6), (0.6, 1.2)))
SHOP = Shop(
    name="Corner",
    products=(Product(ProductId("1"), "Tea", 250.0, 2.0, 125), Product(ProductId("2"), "Soup")),
    fixtures=(Fixture(FixtureId("g1"), BOX, (SHELF,)),),
    facings=(Facing(ProductId("1"), FixtureId("g1"), 1, (1, 2)),),
    zones=(Zone("door", "exit", 0.0, 0.0, 1.0, 1.0),),
    currency="EUR",
)


def changed(base: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(base, **changes)


def test_a_shop_is_written_and_read_back() -> None:
    data = encode_shop(SHOP)
    assert decode_shop(data) == SHOP
    assert encode_shop(decode_shop(data)) == data
    assert data.startswith(b'{\n  "name": "Corner",\n')
    assert decode_shop(b"\xef\xbb\xbf" + data) == SHOP


CAMERA = Camera("c1", Point(0.0, -2.0, 2.8), Point(0.0, 0.0, 0.9), 90.0, 1920, 1080, -0.1)


def test_what_a_shop_does_not_use_is_not_written() -> None:
    assert not any(word in encode_shop(SHOP) for word in (b"cameras", b"sold_by", b"min_age", b"rfid"))


def test_cameras_ages_tags_and_goods_by_weight_are_written_and_read_back() -> None:
    loose = Product(ProductId("84001"), "Pears", 180.0, 20.0, 299, "food", sold_by="weight")
    aged = Product(ProductId("3"), "Cider", 700.0, price_minor=199, tax_class="alcohol", min_age=18, rfid=True)
    shop = changed(SHOP, products=(*SHOP.products, loose, aged), cameras=(CAMERA,))
    assert decode_shop(encode_shop(shop)) == shop
    assert encode_shop(shop).count(b"min_age") == 1


numbers = st.floats(-1e4, 1e4)
sizes = st.floats(0.01, 100.0)


@given(
    numbers, numbers, sizes, sizes, st.text(max_size=20), st.none() | st.floats(0.1, 1e5), st.none() | st.integers(0)
)
def test_any_sound_shop_survives(
    x: float, yaw: float, width: float, depth: float, name: str, weight: float | None, price: int | None
) -> None:
    box = Box(Pose(Point(x, -x, 0.0), yaw), width, depth, 0.3)
    shop = changed(
        SHOP,
        products=(Product(ProductId("1"), name, weight, None, None if price is None else min(price, 10**15)),),
        fixtures=(Fixture(FixtureId("g1"), box, (Shelf(1, box, ((0.0, width / 2), (width / 2, width))),)),),
    )
    assert decode_shop(encode_shop(shop)) == shop


WRONG: list[tuple[Shop, str]] = [
    (changed(SHOP, currency="ZZZ"), "currency 'ZZZ' is unknown"),
    (changed(SHOP, products=SHOP.products * 2), "product '1' stands there twice"),
    (changed(SHOP, products=(*SHOP.products, Product(ProductId(""), "x"))), "a product has no id"),
    (changed(SHOP, products=(changed(SHOP.products[0], weight_g=0.0),)), "product '1': weight_g 0.0 is not above 0"),
    (changed(SHOP, products=(changed(SHOP.products[0], weight_sigma_g=-1.0),)), "weight_sigma_g -1.0"),
    (changed(SHOP, products=(changed(SHOP.products[0], price_minor=-1),)), "price_minor -1 is not within 0 to"),
    (
        changed(SHOP, products=(changed(SHOP.products[0], sold_by="litre"),)),
        "sold_by 'litre' is neither unit nor weight",
    ),
    (changed(SHOP, products=(changed(SHOP.products[0], min_age=-1),)), "min_age -1 is not within 0 to 99 years"),
    (changed(SHOP, cameras=(CAMERA, CAMERA)), "camera 'c1' stands there twice"),
    (changed(SHOP, cameras=(changed(CAMERA, fov_deg=math.nan),)), "camera 'c1': fov_deg nan is not within 1 to 170"),
    (changed(SHOP, fixtures=SHOP.fixtures * 2), "fixture 'g1' stands there twice"),
    (
        changed(SHOP, facings=(changed(SHOP.facings[0], product="9"),)),
        "facing of '9' on g1/1: there is no such product",
    ),
    (changed(SHOP, facings=(changed(SHOP.facings[0], shelf=2),)), "facing of '1' on g1/2: there is no such shelf"),
    (changed(SHOP, facings=(changed(SHOP.facings[0], fixture="g2"),)), "on g2/1: there is no such shelf"),
    (changed(SHOP, facings=(changed(SHOP.facings[0], plates=(2, 3)),)), "plates (2, 3), but the shelf has 2"),
    (changed(SHOP, facings=(changed(SHOP.facings[0], plates=(0,)),)), "plates (0,), but the shelf has 2"),
    (changed(SHOP, facings=(changed(SHOP.facings[0], plates=()),)), "it has no plates"),
    (
        changed(SHOP, zones=(changed(SHOP.zones[0], x_max_m=0.0),)),
        "zone 'door': (0.0, 0.0, 0.0, 1.0) m is no rectangle",
    ),
    (changed(SHOP, zones=(changed(SHOP.zones[0], y_max_m=math.inf),)), "is no rectangle"),
]


def with_shelves(*shelves: Shelf) -> Shop:
    shop: Shop = changed(SHOP, fixtures=(Fixture(FixtureId("g1"), BOX, shelves),), facings=())
    return shop


WRONG += [
    (with_shelves(SHELF, SHELF), "shelf of fixture 'g1', '1' stands there twice"),
    (with_shelves(changed(SHELF, index=0)), "shelf g1/0: shelves count from 1"),
    (
        with_shelves(changed(SHELF, box=changed(BOX, width_m=0.0))),
        "shelf g1/1: a size of 0 x 0.4 x 0.3 m is not above 0",
    ),
    (with_shelves(changed(SHELF, box=changed(BOX, depth_m=math.nan))), "a size of 1.2 x nan x 0.3 m"),
    (with_shelves(changed(SHELF, box=changed(BOX, pose=Pose(Point(math.inf, 0, 0))))), "its place is not a number"),
    (with_shelves(changed(SHELF, box=changed(BOX, pose=Pose(Point(0, 0, 0), math.nan)))), "its place is not a number"),
    (with_shelves(changed(SHELF, plates=((0.0, 1.3),))), "plate 1 from 0 to 1.3 m does not fit"),
    (with_shelves(changed(SHELF, plates=((0.6, 0.6),))), "plate 1 from 0.6 to 0.6 m does not fit"),
    (with_shelves(changed(SHELF, plates=((0.6, 1.2), (0.0, 0.6)))), "plate 2 from 0 to 0.6 m does not fit"),
    (with_shelves(changed(SHELF, plates=((0.0, 0.1),) * 65)), "shelf g1/1: 65 plates, but a shelf has at most 64"),
    (with_shelves(changed(SHELF, plates=((0.0, math.nan),))), "plate 1 from 0 to nan m does not fit"),
]


@pytest.mark.parametrize(("shop", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_contradiction_is_named_when_written_and_when_read(shop: Shop, message: str) -> None:
    assert any(message in problem for problem in shop_problems(shop))
    with pytest.raises(CatalogError) as caught:
        encode_shop(shop)
    assert message in str(caught.value)
    with pytest.raises(CatalogError):
        decode_shop(msgspec.json.encode(shop))


def test_a_shop_of_too_many_plates_is_refused() -> None:
    shelves = [changed(SHELF, index=number, plates=((0.0, 0.1),) * 64) for number in range(1, 1564)]
    assert list(shop_problems(with_shelves(*shelves))) == ["100032 plates, but a shop has at most 100000; split it"]
    assert list(shop_problems(with_shelves(*shelves[:-1]))) == []


def test_a_sound_shop_has_no_problems() -> None:
    assert list(shop_problems(SHOP)) == []
    assert list(shop_problems(Shop("empty", (), (), ()))) == []


def test_many_problems_are_cut_and_safe_to_show() -> None:
    products = tuple(Product(ProductId(f"{number}\x1b[2J"), "x", -1.0) for number in range(100))
    with pytest.raises(CatalogError) as caught:
        encode_shop(changed(SHOP, products=products, facings=()))
    message = str(caught.value)
    assert message.count("\n") == 21
    assert message.endswith("and 80 more")
    assert "\x1b" not in message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"shop\.json, line 1"),
        (b'{"name": "x",\n "products": [}', r"shop\.json, line 2, column 15: not JSON"),
        (b'{"name": "x"', "not JSON: Input data was truncated"),
        (b'{"name": "x"}', "no shop: Object missing required field `products`"),
        (b"[]", "no shop: Expected `object`, got `array`"),
        (b'{"name":"x","products":[{"id":1,"name":""}],"fixtures":[],"facings":[]}', r"at `\$\.products\[0\]\.id`"),
        (b"[" * 100_000, "nested too deep|Expected `object`"),
        (b'{"a":' * 100_000, "nested too deep"),
        (b'{"name": "\xff"}', "not JSON|no shop"),
        (b'{"name": NaN}', "not JSON|no shop"),
    ],
)
def test_what_is_no_shop_is_refused_with_its_place(data: bytes, message: str) -> None:
    with pytest.raises(CatalogFileError, match=message):
        decode_shop(data)


@given(st.binary(max_size=100))
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises(CatalogError):
        decode_shop(data)
