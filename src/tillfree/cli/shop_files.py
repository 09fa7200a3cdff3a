"""`tillfree settings` and `tillfree catalog check`: are the files of a store as they should be?"""

import argparse
from pathlib import Path

from tillfree.catalog.camera_table import read_cameras
from tillfree.catalog.layout_table import read_layout
from tillfree.catalog.model import Fixture, Product
from tillfree.catalog.planogram_table import read_planogram
from tillfree.catalog.product_table import read_products
from tillfree.catalog.report import CatalogReport
from tillfree.catalog.rows import read_rows
from tillfree.cli.terminal import TerminalError, show
from tillfree.commerce.display import display_text
from tillfree.store.settings import default_toml, load_settings, schema_text

__all__ = ["read_file", "run_catalog_check", "run_settings"]

FILE_BYTES_MAX = 256 * 1024 * 1024


def run_settings(arguments: argparse.Namespace) -> int:
    """Prints the schema or the defaults, or checks a file."""
    match arguments.action:
        case "schema":
            show(schema_text())
        case "default":
            show(default_toml())
        case _:
            if arguments.file is None:
                raise TerminalError("settings check: name the file, for example store.toml")
            load_settings(arguments.file)
            show(f"{display_text(str(arguments.file))}: all settings are fine\n")
    return 0


def run_catalog_check(arguments: argparse.Namespace) -> int:
    """Reports on the tables of a store; 1 where there are findings.

    Products are read first, then the layout, then the planogram, which is checked against both. Which is which is told
    by the columns: a layout has depths, cameras have a field of view, a planogram has plates but no weights or prices.
    """
    products: tuple[Product, ...] = ()
    fixtures: tuple[Fixture, ...] | None = None
    reports: list[tuple[Path, str, CatalogReport]] = []
    tables = sorted(((_table_of(path), path) for path in arguments.files), key=lambda pair: _ORDER.index(pair[0]))
    for kind, path in tables:
        data = read_file(path)
        match kind:
            case "layout":
                fixtures, report = read_layout(data, path.name)
            case "cameras":
                _, report = read_cameras(data, path.name)
            case "planogram":
                _, report = read_planogram(data, path.name, products, fixtures)
            case _:
                more, report = read_products(data, path.name, arguments.currency)
                products = (*products, *more)
        reports.append((path, kind, report))
    for path, kind, report in reports:
        show(f"{display_text(str(path))} ({kind}): {report}\n")
    return 1 if any(report.rows for _, _, report in reports) else 0


_OF_PRODUCTS = {"weight_g", "weight", "price", "price_minor"}
_ORDER = ("products", "layout", "cameras", "planogram")


def _table_of(path: Path) -> str:
    """What a table is, judged by the names of its columns."""
    columns = set(read_rows(read_file(path), path.name).columns)
    if "depth_m" in columns:
        return "layout"
    if "fov_deg" in columns:
        return "cameras"
    return "planogram" if columns & {"plate", "plates"} and not columns & _OF_PRODUCTS else "products"


def read_file(path: Path, wanted: str = "a CSV or JSON file") -> bytes:
    """The bytes of a regular file of at most 256 MiB; `wanted` says in a message what would be right.

    Raises:
        TerminalError: there is no such file, it cannot be read, or it is too large.
    """
    try:
        # Anything else, such as a pipe or a device, may never end.
        if path.exists() and not path.is_file():
            raise TerminalError(f"{path}: cannot be read (not a regular file); give {wanted}")
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise TerminalError(f"{path}: cannot be read ({error.strerror or error})") from error
    if len(data) > FILE_BYTES_MAX:
        raise TerminalError(f"{path}: over {FILE_BYTES_MAX >> 20} MiB, which no catalogue has")
    return data
