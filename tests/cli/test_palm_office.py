"""The commands that keep the vault of palms in order."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.storage.palm_vault.vaults import entry, files_hold, profile, template
from tillfree.cli.main import main
from tillfree.store.palms.making import open_palm_vault
from tillfree.store.palms.settings import PalmSettings

SETTINGS = PalmSettings()


def kept(folder: Path) -> str:
    with open_palm_vault(SETTINGS, folder, {}) as vault:
        return vault.enrol(profile(), [template()], entry("palm.enrol"), 20_000)


def ran(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(["palm", *arguments]) == code
    out = capsys.readouterr()
    return out.out if code in (0, 1) else out.err


def test_somebody_is_exported_and_forgotten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    palm, data = kept(tmp_path), ("--data", str(tmp_path))
    assert "1 persons with 1 templates" in ran(capsys, "count", *data)
    found = json.loads(ran(capsys, "export", palm, *data))
    assert (found["palm"], found["account"], len(found["templates"])) == (palm, "ann", 1)
    assert ran(capsys, "export", palm, *data, "-o", str(tmp_path / "ann.json")) == ""
    assert json.loads((tmp_path / "ann.json").read_bytes())["palm"] == palm
    assert "the key is destroyed, 1 templates are erased" in ran(capsys, "delete", palm, *data)
    assert "there is no palm" in ran(capsys, "delete", palm, *data, code=2)
    assert files_hold(tmp_path, b"tok_ann") == []


def test_keys_are_rotated_and_all_is_revoked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    palm, data = kept(tmp_path), ("--data", str(tmp_path))
    assert "5 keys are wrapped anew" in ran(capsys, "rotate-keys", *data)
    assert "1 persons keep their links" in ran(capsys, "revoke-all", "--why", "a drill", *data)
    assert "0 persons with 0 templates, 1 who wait" in ran(capsys, "count", *data)
    said = ran(capsys, "log", *data)
    assert "command line: palm.revoke all" in said
    with open_palm_vault(SETTINGS, tmp_path, {}) as vault:
        assert vault.profile(palm) == profile()
        head = vault.verify_log().head
    assert "3 entries hold" in ran(capsys, "log", "--head", head, *data)
    assert "never had this head" in ran(capsys, "log", "--head", "0" * 64, *data, code=1)


def test_the_inactive_are_forgotten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept(tmp_path)
    data = ("--data", str(tmp_path))
    assert "1 persons were not seen for 365 days" in ran(capsys, "forget-inactive", *data)
    assert "0 persons were not seen" in ran(capsys, "forget-inactive", *data)


def test_a_copy_that_was_put_back_has_to_be_accepted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    palm, data = kept(tmp_path), ("--data", str(tmp_path))
    backup = (tmp_path / "palm.db").read_bytes()
    ran(capsys, "delete", palm, *data)
    (tmp_path / "palm.db").write_bytes(backup)
    assert "is an older copy" in ran(capsys, "count", *data, code=2)
    assert "what was left of 1 persons is erased" in ran(capsys, "accept-restored", *data)
    assert "0 persons" in ran(capsys, "count", *data)


def test_stations_are_trusted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", str(tmp_path))
    key = base64.b64encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode()
    assert ran(capsys, "stations", "--trust", "north", key, *data).startswith(f"north {key} since ")
    assert "32 bytes" in ran(capsys, "stations", "--trust", "south", "A", *data, code=2)
    assert ran(capsys, "stations", "--distrust", "north", *data) == ""


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no such folder" in ran(capsys, "count", "--data", str(tmp_path / "nothing"), code=2)


def test_keys_may_come_from_the_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "store.toml").write_text('version = 1\n[palm]\nkey_source = "environment"\n')
    arguments = ("count", "--data", str(tmp_path), "--settings", str(tmp_path / "store.toml"))
    assert "TILLFREE_PALM_KEY is not set" in ran(capsys, *arguments, code=2)
    monkeypatch.setenv("TILLFREE_PALM_KEY", "one:" + base64.b64encode(b"k" * 32).decode())
    assert "0 persons" in ran(capsys, *arguments)
    assert not (tmp_path / "palm-keys" / "wrapping-keys.json").exists()


def test_the_notice_is_printed_without_any_station(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "store.toml"
    settings.write_text(
        'version = 1\nname = "Corner shop"\n[palm]\nnotice_version = "4"\n[palm.notice]\nlaws = ["cubi"]\n'
        'language = "fr"\n',
        encoding="utf-8",
    )
    assert main(["palm", "notice", "--settings", str(settings)]) == 0
    out = capsys.readouterr()
    assert out.out.startswith("# Ce qui se passe\n\n")
    assert "Corner shop." in out.out
    assert "version 4 of the notice, language fr, laws cubi; no legal advice" in out.err
    written = tmp_path / "notice.txt"
    assert main(["palm", "notice", "--language", "es", "-o", str(written)]) == 0
    assert written.read_text(encoding="utf-8").startswith("# Qué ocurre\n\n")
    capsys.readouterr()
    assert main(["palm", "notice", "--language", "pl"]) == 2
    assert "the notice is there in en, de, es, fr" in capsys.readouterr().err
    before = settings.read_bytes()
    assert main(["palm", "notice", "--settings", str(settings), "-o", str(settings)]) == 2
    assert settings.read_bytes() == before
