"""What processors tell by themselves (webhooks): whose signature is right, and what is said."""

from typing import Protocol

import msgspec

from tillfree.commerce.payments.processor import Answer
from tillfree.connectors.errors import ConnectorError

__all__ = ["NoticeError", "ProcessorNotice"]


class NoticeError(ConnectorError, ValueError):
    """What came is no notice of that processor."""


class ProcessorNotice(msgspec.Struct, frozen=True):
    """One thing that was told: `id` is the same when it is told again."""

    id: str
    answer: Answer


class NoticeReader(Protocol):
    """Reads the webhooks of one processor."""

    def read(self, body: bytes, signature: str, now_ns: int) -> list[ProcessorNotice]:
        """What is said in a request. Raises: SignatureError, NoticeError."""
        ...
