"""`tillfree prices`: findings with their lines, what is in force, and a shop that gets both files or neither."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.small_shop import JAM, TEA, shop
from tillfree.catalog.offer_file import offer_schema_text
from tillfree.catalog.shop_file import decode_shop, encode_shop
from tillfree.storage.database.audit import AuditQuery
from tillfree.storage.database.database import Database

PRICES = f"product,price,store,from,hours\n{TEA},1.99,,2026-01-01,17:00-19:00\n{JAM},2.99,Main,,\n"
OFFERS = f"""
[[offer]]
id = "three"
name = "3 for 2"
kind = "multi_buy"
products = ["{TEA}"]
buy = 3
pay = 2
loyalty = true
limit = 2

[[offer]]
id = "five"
name = "Five off"
kind = "amount"
amount = "5.00"
spend = 20
coupon = "FIVE"
days = ["fri"]

[[fee]]
id = "bag"
name = "Bag"
amount = 0.10
tax_class = "standard"
once = true
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A price list, offers and the shop that they are for."""
    prices, offers, place = tmp_path / "prices.csv", tmp_path / "offers.toml", tmp_path / "shop.json"
    prices.write_text(PRICES, encoding="utf-8")
    offers.write_text(OFFERS, encoding="utf-8")
    place.write_bytes(encode_shop(shop()))
    return prices, offers, place


def test_what_is_in_force_is_printed(tillfree: Run, files: tuple[Path, Path, Path]) -> None:
    prices, offers, place = files
    ran = tillfree("prices", "check", prices, offers, "--shop", place, "--at", "2026-03-02T17:30", "--store", "Main")
    assert ran.code == 0, ran.out
    assert "2 rows read, 2 kept, 0 findings" in ran.out
    assert "In force at 2026-03-02 17:30 in Main:\n" in ran.out
    assert f"  price    {JAM} Jam: 2.99 USD\n" in ran.out
    assert f"  price    {TEA} Tea, 50 bags: 1.99 USD (from 2026-01-01 17:00-19:00)\n" in ran.out
    assert (
        f"  offer    three (3 for 2): 3 for the price of 2, product {TEA}, with a loyalty account, at most 2 times\n"
        in ran.out
    )
    assert "five" not in ran.out, "it is no Friday"
    assert "  fee      bag (Bag): 0.10 USD once a trip, everything\n" in ran.out


def test_another_time_and_store(tillfree: Run, files: tuple[Path, Path, Path]) -> None:
    prices, offers, place = files
    ran = tillfree("prices", "check", prices, offers, "--shop", place, "--at", "2026-03-06T12:00")
    assert "price " not in ran.out.partition("In force")[2].replace("for the price of", "")
    assert "five (Five off): 5.00 USD off, everything, with coupon FIVE, from 20.00 USD (fri)" in ran.out
    none = tillfree("prices", "check", prices, "--shop", place, "--at", "2020-01-01")
    assert "  nothing but the prices of the catalogue\n" in none.out


def test_findings_are_told_with_their_lines_and_end_with_1(tillfree: Run, files: tuple[Path, Path, Path]) -> None:
    prices, offers, place = files
    prices.write_text(PRICES + "nobody,1.00,,,\n", encoding="utf-8")
    offers.write_text(OFFERS.replace("pay = 2", "pya = 2"), encoding="utf-8")
    ran = tillfree("prices", "check", prices, offers, "--shop", place, "--at", "2026-03-02")
    assert ran.code == 1
    assert "prices.csv, line 4: nobody: not in the catalogue; left out" in ran.out
    assert "offers.toml, line 2: offer three: 'pya' is unknown; did you mean pay?" in ran.out


def test_products_alone_and_another_currency(tillfree: Run, tmp_path: Path, files: tuple[Path, Path, Path]) -> None:
    products = tmp_path / "products.csv"
    products.write_text(f"product,name,price\n{TEA},Tea,2\n", encoding="utf-8")
    ran = tillfree("prices", "check", files[0], "--products", products, "--currency", "EUR", "--at", "2026-01-01")
    assert ran.code == 1
    assert f"{JAM}: not in the catalogue" in ran.out
    assert tillfree("prices", "check", files[0], "--currency", "JPY").code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--at", "soon"), "--at 'soon' is no local time"),
        (("--at", "2026-01-01T08:00+01:00"), "without a zone"),
        (("--timezone", "Mars/Olympus"), "time zone 'Mars/Olympus' is unknown"),
        (("--currency", "ZZZ"), "unknown currency"),
    ],
)
def test_what_cannot_be_understood_is_said(
    tillfree: Run, files: tuple[Path, Path, Path], arguments: tuple[str, ...], message: str
) -> None:
    ran = tillfree("prices", "check", files[0], *arguments)
    assert ran.code != 0
    assert message in ran.err
    assert "Traceback" not in ran.err


def test_without_a_time_it_is_now(tillfree: Run, files: tuple[Path, Path, Path]) -> None:
    assert "In force at 20" in tillfree("prices", "check", files[1], "--timezone", "Europe/Berlin").out


def test_a_shop_gets_them(tillfree: Run, files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    prices, offers, place = files
    new = tmp_path / "new.json"
    ran = tillfree("prices", "apply", prices, offers, "--shop", place, "-o", new)
    assert (ran.code, ran.out) == (0, f"{new}: Corner shop with 2 prices, 2 offers, 1 deposits and fees\n")
    made = decode_shop(new.read_bytes())
    assert [offer.id for offer in made.offers] == ["three", "five"]
    assert made.products == shop().products
    # A kind of file that is not named leaves what there is; an empty one takes it away.
    prices.write_text("product,price\n", encoding="utf-8")
    assert tillfree("prices", "apply", prices, "--shop", new, "-o", tmp_path / "third.json").code == 0
    third = decode_shop((tmp_path / "third.json").read_bytes())
    assert (third.prices, len(third.offers)) == ((), 2)


def test_half_a_price_list_is_none(tillfree: Run, files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    prices, offers, place = files
    prices.write_text(PRICES + "nobody,1.00,,,\n", encoding="utf-8")
    ran = tillfree("prices", "apply", prices, offers, "--shop", place, "-o", tmp_path / "new.json")
    assert ran.code == 1
    assert "not in the catalogue" in ran.out
    assert ran.out.endswith("Nothing was written: mend these findings first.\n")
    assert not (tmp_path / "new.json").exists()


def test_a_store_gets_them_as_a_new_version(tillfree: Run, files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Database.open(data, create=True) as database:
        database.save_shop(shop(), "somebody", "first", 1)
    ran = tillfree("prices", "apply", files[0], files[1], "--data", data)
    assert ran.code == 0, ran.err
    assert "version 2 of Corner shop, from the next start on: 2 prices, 2 offers" in ran.out
    with Database.open(data) as database:
        version = database.latest_shop()
        assert version is not None
        assert (version.number, version.by, len(version.shop.offers)) == (2, "command line", 2)
        (entry,) = database.audit_log(AuditQuery(what="shop.prices"))
        assert entry.entry.subject == "2"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--shop", "SHOP"), "name the new file, too"),
        (("--shop", "SHOP", "-o", "SHOP"), "is the input itself"),
        (("--data", "FOLDER", "-o", "x.json"), "there is no file to write"),
        (("--data", "FOLDER"), "no shop yet"),
    ],
)
def test_where_they_are_to_go_must_be_clear(
    tillfree: Run, files: tuple[Path, Path, Path], tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    Database.open(tmp_path / "data", create=True).close()
    places = {"SHOP": str(files[2]), "FOLDER": str(tmp_path / "data")}
    ran = tillfree("prices", "apply", files[0], *(places.get(argument, argument) for argument in arguments))
    assert ran.code != 0
    assert message in ran.err


def test_the_schema_is_printed(tillfree: Run) -> None:
    assert tillfree("prices", "schema").out == offer_schema_text()
