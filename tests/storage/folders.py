"""Small recordings in the layouts of others, made by the tests that read them."""

import base64
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

START_S = 1_600_000_000.0
BATCH_SAMPLES = 12
INCH_M = 0.0254
PLATE_M = 0.1

Document = dict[str, Any]


def plate_document(time_s: float | None, grams: npt.NDArray[np.float32], fixture: object = 1) -> Document:
    """One weight batch; `grams` has the shape (samples, shelves, plates)."""
    samples, shelves, plates = grams.shape
    full = np.full((samples, shelves + 1, plates + 1), np.nan, dtype="<f4")
    full[:, 1:, 1:] = grams
    document: Document = {
        "document": {
            "header": {},
            "plate_data": {
                "plate_id": {"shelf_id": {"gondola_id": {"id": fixture}}},
                "freq_samp": 60.0,
                "values": {
                    "data": base64.b64encode(full.tobytes()).decode(),
                    "shape": list(full.shape),
                    "type": "DATATYPE_FLOAT32",
                },
            },
        },
    }
    return document if time_s is None else {"timestamp": time_s, **document}


def steady_plates(count: int, fixture: object = 1, shape: tuple[int, int] = (2, 3)) -> list[Document]:
    """`count` batches, 0.2 s apart, with the batch's number on every plate (and a little noise)."""
    documents = []
    for number in range(count):
        noise = np.random.default_rng(number).normal(0.0, 0.3, (BATCH_SAMPLES, *shape))
        documents.append(plate_document(START_S + 0.2 * number, (number + noise).astype("<f4"), fixture))
    return documents


def joint(x_m: float, y_m: float, z_m: float, score: float = 0.9) -> Document:
    """A joint, written in inches as the layout has it."""
    return {"point": {"x": x_m / INCH_M, "y": y_m / INCH_M, "z": z_m / INCH_M}, "score": score}


def person(track: object = "7", **joints: Any) -> Document:
    """A tracked person."""
    return {"target_id": {"id": track}, "target_state": "TARGETSTATE_VALID_ENTRANCE", **joints}


def frame_document(time_s: float | None, people: Iterable[Document] = ()) -> Document:
    """One frame of the tracker."""
    people = list(people)
    document: Document = {"document": {"header": {}, "targets": {"targets": people} if people else {}}, "id": 0}
    return document if time_s is None else {"timestamp": time_s, **document}


def steady_people(count: int) -> list[Document]:
    """`count` frames at 15 Hz with one person, who walks along x."""
    return [
        frame_document(START_S + number / 15, [person(head=joint(0.1 * number, -1.0, 1.7))]) for number in range(count)
    ]


def facing_document(
    product: str | None,
    plates: Sequence[int],
    shelf: int = 1,
    fixture: object = 1,
    at: tuple[float, float, float] | None = None,
    yaw_rad: float = 0.0,
) -> Document:
    """A facing; its default place is that of its first plate on a shelf which begins at x = 2 m."""
    x, y, z = at or (2.0 + PLATE_M * (plates[0] - 1 if plates else 0), 0.5, 0.3 * shelf)
    coordinates: Document = {
        "transform": {"translation": {"x": x, "y": y, "z": z}, "rotation": {"z": yaw_rad} if yaw_rad else {}},
        "dim_x": PLATE_M * len(plates),
        "dim_y": 0.4,
        "dim_z": 0.25,
    }
    document: Document = {
        "plate_ids": [
            {"shelf_id": {"gondola_id": {"id": fixture}, "shelf_index": shelf}, "plate_index": plate}
            for plate in plates
        ],
        "global_coordinates": coordinates,
    }
    return document if product is None else {"planogram_product_id": {"id": product}, **document}


def product_document(product: str, weight_g: float | None = 100.0, price: float | None = 2.5) -> Document:
    """A row of the catalogue."""
    metadata = {"name": f"Product {product}", "price": price, "weight": weight_g}
    return {"product_id": {"id": product}, "metadata": {k: v for k, v in metadata.items() if v is not None}}


PLANOGRAM = [
    facing_document("4006381333931", [1, 2], shelf=1),
    facing_document("96385074", [3], shelf=1),
    facing_document("96385074", [1, 2, 3], shelf=2),
]
PRODUCTS = [product_document("4006381333931", 250.0), product_document("96385074", 80.0)]


def write_lines(path: Path, documents: Iterable[Document | bytes | str]) -> None:
    """JSON lines; bytes and texts are written as they are, with a line end."""
    lines = []
    for document in documents:
        if isinstance(document, str):
            lines.append(document.encode())
        elif isinstance(document, bytes):
            lines.append(document)
        else:
            lines.append(json.dumps(document).encode())
    path.write_bytes(b"".join(line + b"\n" for line in lines))


def write_autocheckout(
    folder: Path,
    plates: Iterable[Document | bytes | str] | None = None,
    people: Iterable[Document | bytes | str] | None = None,
    planogram: Iterable[Document | bytes | str] = PLANOGRAM,
    products: Iterable[Document | bytes | str] = PRODUCTS,
) -> Path:
    """A folder in the AutoCheckout layout; by default 10 batches of one fixture and 30 frames of one person."""
    folder.mkdir(parents=True, exist_ok=True)
    write_lines(folder / "plate_data.json", steady_plates(10) if plates is None else plates)
    write_lines(folder / "full_targets.json", steady_people(30) if people is None else people)
    write_lines(folder / "planogram.json", planogram)
    write_lines(folder / "products.json", products)
    return folder


CSV_PRODUCTS = """Name,Gondola,Shelf,Plate,Weight,Price,Image,Barcode
Oats,1,1,1,500.0,1,,4006381333931
Oats,1,1,2,500.0,1,,4006381333931
Crème Brûlée,1,1,3,120.0,2.5,,
Soda,1,2,1,330.0,1,,96385074|5901234123457
Nowhere,-1,-1,-1,10.0,1,,
"""


def csv_rows(count: int, grams: float = 100.0, start_s: float = START_S, rate_hz: float = 60.0) -> str:
    """`count` rows of one plate, the reading rising by 1 g per row."""
    return "".join(f"{start_s + number / rate_hz!r},{grams + number!r}\n" for number in range(count))


def write_plate_csv(
    folder: Path, rows: dict[tuple[int, int, int], str] | None = None, products: str = CSV_PRODUCTS
) -> Path:
    """A folder in the per-plate CSV layout; `rows` by (gondola, shelf, plate), by default 2 s of three plates."""
    weights = folder / "weights"
    weights.mkdir(parents=True, exist_ok=True)
    if rows is None:
        rows = {(1, 1, 1): csv_rows(120), (1, 1, 2): csv_rows(120, 500.0), (1, 2, 1): csv_rows(120, 900.0)}
    for (gondola, shelf, plate), text in rows.items():
        (weights / f"gondola_{gondola}_shelf_{shelf}_plate_{plate}.csv").write_text(text)
    (folder / "products.csv").write_text(products, encoding="utf-8")
    return folder
