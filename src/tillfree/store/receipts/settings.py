"""Settings of receipts to shoppers."""

from typing import Annotated

import msgspec
from msgspec import Meta

__all__ = ["ReceiptSettings"]


class ReceiptSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How receipts reach shoppers."""

    address: Annotated[
        str,
        Meta(
            title="Public address",
            description="Where shoppers reach this store's pages, such as https://receipts.example; links to receipts "
            "begin with it. Empty: e-mails have no link, and codes at the exit lead to the address of that screen.",
            max_length=200,
            pattern=r"^(https?://[A-Za-z0-9.:\[\]-]{1,180}(/[A-Za-z0-9._/-]*)?)?$(?!\n)",
        ),
    ] = ""
    link_days: Annotated[
        int,
        Meta(
            title="Days of a link",
            description="So long the secret link to a receipt works.",
            ge=1,
            le=400,
            extra_json_schema={"x-unit": "days"},
        ),
    ] = 60
    exit_seconds: Annotated[
        int,
        Meta(
            title="Time at the exit",
            description="So long the code of a receipt is shown at the exit.",
            ge=5,
            le=300,
            extra_json_schema={"x-unit": "s"},
        ),
    ] = 25
    kiosk_minutes: Annotated[
        int,
        Meta(
            title="Time at the kiosk",
            description="So long the number shown at the exit works at the kiosk.",
            ge=1,
            le=60,
            extra_json_schema={"x-unit": "min"},
        ),
    ] = 5
    display_token_env: Annotated[
        str,
        Meta(
            title="Secret of displays",
            description="Name of the environment variable with the secret that exit screens and kiosks are opened "
            "with; where it is not set, only staff can open them.",
            min_length=1,
            max_length=100,
        ),
    ] = "TILLFREE_DISPLAY_TOKEN"  # noqa: S105  a name of it
    pdf_font: Annotated[
        str,
        Meta(
            title="Font of PDFs",
            description="A TrueType font file for receipts with letters that DejaVu Sans lacks, such as Chinese and "
            "Japanese ones. Without it there is no PDF of these.",
            max_length=500,
        ),
    ] = ""
    printer_host: Annotated[
        str, Meta(title="Receipt printer", description="Name or address of the printer; empty: none.", max_length=253)
    ] = ""
    printer_port: Annotated[
        int,
        Meta(
            title="Port of the printer",
            description="Where it takes data; 9100 as a rule.",
            ge=1,
            le=65535,
            extra_json_schema={"x-unit": "port"},
        ),
    ] = 9100
    printer_columns: Annotated[
        int,
        Meta(
            title="Columns of the printer",
            description="48 on paper of 80 mm, 42 or 32 on other printers.",
            ge=24,
            le=96,
            extra_json_schema={"x-unit": "columns"},
        ),
    ] = 48
    printer_japanese: Annotated[
        bool,
        Meta(title="Printer for Japan", description="Whether it is a model that prints Kanji (Shift JIS)."),
    ] = False
