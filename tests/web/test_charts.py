"""Plots as geometry."""

import math

import pytest

from tillfree.web.charts import PLOT_PX, Bar, column_chart, nice_top, row_chart
from tillfree.web.reports.heat import cell_place, heat_map


@pytest.mark.parametrize(
    ("value", "top"), [(1, 1), (1.01, 2), (2.5, 4), (5, 5), (5.1, 10), (99, 100), (0.03, 0.04), (123_456, 200_000)]
)
def test_scales_end_at_numbers_that_are_easy_to_read(value: float, top: float) -> None:
    assert nice_top(value) == pytest.approx(top)


def test_columns_fill_the_width_and_their_heights_are_in_proportion() -> None:
    chart = column_chart("Sales", [Bar("a", 5.0, "5.00"), Bar("b", 10.0, "10.00"), Bar("c", 0.0, "0.00")])
    assert chart is not None
    assert [column.height_px for column in chart.columns] == [PLOT_PX / 2, PLOT_PX, 0]
    assert all(column.y_px + column.height_px == PLOT_PX for column in chart.columns)
    last = chart.columns[-1]
    assert 0 < chart.columns[0].x < last.x + last.width < 100
    assert chart.told == "Sales. b: 10.00"


@pytest.mark.parametrize("bars", [[], [Bar("a", 0.0, "0")], [Bar("a", math.nan, "–")], [Bar("a", -3.0, "-3")]])
def test_nothing_to_see_is_no_chart(bars: list[Bar]) -> None:
    assert column_chart("Sales", bars) is None


def test_of_many_labels_only_some_are_shown() -> None:
    chart = column_chart("Hours", [Bar(f"{hour}:00", 1.0, "1", short=str(hour)) for hour in range(24)])
    assert chart is not None
    shown = [column.label for column in chart.columns if column.label]
    assert shown == ["0", "3", "6", "9", "12", "15", "18", "21"]


def test_rows_are_shares_of_the_longest() -> None:
    chart = row_chart("Best", "Sales", [Bar("a", 4.0, "4"), Bar("b", 1.0, "1"), Bar("c", -1.0, "-1")])
    assert chart is not None
    assert [row.share for row in chart.rows] == [100.0, 25.0, 0.0]
    assert row_chart("Best", "Sales", []) is None
    nothing = row_chart("Best", "Sales", [Bar("a", 0.0, "0")])
    assert nothing is not None
    assert nothing.rows[0].share == 0.0


@pytest.mark.parametrize(
    ("column", "row"), [(0, 0), (3, 7), (-1, -1), (-4999, 4999), (4999, -4999), (0, -1), (-1, 0), (-4999, -4999)]
)
def test_cells_lie_where_the_store_counted_them(column: int, row: int) -> None:
    assert cell_place(column * 10_000 + row) == (column * 0.5, row * 0.5)


def test_heat_has_few_steps_and_the_busiest_cell_the_last() -> None:
    found = heat_map({0: 1.0, 1: 60.0, 2: 599.0, 3: 0.0, 4: math.nan})
    assert found is not None
    assert [cell.seconds for cell in found.cells] == [599.0, 60.0, 1.0]
    assert found.cells[0].step == len(found.steps) == 5
    assert found.cells[-1].step == 1
    assert (found.unit, found.steps[0].low, found.steps[-1].high) == ("s", 0.0, None)
    assert all(one.high == two.low for one, two in zip(found.steps, found.steps[1:], strict=False))


def test_long_times_are_told_in_minutes_and_hours() -> None:
    minutes, hours = heat_map({0: 900.0}), heat_map({0: 36_000.0, 1: 1800.0})
    assert minutes is not None
    assert hours is not None
    assert (minutes.unit, hours.unit) == ("min", "h")
    assert hours.cells[0].step > hours.cells[1].step


def test_an_empty_floor_has_no_heat_map() -> None:
    assert heat_map({}) is None
    assert heat_map({1: 0.0}) is None
