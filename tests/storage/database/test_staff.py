"""Staff: names, passwords, the wait after wrong ones, and sessions."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.storage.database.made import HOSTILE
from tillfree.core.time import NS_PER_DAY, NS_PER_MINUTE
from tillfree.storage.database.database import FILE_NAME, Database
from tillfree.storage.database.errors import DatabaseError, LockedError
from tillfree.storage.database.staff import IDLE_NS, ROLES, SESSION_NS, TRIES_MAX, TRIES_WITHIN_NS, Role, User

GOOD, OTHER = "correct horse", "battery staple"
T0 = 1_800_000_000 * 10**9


@pytest.fixture
def staff(database: Database) -> Database:
    """A database in which Ann is a manager."""
    database.add_user("Ann", GOOD, "manager")
    return database


def wrong(database: Database, name: str, now_ns: int, times: int = 1) -> None:
    for _ in range(times):
        assert database.check_password(name, OTHER, now_ns) is None


def test_the_right_password_is_told_from_others(staff: Database) -> None:
    user = staff.check_password("Ann", GOOD)
    assert user is not None
    assert (user.name, user.role) == ("Ann", "manager")
    assert staff.check_password("ann", GOOD) == user
    for bad in (GOOD.upper(), GOOD + " ", GOOD[:-1], "", "x" * 100_000):
        assert staff.check_password("Ann", bad, T0) is None


@pytest.mark.parametrize("name", ["nobody", "", "Ann ", "Än", "x" * 65, *HOSTILE])
def test_other_names_have_no_password(staff: Database, name: str) -> None:
    assert staff.check_password(name, GOOD) is None
    assert staff.user(name) is None


def test_an_accent_is_the_same_however_it_was_typed(staff: Database) -> None:
    staff.set_password("Ann", "caf\u00e9 au lait")
    assert staff.check_password("Ann", "cafe\u0301 au lait") is not None


@pytest.mark.parametrize("role", ROLES)
def test_everybody_has_a_role(database: Database, role: Role) -> None:
    user = database.add_user("a.b_c@d-1", GOOD, role)
    assert database.users() == [user]
    assert database.user("A.B_C@D-1") == user == User(name="a.b_c@d-1", role=role, created_ns=user.created_ns)


@pytest.mark.parametrize(
    "name", ["", "x" * 65, "a b", "a\n", "Jörg", "../x", *(text for text in HOSTILE if text != "_")]
)
def test_names_that_are_not_allowed(database: Database, name: str) -> None:
    with pytest.raises(DatabaseError, match="choose another name"):
        database.add_user(name, GOOD, "viewer")
    assert database.users() == []


@pytest.mark.parametrize("password", ["", "123456789", "x" * 1025])
def test_passwords_that_are_not_allowed(staff: Database, password: str) -> None:
    with pytest.raises(DatabaseError, match="10 to 1024 characters"):
        staff.add_user("bob", password, "viewer")
    with pytest.raises(DatabaseError, match="10 to 1024 characters"):
        staff.set_password("Ann", password)
    assert staff.check_password("Ann", GOOD) is not None
    assert len(staff.users()) == 1


def test_a_role_that_there_is_not(staff: Database) -> None:
    with pytest.raises(DatabaseError, match="choose one of viewer, associate, manager, engineer"):
        staff.add_user("bob", GOOD, "root")  # type: ignore[arg-type]
    with pytest.raises(DatabaseError, match="no such role"):
        staff.set_role("Ann", "root")  # type: ignore[arg-type]


def test_a_name_is_taken_in_any_case(staff: Database) -> None:
    with pytest.raises(DatabaseError, match="there is one already"):
        staff.add_user("ANN", OTHER, "viewer")
    assert staff.check_password("Ann", GOOD) is not None


def test_changing_somebody_unknown_is_an_error(staff: Database) -> None:
    with pytest.raises(DatabaseError, match="no user 'bob'"):
        staff.set_password("bob", GOOD)
    with pytest.raises(DatabaseError, match="no user 'bob'"):
        staff.set_role("bob", "viewer")
    with pytest.raises(DatabaseError, match="no user 'bob'"):
        staff.remove_user("bob")
    with pytest.raises(DatabaseError, match="no user 'bob'"):
        staff.open_session("bob", T0)


def test_a_new_password_replaces_the_old(staff: Database) -> None:
    staff.set_password("ann", OTHER)
    assert staff.check_password("Ann", OTHER) is not None
    assert staff.check_password("Ann", GOOD) is None


def test_who_was_removed_is_gone(staff: Database) -> None:
    staff.remove_user("ann")
    assert staff.users() == []
    assert staff.check_password("Ann", GOOD) is None
    staff.add_user("Ann", OTHER, "viewer")
    assert staff.check_password("Ann", GOOD) is None


# ---- wrong passwords --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Ann", "nobody"])
def test_after_some_wrong_passwords_a_name_waits_whether_it_exists_or_not(staff: Database, name: str) -> None:
    for place in range(TRIES_MAX):
        wrong(staff, name, T0 + place * NS_PER_MINUTE // 2)
    later = T0 + 3 * NS_PER_MINUTE
    for typed in (GOOD, OTHER):
        with pytest.raises(LockedError, match="wait") as caught:
            staff.check_password(name.upper(), typed, later)
        assert caught.value.until_ns == T0 + TRIES_WITHIN_NS
    assert staff.check_password("bob", GOOD, later) is None  # others need not wait


def test_the_wait_ends(staff: Database) -> None:
    wrong(staff, "Ann", T0, TRIES_MAX)
    with pytest.raises(LockedError):
        staff.check_password("Ann", GOOD, T0 + TRIES_WITHIN_NS - 1)
    assert staff.check_password("Ann", GOOD, T0 + TRIES_WITHIN_NS) is not None


def test_the_right_password_makes_wrong_ones_forgotten(staff: Database) -> None:
    for _ in range(3):
        wrong(staff, "Ann", T0, TRIES_MAX - 1)
        assert staff.check_password("Ann", GOOD, T0) is not None


def test_wrong_passwords_long_apart_do_not_add_up(staff: Database) -> None:
    for place in range(TRIES_MAX + 3):
        wrong(staff, "Ann", T0 + place * TRIES_WITHIN_NS // (TRIES_MAX - 1))


def test_a_new_password_ends_the_wait(staff: Database) -> None:
    wrong(staff, "Ann", T0, TRIES_MAX)
    staff.set_password("Ann", OTHER)
    assert staff.check_password("Ann", OTHER, T0) is not None


def test_a_clock_that_is_set_back_locks_nobody_out(staff: Database) -> None:
    wrong(staff, "Ann", T0, TRIES_MAX)
    assert staff.check_password("Ann", GOOD, T0 - NS_PER_DAY) is not None


def test_many_tries_at_once_are_many_tries(staff: Database) -> None:
    def attempt(_: int) -> bool:
        try:
            staff.check_password("Ann", OTHER, T0)
        except LockedError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        heard = list(pool.map(attempt, range(16)))
    assert sum(heard) == TRIES_MAX


# ---- sessions ---------------------------------------------------------------------------------------------------


def test_a_session_says_who_it_is(staff: Database) -> None:
    token = staff.open_session("ann", T0)
    assert len(token) >= 43
    session = staff.session(token, T0 + 5)
    assert session is not None
    assert (session.name, session.role, session.opened_ns) == ("Ann", "manager", T0)
    assert session.expires_ns == T0 + 5 + IDLE_NS
    assert token != staff.open_session("ann", T0)


@pytest.mark.parametrize("token", ["", "x", "x" * 100_000, "\ud800", *HOSTILE])
def test_a_token_that_nobody_was_given(staff: Database, token: str) -> None:
    staff.open_session("Ann", T0)
    assert staff.session(token, T0) is None
    staff.close_session(token)


def test_a_session_ends_when_idle(staff: Database) -> None:
    token = staff.open_session("Ann", T0)
    seen = T0 + IDLE_NS - 1
    assert staff.session(token, seen) is not None
    assert staff.session(token, seen + IDLE_NS - 1) is not None
    assert staff.session(token, seen + 2 * IDLE_NS) is None
    assert staff.session(token, T0 + IDLE_NS) is not None  # a clock set back: the row is there until it is erased


def test_a_session_ends_after_a_working_day(staff: Database) -> None:
    token = staff.open_session("Ann", T0)
    for now_ns in range(T0, T0 + SESSION_NS, IDLE_NS // 2):
        assert staff.session(token, now_ns) is not None
    session = staff.session(token, T0 + SESSION_NS - 1)
    assert session is not None
    assert session.expires_ns == T0 + SESSION_NS
    assert staff.session(token, T0 + SESSION_NS) is None


def test_signing_out(staff: Database) -> None:
    token, other = staff.open_session("Ann", T0), staff.open_session("Ann", T0)
    staff.close_session(token)
    assert staff.session(token, T0) is None
    assert staff.session(other, T0) is not None


@pytest.mark.parametrize("change", ["password", "role", "removed"])
def test_changes_end_sessions(staff: Database, change: str) -> None:
    staff.add_user("bob", GOOD, "viewer")
    token, of_bob = staff.open_session("Ann", T0), staff.open_session("bob", T0)
    match change:
        case "password":
            staff.set_password("ann", OTHER)
        case "role":
            staff.set_role("ann", "viewer")
        case _:
            staff.remove_user("ann")
            staff.add_user("ann", GOOD, "manager")
    assert staff.session(token, T0) is None
    assert staff.session(of_bob, T0) is not None


def test_neither_token_nor_password_is_in_the_file(filed: Database, tmp_path: Path) -> None:
    filed.add_user("Ann", GOOD, "manager")
    token = filed.open_session("Ann", T0)
    filed.check_password("Ann", GOOD, T0)
    filed.close()
    data = (tmp_path / "data" / FILE_NAME).read_bytes()
    assert b"Ann" in data
    assert token.encode() not in data
    assert GOOD.encode() not in data


def test_the_parameters_of_the_hash_are_those_that_were_kept(filed: Database, tmp_path: Path) -> None:
    filed.add_user("Ann", GOOD, "manager")
    raw = sqlite3.connect(tmp_path / "data" / FILE_NAME)
    assert raw.execute("SELECT n, r, p, length(salt), length(hash) FROM users").fetchall() == [(2**14, 8, 1, 16, 64)]
    with raw:
        raw.execute("UPDATE users SET n = 1024")
    raw.close()
    assert filed.check_password("Ann", GOOD) is None
