"""The vault of a store, as its settings want it."""

from collections.abc import Mapping
from pathlib import Path

from tillfree.storage.palm_vault.key_rooms import KeyFile, KeyRoom, keys_of_command, keys_of_environment
from tillfree.storage.palm_vault.vault import PalmVault
from tillfree.store.palms.settings import PalmSettings

__all__ = ["KEYS_NAME", "keys_folder", "open_palm_vault"]

KEYS_NAME = "palm-keys"


def keys_folder(settings: PalmSettings, data: Path) -> Path:
    """Where the keys lie: as set, else beside the data of the store."""
    return Path(settings.keys_folder) if settings.keys_folder else data / KEYS_NAME


def open_palm_vault(
    settings: PalmSettings, data: Path, environment: Mapping[str, str], *, accept_restored: bool = False
) -> PalmVault:
    """The vault in the folder of a store; made where there is none.

    Raises:
        VaultError: as `PalmVault.open`.
    """
    folder = keys_folder(settings, data)
    keys: KeyRoom
    match settings.key_source:
        case "file":
            keys = KeyFile(folder)
        case "environment":
            keys = keys_of_environment(settings.key_variable, environment)
        case "command":
            keys = keys_of_command(settings.key_command)
    return PalmVault.open(data, keys, keys_folder=folder, accept_restored=accept_restored)
