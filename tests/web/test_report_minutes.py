"""Minutes added up: opening, waiting, occupancy and the floor."""

from zoneinfo import ZoneInfo

import pytest

from tillfree.core.ids import FixtureId
from tillfree.core.time import NS_PER_MINUTE
from tillfree.storage.database.records import Minute
from tillfree.web.reports.minutes import add_up

_NOON_NS = 1_893_499_200 * 10**9
_UTC = ZoneInfo("UTC")


def minute(number: int, people: int = 1, **more: object) -> Minute:
    return Minute(
        begin_ns=_NOON_NS + number * NS_PER_MINUTE,
        occupancy_max=people,
        occupancy_mean=people / 2,
        **more,  # type: ignore[arg-type]
    )


def test_nothing_adds_up_to_nothing() -> None:
    sums = add_up([], _UTC)
    assert (sums.minutes, sums.free, sums.days, sums.cells) == (0, 0, 0, {})
    assert add_up([[]], _UTC).minutes == 0


def test_the_shop_is_open_from_the_first_to_the_last_minute_with_anybody() -> None:
    sums = add_up([[minute(0, 0), minute(1), minute(2, 0), minute(3, 0), minute(4), minute(5, 0)]], _UTC)
    assert (sums.minutes, sums.free, sums.days) == (4, 4, 1)
    assert sums.hours[12].occupancy_mean == 0.25


def test_the_night_between_two_days_is_no_opening() -> None:
    late, early = minute(11 * 60), minute(20 * 60)
    night = [minute(11 * 60 + k, 0) for k in range(1, 9 * 60)]
    sums = add_up([[late, *night, early]], _UTC)
    assert (sums.minutes, sums.days) == (2, 2)


def test_a_minute_is_queue_free_unless_somebody_stood_longer_than_ten_seconds() -> None:
    sums = add_up([[minute(0, door_wait_s=10.0), minute(1, door_wait_s=10.1), minute(2)]], _UTC)
    assert (sums.minutes, sums.free, sums.wait_max_s) == (3, 2, 10.1)


def test_hours_are_those_of_the_store() -> None:
    in_india = add_up([[minute(0), minute(30)]], ZoneInfo("Asia/Kolkata"))
    assert [hour for hour in range(24) if in_india.hours[hour].minutes] == [17, 18]


def test_the_floor_adds_up_over_parts() -> None:
    one = minute(
        0, entries=2, exits=1, cells={5: 1.5, -3: 2.0}, dwell_s={FixtureId("1"): 3.0}, reaches={FixtureId("1"): 2}
    )
    two = minute(1, 3, entries=1, cells={5: 0.5}, dwell_s={FixtureId("2"): 1.0}, reaches={FixtureId("1"): 1})
    for parts in ([[one, two]], [[one], [two]]):
        sums = add_up(parts, _UTC)
        assert sums.cells == pytest.approx({5: 2.0, -3: 2.0})
        assert sums.dwell_s == {"1": 3.0, "2": 1.0}
        assert sums.reaches == {"1": 3}
        assert (sums.hours[12].entries, sums.hours[12].exits, sums.hours[12].occupancy_max) == (3, 1, 3)
