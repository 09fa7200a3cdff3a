"""Keys of other systems, and answers that were given before."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.storage.database.made import HOSTILE
from tillfree.storage.database.connection import Question
from tillfree.storage.database.database import FILE_NAME, Database
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.integration import keys
from tillfree.storage.database.integration.answers import KEPT_NS, STUCK_NS, GivenAnswer

ANSWER = GivenAnswer(status=202, headers={"etag": '"x"'}, media_type="application/json", body=b"{}")


# ---- keys -------------------------------------------------------------------------------------------------------


def test_a_key_opens_until_it_is_revoked(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        made = database.add_api_key("till", ("b:read", "a:read", "b:read"), "me", 5, per_minute=7)
        assert made.key.scopes == ("a:read", "b:read")
        assert database.api_key_of(made.secret) == made.key
    with Database.open(tmp_path) as database:
        assert database.api_key_of(made.secret) == made.key
        assert database.api_keys() == [made.key]
        assert database.revoke_api_key(made.key.id)
        assert not database.revoke_api_key(made.key.id)
        assert not database.revoke_api_key("nobody")
        assert database.api_key_of(made.secret) is None
        assert [key.revoked for key in database.api_keys()] == [True]


def test_the_secret_is_kept_nowhere(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        made = database.add_api_key("till", ("a:read",), "me", 5)
        assert made.secret not in repr(made)
    random = made.secret.rpartition("_")[2].encode()
    for path in tmp_path.iterdir():
        assert random not in path.read_bytes(), path
    assert (tmp_path / FILE_NAME).exists()


@given(st.text(max_size=80) | st.from_regex(r"tf_[a-z0-9]{12}_[A-Za-z0-9_-]{43}", fullmatch=True))
def test_nothing_else_opens(text: str) -> None:
    with Database.open(":memory:") as database:
        made = database.add_api_key("till", ("a:read",), "me", 5)
        assert database.api_key_of(text) is None
        assert database.api_key_of(f"tf_{made.key.id}_" + "x" * 43) is None
        assert database.api_key_of(made.secret + "\n") is None


def test_two_keys_are_two(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        one, other = (database.add_api_key("till", ("a:read",), "me", 5) for _ in range(2))
        assert one.secret != other.secret
        mixed = f"tf_{one.key.id}_{other.secret.split('_', 2)[2]}"
        assert database.api_key_of(mixed) is None


@pytest.mark.parametrize(
    ("name", "scopes", "per_minute"),
    [("", ("a",), 1), ("  ", ("a",), 1), ("x" * 101, ("a",), 1), ("a\nb", ("a",), 1), ("x", (), 1), ("x", ("a",), 0)],
)
def test_a_key_needs_a_name_something_to_do_and_a_limit(name: str, scopes: tuple[str, ...], per_minute: int) -> None:
    with Database.open(":memory:") as database, pytest.raises(DatabaseError, match="give"):
        database.add_api_key(name, scopes, "me", 5, per_minute=per_minute)


# ---- answers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["k", *HOSTILE])
def test_an_answer_is_given_again(key: str) -> None:
    with Database.open(":memory:") as database:
        assert database.begin_answer("a", key, b"1", 0) == "begun"
        assert database.begin_answer("a", key, b"1", 1) == "in flight"
        assert database.begin_answer("a", key, b"2", 1) == "other"
        assert database.begin_answer("b", key, b"2", 1) == "begun"
        database.finish_answer("a", key, ANSWER)
        assert database.begin_answer("a", key, b"1", 2) == ANSWER
        assert database.begin_answer("a", key, b"2", 2) == "other"


def test_a_try_that_failed_leaves_nothing_and_one_that_was_killed_a_minute() -> None:
    with Database.open(":memory:") as database:
        database.begin_answer("a", "k", b"1", 0)
        database.drop_answer("a", "k")
        assert database.begin_answer("a", "k", b"2", 0) == "begun"
        assert database.begin_answer("a", "k", b"2", STUCK_NS - 1) == "in flight"
        assert database.begin_answer("a", "k", b"2", STUCK_NS) == "begun"
        assert database.begin_answer("a", "k", b"2", STUCK_NS + 1) == "in flight"


def test_an_answer_that_was_given_is_not_dropped_and_is_kept_a_day() -> None:
    with Database.open(":memory:") as database:
        database.begin_answer("a", "k", b"1", 0)
        database.finish_answer("a", "k", ANSWER)
        database.drop_answer("a", "k")
        assert database.begin_answer("a", "k", b"1", KEPT_NS - 1) == ANSWER
        assert database.begin_answer("a", "k", b"1", KEPT_NS) == "begun"


def test_of_many_at_once_one_begins(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        said: list[object] = []
        threads = [
            threading.Thread(target=lambda: said.append(database.begin_answer("a", "k", b"1", 0))) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(map(str, said)) == ["begun"] + ["in flight"] * 7


def test_a_remembered_key_is_forgotten_when_it_is_revoked_here(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        made = database.add_api_key("till", ("a:read",), "me", 5)
        assert database.remembered_api_key(made.secret) is None, "only one that was looked up is remembered"
        assert database.api_key_of(made.secret) == database.remembered_api_key(made.secret) == made.key
        database.note_api_key_use(made.key.id, 77)
        again = database.remembered_api_key(made.secret)
        assert again is not None
        assert again.used_ns == 77
        assert database.revoke_api_key(made.key.id)
        assert database.remembered_api_key(made.secret) is None


def test_a_key_that_another_process_revokes_is_remembered_for_seconds_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now_s[0])
    with Database.open(tmp_path) as database, Database.open(tmp_path) as other:
        made = database.add_api_key("till", ("a:read",), "me", 5)
        assert database.api_key_of(made.secret) == made.key
        assert other.revoke_api_key(made.key.id)
        now_s[0] += keys.REMEMBERED_S
        assert database.remembered_api_key(made.secret) is None
        assert database.api_key_of(made.secret) is None


def test_a_key_that_is_revoked_while_it_is_looked_up_is_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Database.open(tmp_path) as database:
        made = database.add_api_key("till", ("a:read",), "me", 5)
        read = keys._key

        def slowly(row: Any) -> keys.ApiKey:
            found = read(row)
            assert database.revoke_api_key(made.key.id)
            return found

        monkeypatch.setattr(keys, "_key", slowly)
        assert database.api_key_of(made.secret) is not None, "it was good when it was read"
        assert database.remembered_api_key(made.secret) is None


@given(st.text(max_size=80))
def test_nothing_else_is_remembered(text: str) -> None:
    with Database.open(":memory:") as database:
        made = database.add_api_key("till", ("a:read",), "me", 5)
        assert database.api_key_of(made.secret) == made.key
        assert database.remembered_api_key(text) is None


def test_what_waits_less_for_the_disk_leaves_everything_else_as_it_was(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        assert database.begin_answer("me", "key", b"print", 5) == "begun"
        assert database._rows(Question("PRAGMA synchronous", {}), {}) == [(2,)], "FULL, on the connection just used"
