"""What a search finds people by is kept beside their templates, and never longer than these."""

import sqlite3
from pathlib import Path

import pytest

from tests.storage.palm_vault.vaults import MARK, entry, files_hold, numbers_of, open_vault, profile, sketched, template
from tillfree.storage.palm_vault.errors import TamperedError
from tillfree.storage.palm_vault.key_rooms import KeyText
from tillfree.storage.palm_vault.rows import Sketch
from tillfree.storage.palm_vault.vault import PalmVault

SECRET = b"a sketch that nobody may read, of some length"


def two_people(vault: PalmVault) -> tuple[str, str]:
    first, second = (vault.enrol(profile(), [template()] * 3, entry(), 1) for _ in range(2))
    assert vault.keep_sketches(sketched(vault, [first, second])) == 2
    return first, second


def test_pages_in_order_and_who_has_none() -> None:
    with PalmVault.open(None, open_keys()) as vault:
        names = vault.enrol_many([(profile(), [template()])] * 5 + [(profile(), [])], entry(), 1)
        assert vault.without_sketch() == names[:5]
        assert vault.keep_sketches(sketched(vault, names[:4])) == 4
        first = vault.sketches(limit=3)
        rest = vault.sketches(after=first[-1][0], limit=3)
        assert [name for name, _ in [*first, *rest]] == sorted(names[:4])
        assert all(data == numbers_of(vault, name) for name, data in first)
        assert vault.without_sketch() == [names[4]]


@pytest.mark.parametrize("act", ["erase", "add", "instead", "revoke"])
def test_a_sketch_goes_with_what_it_was_made_from(tmp_path: Path, act: str) -> None:
    with open_vault(tmp_path) as vault:
        ann, ben = two_people(vault)
        (old,) = (row for name, row in raw_sketches(tmp_path) if name == ann)
        match act:
            case "erase":
                vault.erase(ann, entry())
            case "add" | "instead":
                vault.change(ann, lambda one: one, entry(), templates=[template()], instead=act == "instead")
            case "revoke":
                vault.revoke_all(entry())
        assert [name for name, _ in vault.sketches()] == ([] if act == "revoke" else [ben])
    assert files_hold(tmp_path, old) == []


def test_a_sketch_of_what_somebody_was_before_is_not_kept() -> None:
    with PalmVault.open(None, open_keys()) as vault:
        ann = vault.enrol(profile(), [template()], entry(), 1)
        old = sketched(vault, [ann])
        vault.change(ann, lambda one: one, entry(), templates=[template()])
        assert vault.keep_sketches({**old, "nobody": Sketch(b"", b"")}) == 0
        assert vault.sketches() == []
        vault.erase(ann, entry())
        assert vault.keep_sketches(old) == 0


def test_a_change_of_links_alone_leaves_it() -> None:
    with PalmVault.open(None, open_keys()) as vault:
        ann, _ = two_people(vault)
        vault.change(ann, lambda _: profile("other"), entry())
        vault.rotate(entry())
        assert dict(vault.sketches())[ann] == numbers_of(vault, ann)


def test_it_is_sealed_and_one_of_somebody_else_opens_nothing(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault:
        ann, ben = two_people(vault)
        state = vault.templates_of([ann]).state[ann]
        vault.keep_sketches({ann: Sketch(SECRET, state)})
        assert dict(vault.sketches())[ann] == SECRET
        assert files_hold(tmp_path, SECRET) == []
        assert "nobody may read" not in repr(Sketch(SECRET, state))
        rows = dict(raw_sketches(tmp_path))
        change(tmp_path, "UPDATE sketches SET sealed = ? WHERE subject = ?", rows[ben], ann)
        assert dict(vault.sketches())[ann] is None
        change(tmp_path, "INSERT INTO sketches VALUES (?, ?)", "nobody", rows[ben])
        assert dict(vault.sketches())["nobody"] is None


def test_the_damage_of_one_person_is_told_apart() -> None:
    with PalmVault.open(None, open_keys()) as vault:
        ann, ben = two_people(vault)
        vault._connection.execute("UPDATE templates SET sealed = x'00' WHERE subject = ?", (ann,))
        opened = vault.templates_of([ann, "nobody", ben])
        assert (list(opened.templates), list(opened.broken)) == ([ben], [ann])
        assert isinstance(opened.broken[ann], TamperedError)
        assert opened.templates[ben][0].template.data == MARK


def test_the_log_says_of_whom_there_is_news(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault:
        ann, ben = two_people(vault)
        number, all_of_them = vault.changed_since(0)
        assert set(all_of_them) == {ann, ben}
        vault.erase(ben, entry())
        vault.change(ann, lambda one: one, entry())
        vault.note_use(ann, 9)
        newest, changed = vault.changed_since(number)
        assert set(changed) == {ann, ben}
        assert vault.changed_since(newest) == (newest, [])


def test_a_vault_that_is_older_than_sketches_gets_them(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault:
        ann, _ = two_people(vault)
    change(tmp_path, "DROP TABLE sketches")
    with open_vault(tmp_path) as vault:
        assert ann in vault.without_sketch()
        assert vault.keep_sketches(sketched(vault, [ann])) == 1


def test_after_an_older_copy_was_accepted_everybody_is_looked_at_again(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault:
        ann, ben = two_people(vault)
        copy = (tmp_path / "vault" / "palm.db").read_bytes()
        vault.erase(ann, entry())
        epoch = vault.generation()[1]
    (tmp_path / "vault" / "palm.db").write_bytes(copy)
    with open_vault(tmp_path, accept_restored=True) as vault:
        assert [name for name, _ in vault.sketches()] == [ben]
        assert vault.generation()[1] > epoch


def open_keys() -> KeyText:
    return KeyText("test:" + "A" * 43 + "=", "the test")


def raw_sketches(folder: Path) -> list[tuple[str, bytes]]:
    raw = sqlite3.connect(folder / "vault" / "palm.db")
    rows = raw.execute("SELECT subject, sealed FROM sketches").fetchall()
    raw.close()
    return rows


def change(folder: Path, statement: str, *values: object) -> None:
    raw = sqlite3.connect(folder / "vault" / "palm.db", isolation_level=None)
    raw.execute(statement, values)
    raw.close()
