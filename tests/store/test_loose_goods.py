"""Loose goods in a replay and in a running store: what the plates measured is what is charged."""

from pathlib import Path

import msgspec

from tests.cli import small_shop
from tillfree.catalog.model import Shop
from tillfree.cli.documents import document_of
from tillfree.commerce.receipt import NO_WEIGHT, ReceiptLine
from tillfree.commerce.settings import CommerceSettings
from tillfree.storage.recordings.mcap_file import McapRecording
from tillfree.storage.recordings.mcap_writer import write_events
from tillfree.store.replay import replay
from tillfree.store.settings import StoreSettings


def loose_shop() -> Shop:
    """The small shop, but its tea lies there loose, in pieces of about 400 g at 12.00 a kilogram."""
    shop = small_shop.shop()
    tea, jam = shop.products
    loose = msgspec.structs.replace(tea, sold_by="weight", price_minor=1200, weight_sigma_g=40.0)
    return msgspec.structs.replace(shop, products=(loose, jam))


def replayed(path: Path, commerce: CommerceSettings) -> tuple[str, ReceiptLine]:
    write_events(path, "loose", loose_shop(), small_shop.events(), small_shop.truth())
    settings = StoreSettings(commerce=commerce)
    document = document_of("loose", replay(McapRecording(path), settings), settings)
    (visit,) = document.visits
    (line,) = visit.receipt.lines
    return visit.receipt.status, line


def test_a_replay_charges_what_the_plates_measured(tmp_path: Path) -> None:
    status, line = replayed(tmp_path / "loose.mcap", CommerceSettings(loose_overread=0))
    assert (status, line.quantity, line.problem) == ("charge", 1, "")
    assert line.weight_g is not None
    assert abs(line.weight_g - 400) <= 2, "the plates have half a gram of noise"
    assert line.amount is not None
    assert line.amount.minor == (1200 * line.weight_g + 500) // 1000


def test_a_store_that_does_not_want_it_reviews_them(tmp_path: Path) -> None:
    status, line = replayed(tmp_path / "loose.mcap", CommerceSettings(loose_goods="review"))
    assert (status, line.problem, line.amount) == ("review", NO_WEIGHT, None)


def test_plates_that_are_far_off_are_not_believed(tmp_path: Path) -> None:
    status, line = replayed(tmp_path / "loose.mcap", CommerceSettings(loose_scale_sigma=0.055))
    assert status == "review"
    assert line.amount is None
