"""Keys of processors: read from the environment, shown to nobody."""

import os
from collections.abc import Mapping

from tillfree.connectors.errors import ConnectorError

__all__ = ["Secret", "read_secret"]


class Secret:
    """A key that no log, message or traceback shows; `reveal` where it is sent."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The key itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(...)"


def read_secret(variable: str, purpose: str, environment: Mapping[str, str] = os.environ) -> Secret:
    """The key in an environment variable.

    Raises:
        ConnectorError: it is not set, or holds what cannot be sent in a header.
    """
    text = environment.get(variable, "").strip()
    if not text:
        raise ConnectorError(f"{variable} is not set; put {purpose} into it, or name another variable in the settings")
    if not text.isascii() or not text.isprintable():
        raise ConnectorError(f"{variable} holds characters that no key has; put {purpose} into it again")
    return Secret(text)
