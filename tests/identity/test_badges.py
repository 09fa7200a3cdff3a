"""The list of badges as a file."""

import pytest

from tillfree.identity.badges import Badge, read_badges
from tillfree.identity.errors import IdentityError


def test_a_list_of_badges() -> None:
    heading = "\ufeffbadge,account,paid_by,active,any_time,age_years,role\n"
    data = heading + "B1,E7,badge account,no,yes,40,associate\n\nB2,E8,,,,,\n"
    assert read_badges(data.encode()) == (
        Badge(
            badge="B1",
            account="E7",
            paid_by="badge account",
            active=False,
            any_time=True,
            age_years=40,
            role="associate",
        ),
        Badge(badge="B2", account="E8"),
    )


def test_only_two_columns_are_needed() -> None:
    assert read_badges(b"account,badge\nE7,B1\n") == (Badge(badge="B1", account="E7"),)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "line 1: the heading is missing"),
        (b"badge\nB1\n", "wanted are badge and account"),
        (b"badge,account,name\n", "wanted are badge and account"),
        (b"badge,account,badge\n", "each once"),
        (b"badge,account\nB1\n", "line 2: has 1 cells, the heading 2"),
        (b"badge,account\nB1,E7\nB1,E8\n", "line 3: badge 'B1' is there twice"),
        (b"badge,account\nB 1,E7\n", "line 2: badge 'B 1' is not"),
        (b"badge,account,active\nB1,E7,maybe\n", "line 2: 'maybe' is neither yes nor no"),
        (b"badge,account,paid_by\nB1,E7,cash\n", "line 2: paid_by 'cash' is neither"),
        (b"badge,account,age_years\nB1,E7,-1\n", "line 2: age_years '-1' is not"),
        (b"badge,account\n\xff,E7\n", "no CSV in UTF-8"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(data: bytes, said: str) -> None:
    with pytest.raises(IdentityError, match=r"file\.csv") as caught:
        read_badges(data, "file.csv")
    assert said in str(caught.value)
