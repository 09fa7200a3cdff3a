"""What stations send and what several operations on palms share. No picture and no template ever goes out."""

import contextlib
from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tillfree.core.time import NS_PER_S
from tillfree.palm.errors import PalmError
from tillfree.palm.samples import BANDS, Band
from tillfree.storage.palm_vault.errors import VaultBusyError
from tillfree.storage.palm_vault.records import Consent, Purpose
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.errors import DuplicateError, NoPalmError, PalmDeskError
from tillfree.store.palms.pictures import hand_image
from tillfree.store.palms.recogniser import Sample
from tillfree.store.palms.stations import SentFrame, SignedCapture
from tillfree.web.api.operations import Call, missing
from tillfree.web.api.problems import Problem

__all__ = [
    "CaptureBody",
    "Captures",
    "ConsentBody",
    "Name",
    "PinDigits",
    "PurposeName",
    "WalletCard",
    "asking_palms",
    "consent_of",
    "palm_name",
    "palms_of",
    "sample_of",
    "samples_of",
    "station_of",
]

_TIME_MAX_MS = 2**53
_FRAME_TEXT_MAX = 1_000_000
Name = Annotated[str, Meta(min_length=1, max_length=64, pattern="^[0-9A-Za-z._/:-]+$")]
PinDigits = Annotated[str, Meta(max_length=12, pattern="^[0-9]*$")]
PurposeName = Literal["identify", "pay", "enter", "age", "door", "loyalty"]


class FrameBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One picture of the hand."""

    picture: Annotated[bytes, Meta(max_length=_FRAME_TEXT_MAX, description="A PNG or JPEG file, in base64.")]
    band: Annotated[Literal["visible", "nir"], Meta(description="The light that it was taken in.")] = "visible"


class CaptureBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a station saw of one hovering hand, signed. See the page on palms for the bytes that are signed."""

    station: Name
    frames: Annotated[tuple[FrameBody, ...], Meta(min_length=1, max_length=12)]
    nonce: Annotated[str, Meta(max_length=64, description="The challenge that was asked for.")] = ""
    time_ms: Annotated[int, Meta(ge=0, le=_TIME_MAX_MS, description="Since 1970, by the clock of the station.")] = 0
    signature: Annotated[bytes, Meta(max_length=128, description="Ed25519, 64 bytes, in base64.")] = b""


Captures = Annotated[tuple[CaptureBody, ...], Meta(min_length=1, max_length=12)]


class WalletCard(msgspec.Struct, frozen=True, kw_only=True):
    """The card that pays, without its token."""

    brand: str
    last4: str


class ConsentBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That the person has read the notice and agrees."""

    notice: Annotated[str, Meta(min_length=1, max_length=40, description="The version that they read.")]
    language: Annotated[str, Meta(min_length=2, max_length=16, description="In which they read it, as `de`.")]
    purposes: Annotated[tuple[PurposeName, ...], Meta(min_length=1, max_length=6)]
    by: Annotated[str, Meta(max_length=64, description="Where it was given.")] = ""


def station_of(captures: tuple[CaptureBody, ...]) -> str:
    """The station that all captures are of. Raises Problem where there are several: nobody is at two places."""
    station = captures[0].station
    if any(one.station != station for one in captures):
        raise Problem("refused", "the captures are of several stations; send those of one")
    return station


def palms_of(call: Call) -> PalmDesk:
    """The desk. Raises Problem where this store reads no palms."""
    if call.console.palm_desk is None:
        raise Problem("unavailable", "this store reads no palms; see palm.enabled in its settings")
    return call.console.palm_desk


def sample_of(desk: PalmDesk, body: CaptureBody) -> Sample:
    """What was read from a capture.

    Raises:
        StationError: it is not signed as it has to be.
        PalmDeskError, PalmError: a picture is none, or a part that reads palms is missing.
    """
    frames = tuple(SentFrame(frame.band, frame.picture) for frame in body.frames)
    if desk.settings.attested:
        desk.stations.accept(
            SignedCapture(
                station=body.station, nonce=body.nonce, time_ms=body.time_ms, frames=frames, signature=body.signature
            )
        )
    assert all(frame.band in BANDS for frame in frames)
    return desk.recogniser.read([hand_image(frame.picture, _band(frame.band)) for frame in frames])


def samples_of(desk: PalmDesk, captures: tuple[CaptureBody, ...]) -> list[Sample]:
    """What was read from each capture. Raises Problem where one is not signed as it has to be, or is no picture."""
    with asking_palms():
        return [sample_of(desk, capture) for capture in captures]


def _band(name: str) -> Band:
    return "nir" if name == "nir" else "visible"


def consent_of(call: Call, body: ConsentBody, station: str = "") -> Consent:
    """The consent as it is kept."""
    now_ns = call.console.now_ns()
    purposes: tuple[Purpose, ...] = tuple(dict.fromkeys(body.purposes))
    if not all(text.isprintable() for text in (body.notice, body.language, body.by)):
        raise Problem("refused", "a consent is printable characters")
    return Consent(
        notice=body.notice,
        language=body.language,
        purposes=purposes,
        given_ns=now_ns // NS_PER_S * NS_PER_S,
        by=body.by or station,
    )


def palm_name(call: Call) -> str:
    """The name in the address. Raises Problem where the vault gives no such names."""
    name = call.path["palm"]
    if len(name) != 24 or not name.isascii() or not name.isalnum():
        raise missing("palm of this name")
    return name


@contextlib.contextmanager
def asking_palms() -> Iterator[None]:
    """Turns what the desk raises inside into a Problem."""
    try:
        yield
    except NoPalmError as error:
        raise missing("palm of this name") from error
    except DuplicateError as error:
        raise Problem("conflict", str(error)) from error
    except (PalmDeskError, PalmError) as error:
        raise Problem("refused", str(error)) from error
    except VaultBusyError as error:
        raise Problem("unavailable", "somebody else is being enrolled, and it takes long; try again") from error
