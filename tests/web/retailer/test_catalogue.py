"""The catalogue by the retailer API: each item is judged for itself, what the shop knows is kept, reports expire."""

import csv
import io
from typing import Any

import msgspec
import pytest

from tests.store.retailer.staging import NOW_NS
from tests.web.retailer.staging import OTHER, Caller, calling
from tillfree.catalog.model import Product, Shop
from tillfree.connectors.retailer.catalogue_items import barcode_problem
from tillfree.core.ids import ProductId
from tillfree.storage.database.integration.ingestions import Ingestion
from tillfree.web.retailer.ingesting import Ingesting
from tillfree.web.shop_editing import editor_for

UPLOAD, STATUS = "/v1/catalog/upload", "/v1/catalog/getCatalogUploadStatus"


def item(sku: str, **values: Any) -> dict[str, Any]:
    return {
        "item_sku": sku,
        "external_product_id": "4011",
        "external_product_id_type": "PLU",
        "item_name": f"Product {sku}",
        "store_id": "store-1",
    } | values


def uploaded(caller: Caller, items: list[dict[str, Any]], path: str = UPLOAD) -> dict[str, tuple[str, str]]:
    """What the report says of each SKU."""
    answer = caller.call(path, {"catalogItems": items})
    assert answer.status_code == 201, answer.text
    return report(caller, answer.json()["ingestionId"])


def report(caller: Caller, ingestion: str) -> dict[str, tuple[str, str]]:
    told = caller.call(STATUS, {"ingestionId": ingestion}).json()
    assert told["processingStatus"] == "DONE", told
    link = told["reportDownloadLink"]
    assert link.startswith("http://127.0.0.1/v1/catalog/reports/")
    file = caller.client.get(link)
    assert file.status_code == 200
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(file.text, newline="")))
    return {row["item_sku"]: (row["status"], row["message"]) for row in rows}


def shop_of(caller: Caller) -> Shop:
    return editor_for(caller.console).shop


def test_an_upload_adds_changes_and_keeps_what_it_cannot_say(caller: Caller) -> None:
    said = uploaded(
        caller,
        [
            item("A1", external_product_id="012345678905", external_product_id_type="UPC", item_name="Taken already"),
            item("1001", external_product_id="012345678905", external_product_id_type="UPC", item_name="Oat drink",
                 standard_price="2.75"),
            item("NEW1", external_product_id="4006381333931", external_product_id_type="EAN", standard_price="1.99",
                 additional_external_product_information=[
                     {"external_product_id": "94011", "external_product_id_type": "PLU"}]),
        ],
    )  # fmt: skip
    assert said["A1"] == ("FAILED", "barcode '012345678905' belongs to '1001' already")
    assert said["1001"][0] == said["NEW1"][0] == "SUCCESS"
    products = shop_of(caller).product_index()
    oat = products[ProductId("1001")]
    assert (oat.name, oat.price_minor, oat.weight_g, oat.min_age) == ("Oat drink", 275, 1030.0, 18)
    new = products[ProductId("NEW1")]
    assert (new.price_minor, new.weight_g, new.barcodes) == (199, None, ("4006381333931", "94011"))
    assert "A1" not in products
    assert caller.world.database.latest_shop() is not None
    (version, *_) = editor_for(caller.console).versions()
    assert version.by == "retailer AKIDRETAILER"


