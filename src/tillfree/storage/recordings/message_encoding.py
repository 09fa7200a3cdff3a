"""How events stand in a recording: as JSON, or, where they carry bytes, as MessagePack, which leaves bytes as they are.

A large store gives megabytes of weights a second; as text they would be a third longer and take three times as long to
write. Both encodings are byte-deterministic, and a reader takes either for any kind.
"""

from collections.abc import Mapping

import msgspec

from tillfree.core.events import Event

__all__ = ["ENCODINGS", "JSON", "MSGPACK", "Encoder", "decoder_of", "encoder_of", "encoding_of"]

JSON, MSGPACK = "json", "msgpack"
"""As in MCAP's registry of message encodings."""
Encoder = msgspec.json.Encoder | msgspec.msgpack.Encoder
_ENCODERS: Mapping[str, Encoder] = {
    JSON: msgspec.json.Encoder(order="deterministic"),
    MSGPACK: msgspec.msgpack.Encoder(order="deterministic"),
}
_DECODERS: "Mapping[str, msgspec.json.Decoder[Event] | msgspec.msgpack.Decoder[Event]]" = {
    JSON: msgspec.json.Decoder(Event),
    MSGPACK: msgspec.msgpack.Decoder(Event),
}
ENCODINGS = frozenset(_DECODERS)


def encoding_of(kind: type[msgspec.Struct]) -> str:
    """How messages of this kind are written."""
    return MSGPACK if any(field.type is bytes for field in msgspec.structs.fields(kind)) else JSON


def encoder_of(encoding: str) -> Encoder:
    """What writes events in one of the `ENCODINGS`."""
    return _ENCODERS[encoding]


def decoder_of(encoding: str) -> "msgspec.json.Decoder[Event] | msgspec.msgpack.Decoder[Event]":
    """What reads them; `decode` raises what `decode_event` does."""
    return _DECODERS[encoding]
