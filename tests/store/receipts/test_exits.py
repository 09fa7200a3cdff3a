"""The screen at the exit: so long, at the right gate, and numbers that lead to one receipt, once."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from tillfree.core.ids import TripId
from tillfree.store.receipts.exits import ExitBoard

NOW, S = 1_800_000_000_000_000_000, 10**9


def counting() -> Callable[[int], int]:
    """Numbers 0, 0, 1, 1, 2, 2, ... as if chance repeated itself."""
    made = -1

    def below(most: int) -> int:
        nonlocal made
        made += 1
        return made // 2 % most

    return below


def test_a_receipt_is_shown_so_long_and_its_number_known_longer() -> None:
    board = ExitBoard(20, 5)
    made = board.add(TripId("t"), "g1", "secret", NOW)
    assert made is not None
    assert board.showing("g1", NOW) == board.showing("", NOW + 20 * S - 1) == [made]
    assert board.showing("g2", NOW) == board.showing("g1", NOW + 20 * S) == []
    assert board.known(made.number, NOW + 300 * S - 1) == made
    assert board.known(made.number, NOW + 300 * S) is None


def test_the_newest_is_first_and_a_crowd_does_not_fill_the_screen() -> None:
    board = ExitBoard(20, 5)
    for second in range(10):
        board.add(TripId(f"t{second}"), "g1", "s", NOW + second * S)
    assert [one.trip for one in board.showing("g1", NOW + 10 * S)] == [f"t{second}" for second in range(9, 3, -1)]


def test_no_two_receipts_have_one_number_however_chance_falls() -> None:
    board = ExitBoard(20, 5, counting())
    numbers = [made.number for n in range(50) if (made := board.add(TripId(f"t{n}"), "g", "s", NOW)) is not None]
    assert len(set(numbers)) == 50
    assert numbers[:3] == ["0000", "0001", "0002"]


def test_a_used_number_leads_nowhere() -> None:
    board = ExitBoard(20, 5)
    made = board.add(TripId("t"), "g1", "secret", NOW)
    assert made is not None
    board.used(made.number)
    board.used(made.number)
    assert board.known(made.number, NOW) is None


def test_guessing_is_noticed_and_forgiven_after_a_minute() -> None:
    board = ExitBoard(20, 5)
    for number in range(29):
        board.known(f"x{number}", NOW)
    assert not board.is_guessed_at(NOW)
    board.known("x", NOW)
    assert board.is_guessed_at(NOW)
    assert not board.is_guessed_at(NOW + 60 * S)


def test_more_receipts_than_a_shop_can_have_get_no_number() -> None:
    board = ExitBoard(20, 5)
    made = [board.add(TripId(str(n)), "g", "s", NOW) for n in range(2001)]
    assert made[-1] is None
    assert all(one is not None for one in made[:-1])


@given(st.lists(st.tuples(st.sampled_from(["add", "use", "wait"]), st.integers(0, 400)), max_size=60))
def test_whatever_happens_each_number_is_of_one_trip(steps: list[tuple[str, int]]) -> None:
    board, now_ns, known = ExitBoard(20, 5), NOW, {}
    for step, (what, value) in enumerate(steps):
        if what == "add":
            made = board.add(TripId(f"t{step}"), "g", f"s{step}", now_ns)
            assert made is not None
            assert board.known(made.number, now_ns) == made
            known[made.number] = made
        elif what == "use" and known:
            board.used(known.pop(sorted(known)[value % len(known)]).number)
        else:
            now_ns += value * S
            known = {n: one for n, one in known.items() if now_ns < one.since_ns + 300 * S}
        assert {n: board.known(n, now_ns) for n in known} == known
        assert set(board.showing("", now_ns)) <= set(known.values())