BAD_ITEMS: dict[str, dict[str, Any]] = {
    "no SKU": {"item_sku": None},
    "a SKU with a sign": {"item_sku": "A-1"},
    "a SKU with a letter that is not ASCII": {"item_sku": "Ä1"},
    "a SKU of more than 255 characters": {"item_sku": "A" * 256},
    "no name": {"item_name": None},
    "an empty name": {"item_name": ""},
    "a blank name": {"item_name": "  "},
    "a name of more than 100 characters": {"item_name": "x" * 101},
    "a trade mark in the name": {"item_name": "Cola®"},
    "a line break in the name": {"item_name": "Co\nla"},
    "no store": {"store_id": None},
    "another store": {"store_id": "store-2"},
    "no barcode": {"external_product_id": None},
    "no type of barcode": {"external_product_id_type": None},
    "an unknown type of barcode": {"external_product_id_type": "ASIN"},
    "a UPC without its check digit": {"external_product_id": "01234567890", "external_product_id_type": "UPC"},
    "a UPC with a wrong check digit": {"external_product_id": "012345678906", "external_product_id_type": "UPC"},
    "an EAN of 12 digits": {"external_product_id": "400638133393", "external_product_id_type": "EAN"},
    "an EAN8 with a wrong check digit": {"external_product_id": "96385075", "external_product_id_type": "EAN8"},
    "a GTIN of 13 digits": {"external_product_id": "4006381333931", "external_product_id_type": "GTIN"},
    "an ISBN with a wrong check digit": {"external_product_id": "0306406153", "external_product_id_type": "ISBN"},
    "a PLU of 2 digits": {"external_product_id": "40"},
    "a PLU of 7 digits": {"external_product_id": "9401100"},
    "letters in a barcode": {"external_product_id": "40A1"},
    "a price that is no number": {"standard_price": "cheap"},
    "a price of three decimals": {"standard_price": "1.999"},
    "a price below nothing": {"standard_price": "-1"},
    "a price without end": {"standard_price": "1e400"},
    "51 further barcodes": {
        "additional_external_product_information": [
            {"external_product_id": f"{n:04d}", "external_product_id_type": "PLU"} for n in range(51)
        ]
    },
    "a wrong further barcode": {
        "additional_external_product_information": [
            {"external_product_id": "012345678906", "external_product_id_type": "UPC"}
        ]
    },
}


@pytest.mark.parametrize("name", BAD_ITEMS)
def test_a_wrong_item_is_reported_and_changes_nothing_and_others_go_on(caller: Caller, name: str) -> None:
    wrong = {key: value for key, value in item("BAD1", **BAD_ITEMS[name]).items() if value is not None}
    before = shop_of(caller)
    said = uploaded(
        caller, [wrong, item("1002", external_product_id="4012", item_name="Crisps", standard_price="1.99")]
    )
    failed = [status for sku, (status, _) in said.items() if sku != "1002"]
    assert failed == ["FAILED"]
    assert said["1002"][0] == "SUCCESS"
    assert {p.id for p in shop_of(caller).products} == {p.id for p in before.products}


GOOD_CODES = [
    ("012345678905", "UPC"), ("04252614", "UPC"), ("96385074", "EAN8"), ("4006381333931", "EAN"),
    ("0306406152", "ISBN"), ("080442957X", "ISBN"), ("14006381333938", "GTIN"), ("4011", "PLU"), ("94011", "PLU"),
    ("301", "PLU"),
    ("123456", "PLU"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "kind"), GOOD_CODES)
def test_every_kind_of_barcode_is_taken(code: str, kind: str) -> None:
    assert barcode_problem(code, kind) == ""


def test_an_upload_has_a_limit_and_is_not_empty(caller: Caller) -> None:
    assert caller.call(UPLOAD, {"catalogItems": [item("X")] * 10_001}).status_code == 413
    assert caller.call(UPLOAD, {"catalogItems": []}).status_code == 400
    assert caller.call(UPLOAD, {}).status_code == 400
    assert caller.call(UPLOAD, {"catalogItems": ["X"]}).status_code == 400


def test_the_same_sku_twice_in_one_upload(caller: Caller) -> None:
    answer = caller.call(
        UPLOAD, {"catalogItems": [item("TWICE", item_name="First"), item("TWICE", item_name="Second")]}
    )
    link = caller.call(STATUS, {"ingestionId": answer.json()["ingestionId"]}).json()["reportDownloadLink"]
    rows = list(csv.DictReader(io.StringIO(caller.client.get(link).text, newline="")))
    assert [row["status"] for row in rows] == ["SUCCESS", "FAILED"]
    assert shop_of(caller).product_index()[ProductId("TWICE")].name == "First"


def test_a_status_is_told_to_its_own_key_only(caller: Caller) -> None:
    made = caller.call(UPLOAD, {"catalogItems": [item("MINE", external_product_id="4013")]}).json()
    assert caller.call(STATUS, made).json()["processingStatus"] == "DONE"
    assert caller.call(STATUS, made, key=OTHER).status_code == 400
    unknown = caller.call(STATUS, {"ingestionId": "x"})
    assert unknown.status_code == 400
    assert "InvalidRequestException" in unknown.text


