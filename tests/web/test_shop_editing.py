import threading

import msgspec
import pytest

from tests.web.conftest import console_on
from tillfree.catalog.model import Facing, Shop
from tillfree.core.ids import FixtureId, ProductId
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import SimulationOptions
from tillfree.web.errors import AskError
from tillfree.web.shop_editing import ShopEditor


def repriced(shop: Shop, place: int, minor: int) -> Shop:
    products = list(shop.products)
    products[place] = msgspec.structs.replace(products[place], price_minor=minor)
    return msgspec.structs.replace(shop, products=tuple(products))


def test_a_change_is_saved_with_what_was_before_and_is_in_force() -> None:
    with console_on(SimulationOptions(shoppers=1), shop=demo_shop(1)) as console:
        editor, before = ShopEditor(console), console.store.shop
        changed = editor.change("mia", "dearer", lambda shop: repriced(shop, 0, 4321))
        assert changed.in_force
        assert console.store.shop.products[0].price_minor == 4321
        newest, first = editor.versions()
        assert (newest.number, newest.by, newest.note) == (changed.version, "mia", "dearer")
        assert (first.by, first.note) == ("", "")
        kept = console.database.shop_version(first.number)
        assert kept is not None
        assert kept.shop == before


def test_an_edit_that_changes_nothing_makes_no_version() -> None:
    with console_on(SimulationOptions(shoppers=1), shop=demo_shop(1)) as console:
        editor = ShopEditor(console)
        assert editor.change("mia", "nothing", lambda shop: shop).version == 0
        assert editor.versions() == []


def test_a_shop_that_contradicts_itself_is_refused_and_nothing_is_changed() -> None:
    with console_on(SimulationOptions(shoppers=1), shop=demo_shop(1)) as console:
        editor, before = ShopEditor(console), console.store.shop
        wrong = Facing(ProductId("nobody's"), FixtureId("1"), 1, (1,))
        with pytest.raises(AskError, match="there is no such product"):
            editor.change("mia", "", lambda shop: msgspec.structs.replace(shop, facings=(*shop.facings, wrong)))
        assert console.store.shop == before
        assert editor.versions() == []


def test_edits_of_many_threads_are_all_kept() -> None:
    with console_on(SimulationOptions(shoppers=1), shop=demo_shop(1)) as console:
        editor = ShopEditor(console)
        ready = threading.Barrier(6)

        def edit(place: int) -> None:
            ready.wait()
            editor.change(f"person {place}", "", lambda shop: repriced(shop, place, 1000 + place))

        threads = [threading.Thread(target=edit, args=(place,)) for place in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [product.price_minor for product in console.store.shop.products[:6]] == [1000 + k for k in range(6)]
        assert len(editor.versions()) == 7


def test_the_next_edit_builds_on_changes_that_still_wait() -> None:
    with console_on(SimulationOptions(shoppers=1), shop=demo_shop(1)) as console:
        editor = ShopEditor(console)
        editor.change("mia", "", lambda shop: msgspec.structs.replace(shop, facings=shop.facings[1:]))
        editor.change("jo", "", lambda shop: repriced(shop, 0, 77))
        assert len(editor.shop.facings) == len(demo_shop(1).facings) - 1
        assert editor.shop.products[0].price_minor == 77
