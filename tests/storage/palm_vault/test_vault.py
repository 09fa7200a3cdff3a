"""What the vault keeps, and how it forgets."""

import shutil
import sqlite3
import stat
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.storage.palm_vault.vaults import MARK, entry, files_hold, open_vault, profile, template
from tillfree.storage.palm_vault.errors import (
    DoneBeforeError,
    RolledBackError,
    TamperedError,
    VaultError,
    VaultKeyError,
)
from tillfree.storage.palm_vault.key_rooms import FILE_NAME, KeyFile, KeyText, keys_of_command, keys_of_environment
from tillfree.storage.palm_vault.records import StationRecord
from tillfree.storage.palm_vault.sealing import Place, new_key, open_sealed, seal
from tillfree.storage.palm_vault.vault import PalmVault

KEY = "one:" + "A" * 43 + "="
OTHER = "two:" + "B" * 42 + "A="


def sealed_of(path: Path, subject: str) -> list[bytes]:
    with sqlite3.connect(path) as raw:
        return [row[0] for row in raw.execute("SELECT sealed FROM templates WHERE subject = ?", (subject,))]


def changed(path: Path, statement: str, *values: object) -> None:
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute(statement, values)
    raw.close()


def test_what_was_kept_is_there_after_a_restart(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault:
        subject = vault.enrol(profile(), [template(), template(b"other", "right")], entry("palm.enrol"), 100)
    with open_vault(tmp_path) as vault:
        assert vault.profile(subject) == profile()
        assert [one.template for one in vault.templates(subject)] == [template(), template(b"other", "right")]
        assert vault.used_day(subject) == 100
        assert vault.subjects() == [subject]
        assert vault.profile("somebody else") is None
        assert vault.counts().templates == 2
        assert vault.verify_log().broken_at is None


def test_nothing_stands_in_the_files_as_it_is(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault:
        vault.enrol(profile("ann-of-the-hill"), [template()], entry(), 1)
        for secret in (MARK, b"ann-of-the-hill", b"tok_ann"):
            assert files_hold(tmp_path, secret) == []


def test_only_the_owner_reads_the_files(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault:
        vault.enrol(profile(), [template()], entry(), 1)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_of_the_erased_no_file_holds_even_the_ciphertext(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault:
        stays = vault.enrol(profile("ben"), [template(b"ben's")], entry(), 1)
        subject = vault.enrol(profile(), [template(MARK * 400)], entry(), 1)
        sealed = sealed_of(tmp_path / "vault" / "palm.db", subject)
        assert files_hold(tmp_path, sealed[0][:64])
        proof = vault.erase(subject, entry("palm.erase"))
        assert proof is not None
        assert (proof.subject, proof.templates) == (subject, 1)
        assert vault.log(limit=1)[0].hash == proof.audit_hash
        assert vault.erase(subject, entry("palm.erase")) is None
        for start in range(0, len(sealed[0]) - 64, 997):
            assert files_hold(tmp_path, sealed[0][start : start + 64]) == []
        assert vault.profile(stays) == profile("ben")


def test_a_backup_without_the_destroyed_key_is_noise(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault:
        subject = vault.enrol(profile(), [template()], entry(), 1)
        stays = vault.enrol(profile("ben"), [template(b"ben's")], entry(), 1)
        shutil.copy(tmp_path / "vault" / "palm.db", tmp_path / "backup.db")
        vault.erase(subject, entry("palm.erase"))
    shutil.copy(tmp_path / "backup.db", tmp_path / "vault" / "palm.db")
    with pytest.raises(RolledBackError, match=r"palm\.db: is an older copy"):
        open_vault(tmp_path)
    sealed = sealed_of(tmp_path / "vault" / "palm.db", subject)[0]
    with open_vault(tmp_path, accept_restored=True) as vault:
        assert vault.cleared == 1
        assert vault.subjects() == [stays]
        assert vault.templates(stays)[0].template == template(b"ben's")
        assert files_hold(tmp_path / "vault", sealed) == []
    with open_vault(tmp_path) as vault:  # and all is well from then on
        assert vault.cleared == 0


def test_older_keys_beside_a_newer_vault_are_refused_too(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault:
        subject = vault.enrol(profile(), [template()], entry(), 1)
        shutil.copytree(tmp_path / "keys", tmp_path / "older keys")
        vault.erase(subject, entry("palm.erase"))
    shutil.copy(tmp_path / "older keys" / "keyring.db", tmp_path / "keys" / "keyring.db")
    with pytest.raises(RolledBackError, match=r"keyring\.db: is an older copy"):
        open_vault(tmp_path)
    with open_vault(tmp_path, accept_restored=True) as vault:
        assert vault.subjects() == []
    with sqlite3.connect(tmp_path / "keys" / "keyring.db") as raw:
        assert raw.execute("SELECT count(*) FROM data_keys").fetchone() == (0,)


def test_both_files_put_back_together_cannot_be_told(tmp_path: Path) -> None:
    """Said in the documentation: only a head of the log that was written down elsewhere tells."""
    with open_vault(tmp_path) as vault:
        subject = vault.enrol(profile(), [template()], entry(), 1)
        for name in ("vault", "keys"):
            shutil.copytree(tmp_path / name, tmp_path / f"old {name}")
        vault.erase(subject, entry("palm.erase"))
        head = vault.verify_log().head
    for name in ("vault", "keys"):
        shutil.rmtree(tmp_path / name)
        shutil.copytree(tmp_path / f"old {name}", tmp_path / name)
    with open_vault(tmp_path) as vault:
        assert vault.profile(subject) is not None
        assert vault.verify_log().head != head


def test_rows_that_were_swapped_are_found(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault:
        ann = vault.enrol(profile("ann"), [template(b"ann's")], entry(), 1)
        ben = vault.enrol(profile("ben"), [template(b"ben's")], entry(), 1)
    path = tmp_path / "vault" / "palm.db"
    changed(path, "UPDATE templates SET subject = CASE subject WHEN ? THEN ? ELSE ? END", ann, ben, ann)
    with open_vault(tmp_path) as vault:
        for subject in (ann, ben):
            with pytest.raises(TamperedError, match="are not those that were written last"):
                vault.templates(subject)
        assert vault.erase(ann, entry("palm.erase")) is not None


def test_a_key_moved_to_another_person_opens_nothing(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault:
        ann = vault.enrol(profile("ann"), [template(b"ann's")], entry(), 1)
        ben = vault.enrol(profile("ben"), [template(b"ben's")], entry(), 1)
    changed(
        tmp_path / "keys" / "keyring.db",
        "UPDATE data_keys SET wrapped = (SELECT wrapped FROM data_keys WHERE subject = ?) WHERE subject = ?",
        ann,
        ben,
    )
    with open_vault(tmp_path) as vault, pytest.raises(VaultKeyError, match="does not open the data key"):
        vault.profile(ben)


def test_an_older_row_of_a_person_is_found(tmp_path: Path) -> None:
    """Consent that was withdrawn must not come back with a row of yesterday."""
    path = tmp_path / "vault" / "palm.db"
    with open_vault(tmp_path) as vault:
        subject = vault.enrol(profile(), [template()], entry(), 1)
        with sqlite3.connect(path) as raw:
            (older,) = raw.execute("SELECT profile FROM subjects").fetchone()
        vault.change(subject, lambda one: msgspec.structs.replace(one, consents=()), entry("palm.withdraw"))
    changed(path, "UPDATE subjects SET profile = ?", older)
    with open_vault(tmp_path) as vault, pytest.raises(TamperedError):
        vault.profile(subject)


def test_rows_that_were_taken_out_are_found(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault:
        subject = vault.enrol(profile(), [template()], entry(), 1)
    changed(tmp_path / "vault" / "palm.db", "DELETE FROM subjects")
    with pytest.raises(TamperedError, match="of 1 persons are missing"):
        open_vault(tmp_path)
    with open_vault(tmp_path, accept_restored=True) as vault:
        assert vault.profile(subject) is None


def test_a_log_that_was_cut_or_changed_is_found(tmp_path: Path) -> None:
    path = tmp_path / "vault" / "palm.db"
    with open_vault(tmp_path) as vault:
        for number in range(5):
            vault.note(entry(f"palm.{number}"))
        assert vault.verify_log().entries == 5
        changed(path, "UPDATE audit SET who = 'nobody' WHERE number = 3")
        assert vault.verify_log().broken_at == 3
        changed(path, "UPDATE audit SET who = 'tests' WHERE number = 3")
        assert vault.verify_log().broken_at is None
        changed(path, "DELETE FROM audit WHERE number = 5")
        assert vault.verify_log().broken_at == 5
        assert [row.number for row in vault.log(limit=2)] == [4, 3]


def test_rotation_changes_the_wrapping_key_and_nothing_else(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault:
        subject = vault.enrol(profile(), [template()], entry(), 1)
        before, site = (tmp_path / "vault" / "palm.db").read_bytes(), vault.site_key("templates")
        old_file = (tmp_path / "keys" / FILE_NAME).read_bytes()
        sealed = sealed_of(tmp_path / "vault" / "palm.db", subject)
        assert vault.rotate(entry("palm.rotate")) == 5
        assert sealed_of(tmp_path / "vault" / "palm.db", subject) == sealed
        assert vault.counts().wrapped_by == {"2": 1}
        assert len(before) > 0
    with open_vault(tmp_path) as vault:
        assert vault.templates(subject)[0].template == template()
        assert vault.site_key("templates") == site
    (tmp_path / "keys" / FILE_NAME).write_bytes(old_file)
    with pytest.raises(VaultKeyError, match="the key '2' is not there"):
        open_vault(tmp_path)


def test_revocation_takes_templates_and_leaves_links(tmp_path: Path) -> None:
    path = tmp_path / "vault" / "palm.db"
    with open_vault(tmp_path) as vault:
        subject = vault.enrol(profile(), [template()], entry(), 1)
        shutil.copy(path, tmp_path / "backup.db")
        site, generation = vault.site_key("templates"), vault.generation()
        assert vault.revoke_all(entry("palm.revoke all")) == 1
        assert vault.site_key("templates") != site
        assert vault.generation()[1] == generation[1] + 1
        assert vault.templates(subject) == []
        assert vault.profile(subject) == profile()
    changed(path, "ATTACH DATABASE ? AS backup", str(tmp_path / "backup.db"))
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("ATTACH DATABASE ? AS backup", (str(tmp_path / "backup.db"),))
    raw.execute("INSERT INTO templates SELECT * FROM backup.templates")
    raw.close()
    with open_vault(tmp_path) as vault, pytest.raises(TamperedError):
        vault.templates(subject)


def test_a_tampered_person_does_not_stop_a_revocation(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault:
        vault.enrol(profile(), [template()], entry(), 1)
    changed(tmp_path / "vault" / "palm.db", "UPDATE subjects SET profile = x'00'")
    with open_vault(tmp_path) as vault:
        assert vault.revoke_all(entry("palm.revoke all")) == 0
        assert vault.subjects() == []


def test_numbers_of_templates_are_never_given_again(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault:
        first = vault.enrol(profile(), [template()], entry(), 1)
        (number,) = vault.template_numbers()
        vault.erase(first, entry())
        vault.enrol(profile(), [template()], entry(), 1)
        assert list(vault.template_numbers()) == [number + 1]


def test_a_change_that_raises_changes_nothing(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault:
        subject = vault.enrol(profile(), [template()], entry(), 1)
        generation = vault.generation()

        def fails(_profile: object) -> object:
            raise VaultError("no")

        with pytest.raises(VaultError, match="no"):
            vault.change(subject, fails, entry("palm.change"))  # type: ignore[arg-type]
        assert vault.generation() == generation
        assert vault.profile(subject) == profile()


def test_stations_are_kept_sealed_and_a_moved_one_is_found(tmp_path: Path) -> None:
    record = StationRecord(station="north", public=b"k" * 32, made_ns=1)
    with open_vault(tmp_path) as vault:
        vault.put_station(record, entry("palm.station"))
        assert vault.station("north") == record
        assert vault.station("south") is None
        changed(tmp_path / "vault" / "palm.db", "UPDATE stations SET station = 'south'")
        with pytest.raises(TamperedError):
            vault.station("south")
        assert vault.remove_station("south", entry())
        assert not vault.remove_station("south", entry())


def test_a_vault_in_memory_works_alike() -> None:
    with PalmVault.open(None, KeyText(KEY, "the test")) as vault:
        subject = vault.enrol(profile(), [template()], entry(), 1)
        assert vault.rotate(entry()) == 5
        assert vault.templates(subject)[0].template == template()


def test_another_process_sees_an_erasure_at_once(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault, open_vault(tmp_path) as other:
        subject = vault.enrol(profile(), [template()], entry(), 1)
        assert other.profile(subject) == profile()
        before = other.generation()
        vault.rotate(entry())
        vault.erase(subject, entry())
        assert other.generation() > before
        assert other.profile(subject) is None
        other.enrol(profile(), [template()], entry(), 1)


def test_a_vault_without_its_keys_is_refused(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault:
        vault.enrol(profile(), [template()], entry(), 1)
    shutil.move(tmp_path / "keys", tmp_path / "elsewhere")
    with pytest.raises(VaultKeyError, match=r"the keys of .* are not here"):
        open_vault(tmp_path)
    shutil.rmtree(tmp_path / "keys")
    shutil.move(tmp_path / "elsewhere", tmp_path / "keys")
    with open_vault(tmp_path) as vault:
        assert len(vault.subjects()) == 1


def test_keys_without_their_vault_are_refused_until_that_is_accepted(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault:
        vault.enrol(profile(), [template()], entry(), 1)
    (tmp_path / "vault" / "palm.db").unlink()
    with pytest.raises(RolledBackError, match="is empty"):
        open_vault(tmp_path)
    with open_vault(tmp_path, accept_restored=True) as vault:
        assert (vault.cleared, vault.subjects()) == (1, [])


def test_keys_of_another_vault_are_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        open_vault(tmp_path / name).close()
    shutil.rmtree(tmp_path / "one" / "keys")
    shutil.copytree(tmp_path / "two" / "keys", tmp_path / "one" / "keys")
    with pytest.raises(VaultKeyError, match="keys of another vault"):
        open_vault(tmp_path / "one")


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    KeyFile(tmp_path / "keys")
    (tmp_path / "keys" / FILE_NAME).chmod(0o644)
    with pytest.raises(VaultKeyError, match="chmod 600"):
        KeyFile(tmp_path / "keys")


@pytest.mark.parametrize("text", [b"", b"{}", b'{"keys": []}', b'{"keys": [{"id": "1", "key": "AAAA"}]}', b"\xff"])
def test_a_damaged_key_file_is_refused_and_kept(tmp_path: Path, text: bytes) -> None:
    KeyFile(tmp_path / "keys")
    (tmp_path / "keys" / FILE_NAME).write_bytes(text)
    with pytest.raises(VaultKeyError):
        KeyFile(tmp_path / "keys")
    assert (tmp_path / "keys" / FILE_NAME).read_bytes() == text


def test_keys_of_the_environment_and_of_a_command(tmp_path: Path) -> None:
    assert keys_of_environment("PALM", {"PALM": f"{KEY} {OTHER}"}).newest == "one"
    assert keys_of_command(f"echo {OTHER}").newest == "two"
    for wrong in ("", "one", "one:AAAA", "a b:" + "A" * 43 + "="):
        with pytest.raises(VaultKeyError):
            KeyText(wrong, "the test")
    with pytest.raises(VaultKeyError, match="is not set"):
        keys_of_environment("PALM", {})
    with pytest.raises(VaultKeyError, match="ended with 1"):
        keys_of_command("false")
    with pytest.raises(VaultKeyError, match="cannot be run"):
        keys_of_command(str(tmp_path / "nothing"))


def test_keys_made_elsewhere_are_changed_by_putting_the_new_one_first(tmp_path: Path) -> None:
    def opened(text: str) -> PalmVault:
        return PalmVault.open(tmp_path / "vault", KeyText(text, "the test"), keys_folder=tmp_path / "keys")

    with opened(KEY) as vault:
        subject = vault.enrol(profile(), [template()], entry(), 1)
    with opened(f"{OTHER} {KEY}") as vault:
        vault.rotate(entry("palm.rotate"))
    with opened(OTHER) as vault:
        assert vault.templates(subject)[0].template == template()
    with pytest.raises(VaultKeyError, match="'two' is not there"):
        opened(KEY)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vault").mkdir()
    (tmp_path / "vault" / "palm.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(VaultError):
        open_vault(tmp_path)


def test_a_file_that_was_replaced_while_in_use_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "vault" / "palm.db"
    with open_vault(tmp_path) as vault:
        shutil.copy(path, tmp_path / "copy")
        shutil.move(tmp_path / "copy", path)
        with pytest.raises(VaultError, match="replaced while in use"):
            vault.enrol(profile(), [template()], entry(), 1)


@given(plain=st.binary(max_size=300), flip=st.integers(min_value=0, max_value=2**16), subject=st.text(max_size=10))
def test_a_seal_opens_at_its_place_only(plain: bytes, flip: int, subject: str) -> None:
    key, place = new_key(), Place("v", subject, "template", 3)
    sealed = seal(key, plain, place)
    assert open_sealed(key, sealed, Place("v", subject, "template", 3)) == plain
    at = flip % (8 * len(sealed))
    broken = bytearray(sealed)
    broken[at // 8] ^= 1 << at % 8
    for wrong_key, wrong, where in (
        (key, bytes(broken), place),
        (new_key(), sealed, place),
        (key, sealed, Place("v", subject, "template", 4)),
        (key, sealed, Place("v", subject, "profile", 3)),
        (key, sealed, Place("v", subject + "x", "template", 3)),
        (key, sealed, Place("w", subject, "template", 3)),
    ):
        with pytest.raises(TamperedError):
            open_sealed(wrong_key, wrong, where)


def test_what_may_be_done_once_is_written_down_with_the_person_or_nobody_is_kept() -> None:
    once = msgspec.structs.replace(entry("palm.home.used"), subject="an invitation")
    with PalmVault.open(None, KeyText(KEY, "the test")) as vault:
        name = vault.enrol(profile(), [template()], entry(), 1, once=once)
        with pytest.raises(DoneBeforeError, match=r"palm\.home\.used of an invitation"):
            vault.enrol(profile("ben"), [template()], entry(), 1, once=once)
        assert vault.subjects() == [name]
        assert [row.entry.what for row in vault.log(subject="an invitation")] == ["palm.home.used"]
        assert vault.verify_log().broken_at is None


def test_who_came_since_somebody_looked_is_not_erased() -> None:
    with PalmVault.open(None, KeyText(KEY, "the test")) as vault:
        name = vault.enrol(profile(), [template()], entry(), 10)
        assert vault.erase(name, entry(), unused_since=10) is None
        assert vault.erase(name, entry(), unconfirmed=True) is None
        vault.change(name, lambda one: msgspec.structs.replace(one, confirmed=False), entry())
        assert vault.erase(name, entry(), unused_since=10, unconfirmed=True) is None
        assert vault.subjects() == [name]
        assert vault.erase(name, entry(), unused_since=11, unconfirmed=True) is not None
        assert vault.subjects() == []
