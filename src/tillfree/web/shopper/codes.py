"""QR codes as pictures that stand in a page."""

import segno

__all__ = ["qr_data_uri"]


def qr_data_uri(text: str) -> str:
    """A code as an SVG in a `data:` address, black on white with the quiet zone that readers need."""
    return segno.make(text, error="m", micro=False).svg_data_uri(scale=8, border=4, dark="#000", light="#fff")
