"""EMV data objects: BER-TLV as a terminal writes it, and which of them may leave the terminal.

Facts: EMV Book 3, annex A (data elements) and annex B (rules for BER-TLV); ISO/IEC 8825-1.
"""

from collections.abc import Mapping

from tillfree.connectors.errors import ConnectorError

__all__ = ["EMV_NAMES", "EmvError", "decode_tlv", "encode_tlv", "tellable"]

EMV_NAMES: dict[str, str] = {
    "50": "application label",
    "5F2A": "transaction currency code",
    "5F34": "sequence number of the card",
    "82": "application interchange profile",
    "84": "name of the application (AID)",
    "8A": "authorisation response code",
    "95": "terminal verification results",
    "9A": "transaction date",
    "9B": "transaction status information",
    "9C": "transaction type",
    "9F02": "amount, authorised",
    "9F03": "amount, other",
    "9F10": "issuer application data",
    "9F12": "application preferred name",
    "9F1A": "country of the terminal",
    "9F1E": "serial number of the interface device",
    "9F21": "transaction time",
    "9F26": "application cryptogram",
    "9F27": "cryptogram information data",
    "9F33": "terminal capabilities",
    "9F34": "results of the cardholder verification",
    "9F35": "terminal type",
    "9F36": "application transaction counter",
    "9F37": "unpredictable number",
    "9F39": "how the card was read",
    "9F41": "transaction sequence counter",
    "9F6E": "form factor of the card or device",
}
"""Objects that a receipt or a dispute may need. The card's number (5A), its track (57, 56) and its holder's name (5F20)
are not among them: what is not in this table never leaves the terminal."""
_TAG_BYTES_MAX = 4
_VALUE_BYTES_MAX = 4096
_DEPTH_MAX = 8


class EmvError(ConnectorError, ValueError):
    """Bytes that are no BER-TLV, or objects that cannot be written as such."""


def encode_tlv(objects: Mapping[str, str]) -> bytes:
    """Data objects by tag in hexadecimal, as bytes in the order given; a constructed one holds encoded objects.

    Raises:
        EmvError: a tag that is none, or a value that is not hexadecimal or too long.
    """
    written = b""
    for tag, value in objects.items():
        tag_bytes, value_bytes = _unhex(tag, f"tag {tag!r}"), _unhex(value, f"value of {tag}")
        if _tag_at(tag_bytes, 0) != len(tag_bytes):
            raise EmvError(f"tag {tag!r} is none (EMV Book 3, annex B1)")
        if len(value_bytes) > _VALUE_BYTES_MAX:
            raise EmvError(f"value of {tag} has {len(value_bytes)} bytes; at most {_VALUE_BYTES_MAX}")
        written += tag_bytes + _length_bytes(len(value_bytes)) + value_bytes
    return written


def decode_tlv(data: bytes) -> dict[str, str]:
    """All primitive objects, those inside of constructed ones too, by tag in hexadecimal; the first of a tag counts.

    Raises:
        EmvError: it ends in the middle of an object, or is nested too deep.
    """
    found: dict[str, str] = {}
    _decode(data, found, 0)
    return found


def tellable(objects: Mapping[str, str]) -> dict[str, str]:
    """Those that may leave the terminal."""
    return {tag.upper(): value.upper() for tag, value in objects.items() if tag.upper() in EMV_NAMES}


def _decode(data: bytes, found: dict[str, str], depth: int) -> None:
    if depth > _DEPTH_MAX:
        raise EmvError(f"EMV data is nested more than {_DEPTH_MAX} deep")
    at = 0
    while at < len(data):
        if data[at] in (0x00, 0xFF):  # padding between objects
            at += 1
            continue
        tag_end = _tag_at(data, at)
        length, start = _length_at(data, tag_end)
        value = data[start : start + length]
        if len(value) != length:
            raise EmvError(f"EMV data ends in the middle of object {data[at:tag_end].hex().upper()}")
        if data[at] & 0x20:
            _decode(value, found, depth + 1)
        else:
            found.setdefault(data[at:tag_end].hex().upper(), value.hex().upper())
        at = start + length


def _tag_at(data: bytes, at: int) -> int:
    """Where the tag that begins there ends."""
    if at >= len(data):
        raise EmvError("EMV data ends where a tag should begin")
    end = at + 1
    if data[at] & 0x1F == 0x1F:
        while end < len(data) and data[end] & 0x80:
            end += 1
        end += 1
    if end > len(data) or end - at > _TAG_BYTES_MAX:
        raise EmvError("EMV data holds a tag without an end")
    return end


def _length_at(data: bytes, at: int) -> tuple[int, int]:
    """The length that stands there, and where the value begins."""
    if at >= len(data):
        raise EmvError("EMV data ends where a length should begin")
    first = data[at]
    if first < 0x80:
        return first, at + 1
    count = first & 0x7F
    if not 1 <= count <= 3 or at + 1 + count > len(data):
        raise EmvError("EMV data holds a length that is none (indefinite, or too long)")
    return int.from_bytes(data[at + 1 : at + 1 + count], "big"), at + 1 + count


def _length_bytes(length: int) -> bytes:
    if length < 0x80:
        return bytes([length])
    raw = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(raw)]) + raw


def _unhex(text: str, what: str) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError as error:
        raise EmvError(f"{what} is not hexadecimal: {text[:40]!r}") from error
    if len(text) != 2 * len(data):  # fromhex takes spaces
        raise EmvError(f"{what} is not hexadecimal: {text[:40]!r}")
    return data
