"""The offers of the demo: every simulated store has some, they can be read back, and nobody's own are replaced."""

import msgspec
import pytest

from tillfree.catalog.shop_file import decode_shop, encode_shop
from tillfree.cli.demo import demo_settings
from tillfree.simulation.stores.named import STORES, store_of
from tillfree.simulation.stores.offers import with_offers


@pytest.mark.parametrize("name", STORES)
def test_every_store_has_offers_and_a_rate_for_each_of_its_classes(name: str) -> None:
    shop = store_of(name)
    found = with_offers(shop)
    assert found.offers or found.surcharges
    assert decode_shop(encode_shop(found), name) == found
    rates = demo_settings(shop).commerce.tax_rates_ppm
    assert {product.tax_class for product in shop.products} == rates.keys()
    assert all(rates.values())


def test_a_shop_with_offers_of_its_own_keeps_them() -> None:
    found = with_offers(store_of("convenience"))
    mine = msgspec.structs.replace(found, surcharges=())
    assert with_offers(mine) is mine
