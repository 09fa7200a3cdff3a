"""Vaults for tests, and what is put into them."""

from collections.abc import Sequence
from pathlib import Path

from tillfree.storage.database.audit import AuditEntry
from tillfree.storage.palm_vault.key_rooms import KeyFile
from tillfree.storage.palm_vault.records import Consent, LinkedCard, Profile, Template
from tillfree.storage.palm_vault.rows import Sketch
from tillfree.storage.palm_vault.vault import PalmVault

__all__ = ["CONSENT", "MARK", "entry", "files_hold", "numbers_of", "open_vault", "profile", "sketched", "template"]

MARK = b"a template that nobody may find"
CONSENT = Consent(notice="2026-1", language="en", purposes=("identify", "pay"), given_ns=1)


def entry(what: str = "palm.test", time_ns: int = 5) -> AuditEntry:
    return AuditEntry(time_ns=time_ns, who="tests", what=what)


def open_vault(folder: Path, *, accept_restored: bool = False) -> PalmVault:
    (folder / "vault").mkdir(exist_ok=True)
    keys = folder / "keys"
    return PalmVault.open(folder / "vault", KeyFile(keys), keys_folder=keys, accept_restored=accept_restored)


def profile(account: str = "ann") -> Profile:
    return Profile(made_ns=1, consents=(CONSENT,), cards=(LinkedCard(token=f"tok_{account}"),), account=account)


def template(data: bytes = MARK, hand: str = "left") -> Template:
    return Template(hand=hand, band="nir", scheme="test-1", made_ns=1, data=data)  # type: ignore[arg-type]


def files_hold(folder: Path, data: bytes) -> list[str]:
    """The files under a folder in which these bytes stand."""
    return [str(path) for path in folder.rglob("*") if path.is_file() and data in path.read_bytes()]


def numbers_of(vault: PalmVault, subject: str) -> bytes:
    """What the sketches of these tests say: the numbers of all templates of a person."""
    return repr([one.number for one in vault.templates(subject)]).encode()


def sketched(vault: PalmVault, subjects: Sequence[str]) -> dict[str, Sketch]:
    """Sketches of persons as they are now."""
    opened = vault.templates_of(subjects)
    return {
        subject: Sketch(repr([one.number for one in kept]).encode(), opened.state[subject])
        for subject, kept in opened.templates.items()
    }
