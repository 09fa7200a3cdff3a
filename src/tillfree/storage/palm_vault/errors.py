"""What can go wrong with the vault of palms.

* TillfreeError
    * VaultError: a file of the vault cannot be used as it is
        * VaultKeyError: a key is missing, wrong, or cannot be had
        * TamperedError: a row is not the one that was written there
        * RolledBackError: one of the two files is an older copy
"""

from tillfree.core.errors import TillfreeError

__all__ = ["RolledBackError", "TamperedError", "VaultError", "VaultKeyError"]


class VaultError(TillfreeError):
    """A file of the vault cannot be used as it is; says which, why, and what to do."""


class VaultBusyError(VaultError):
    """Another process or thread enrols, and has taken long; nothing was done."""


class DoneBeforeError(VaultError):
    """What may be done once was done already; nothing changed."""


class VaultKeyError(VaultError):
    """A key is missing, wrong, or cannot be had where it is kept."""


class TamperedError(VaultError):
    """A row is not the one that was written there: changed, moved, or an older copy."""


class RolledBackError(VaultError):
    """One of the two files of the vault is older than the other: a copy was put back."""
