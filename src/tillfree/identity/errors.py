"""Errors of identity.

The tree::

    TillfreeError
    └── IdentityError    a key, code or credential that cannot be used
"""

from tillfree.core.errors import TillfreeError

__all__ = ["IdentityError"]


class IdentityError(TillfreeError):
    """Something about a credential is wrong; says what and what to do."""
