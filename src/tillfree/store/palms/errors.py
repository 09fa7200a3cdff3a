"""Errors of the desk of palms.

* TillfreeError
    * PalmDeskError: something cannot be done with a palm; says what, and what to do
        * NoPalmError: there is nobody of that name
        * DuplicateError: this palm is enrolled already
        * StationError: a station, or a capture of one, is not to be trusted
"""

from tillfree.core.errors import TillfreeError

__all__ = ["DuplicateError", "NoPalmError", "PalmDeskError", "StationError"]


class PalmDeskError(TillfreeError):
    """Something cannot be done with a palm; says what, and what to do."""


class NoPalmError(PalmDeskError):
    """There is nobody of that name, or not any more."""


class DuplicateError(PalmDeskError):
    """This palm is enrolled already; it is not said under which name."""


class StationError(PalmDeskError):
    """A station, or a capture of one, is not to be trusted: unknown, unsigned, late, or seen before."""