def test_a_report_link_is_good_for_an_hour_and_for_one_report(caller: Caller) -> None:
    made = caller.call(UPLOAD, {"catalogItems": [item("LINK", external_product_id="4014")]}).json()
    other = caller.call(UPLOAD, {"catalogItems": [item("LINK2", external_product_id="4015")]}).json()
    link = caller.call(STATUS, made).json()["reportDownloadLink"]
    path = link.removeprefix("http://127.0.0.1")
    assert caller.client.get(path).status_code == 200
    for wrong in (
        path.replace(made["ingestionId"], other["ingestionId"]),
        path.replace("expires=", "expires=9"),
        path[:-1] + ("0" if path[-1] != "0" else "1"),
        path.partition("?")[0],
        path.replace(made["ingestionId"], "x"),
        path.replace("expires=", "expires=%D9%A3"),
    ):
        assert caller.client.get(wrong).status_code == 403, wrong
    caller.world.pass_time(61)
    assert caller.client.get(path).status_code == 403


def test_archiving_takes_out_what_has_no_place(caller: Caller) -> None:
    placed = shop_of(caller).facings[0].product
    uploaded(caller, [item("GONE1", external_product_id="4016"), item("GONE2", external_product_id="4017")])
    answer = caller.call(
        "/v1/catalog/archive",
        {"catalogItems": [{"item_sku": "GONE1"}, {"item_sku": placed}], "skus": ["GONE2", "NONE"]},
    )
    assert answer.status_code == 201
    said = report(caller, answer.json()["ingestionId"])
    assert [said[sku][0] for sku in ("GONE1", placed, "GONE2", "NONE")] == ["SUCCESS", "FAILED", "SUCCESS", "FAILED"]
    assert "planogram" in said[placed][1]
    products = shop_of(caller).product_index()
    assert placed in products
    assert not {"GONE1", "GONE2"} & set(products)
    assert caller.call("/v1/catalog/archive", {}).status_code == 400


def test_a_cart_catalogue_is_that_of_the_shop(caller: Caller) -> None:
    said = uploaded(caller, [item("DASH", external_product_id="4018")], "/v1/catalog/cart/upload")
    assert said["DASH"][0] == "SUCCESS"


def test_what_a_stopped_process_had_begun_is_worked_off(caller: Caller) -> None:
    body = msgspec.json.encode({"catalogItems": [item("LATER", external_product_id="4019")]})
    caller.world.database.add_ingestion(
        Ingestion(id="begun", owner="AKIDRETAILER", kind="upload", time_ns=NOW_NS, body=body, state="INPROGRESS")
    )
    told = caller.call(STATUS, {"ingestionId": "begun"}).json()
    assert told == {"processingStatus": "INPROGRESS", "reportDownloadLink": ""}
    assert report(caller, "begun")["LATER"][0] == "SUCCESS"  # the question before had it worked off


def test_an_upload_that_cannot_be_worked_off_is_fatal_and_the_next_goes_on(caller: Caller) -> None:
    add = caller.world.database.add_ingestion
    add(Ingestion(id="broken", owner="AKIDRETAILER", kind="upload", time_ns=NOW_NS, body=b"{"))
    Ingesting(caller.console).work()
    found = caller.world.database.ingestion("broken")
    assert found is not None
    assert found.state == "FATAL"
    assert found.body == b""


@pytest.mark.usefixtures("keys")
def test_ten_thousand_items_are_taken() -> None:
    with calling() as caller:
        items = [item(f"S{n}", external_product_id=f"{n:05d}", item_name=f"=cmd {n}") for n in range(10_000)]
        said = uploaded(caller, items)
        assert len(said) == 10_000
        assert {status for status, _ in said.values()} == {"SUCCESS"}
        assert len(shop_of(caller).products) >= 10_000


@pytest.mark.usefixtures("keys")
def test_a_tax_code_without_a_rate_is_remarked_where_this_store_prices() -> None:
    with calling(prices="tillfree", charges="tillfree") as caller:
        said = uploaded(caller, [item("1001", product_tax_code="A_GEN_NOTAX")])
        assert "no rate here" in said["1001"][1]
        product = shop_of(caller).product_index()[ProductId("1001")]
        assert isinstance(product, Product)
        assert product.tax_class == "A_GEN_NOTAX"
