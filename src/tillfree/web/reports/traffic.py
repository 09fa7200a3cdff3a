"""Busy hours, throughput, and the minutes in which nobody queued."""

from tillfree.storage.database.figures import QUARTER_NS, arrivals_by_quarter, endings_by_quarter
from tillfree.web.ask import Ask
from tillfree.web.charts import column_chart
from tillfree.web.reports.minutes import WAIT_S, FloorSums
from tillfree.web.reports.period import Period
from tillfree.web.reports.sections import Cell, Field, Section, Table, Tile, by_hour, hour_bars, per_cent
from tillfree.web.reports.visits import shown_share

__all__ = ["traffic_sections"]

_PER_HOUR = 4


def traffic_sections(ask: Ask, period: Period, floor: FloorSums) -> list[Section]:
    """When people come, how many get through, and whether anybody had to wait."""
    return [_busy(ask, period, floor), _throughput(ask, period, floor), _queue_free(ask, floor)]


def _busy(ask: Ask, period: Period, floor: FloorSums) -> Section:
    came = by_hour(ask, dict(arrivals_by_quarter(ask.database, period.since_ns, period.until_ns)))
    mean = [hour.occupancy_mean for hour in floor.hours]
    most = [float(hour.occupancy_max) for hour in floor.hours]
    charts = (
        column_chart(
            ask.say("Visits by the hour in which they began"),
            hour_bars(came, [ask.say_many("%(count)s visit", "%(count)s visits", round(n)) for n in came]),
            ask.say("visits"),
        ),
        column_chart(
            ask.say("People inside by hour"),
            hour_bars(
                mean,
                [
                    ask.say("%(mean)s on average, %(most)s at most", mean=f"{one:.1f}", most=round(two))
                    for one, two in zip(mean, most, strict=True)
                ],
                most,
            ),
            ask.say("people"),
            ask.say("most at once"),
        ),
    )
    rows: list[tuple[Cell, ...]] = [
        (f"{hour:02d}:00", round(came[hour]), sums.minutes, sums.occupancy_mean, sums.occupancy_max)
        for hour, sums in enumerate(floor.hours)
        if came[hour] or sums.minutes
    ]
    busiest = max(range(24), key=lambda hour: came[hour])
    return Section(
        name="busy",
        title=ask.say("Busy hours"),
        about=(
            ask.say("Visits that are over, by the hour in which they began; people inside, as the tracker saw them."),
        ),
        tiles=(
            Tile(
                ask.say("Busiest hour"),
                f"{busiest:02d}:00" if came[busiest] else "–",
                ask.say_many("%(count)s visit", "%(count)s visits", round(came[busiest])) if came[busiest] else "",
            ),
            Tile(
                ask.say("People inside, on average"),
                f"{sum(hour.occupancy_sum for hour in floor.hours) / floor.minutes:.1f}" if floor.minutes else "–",
            ),
            Tile(
                ask.say("Most at once"), f"{max(hour.occupancy_max for hour in floor.hours)}" if floor.minutes else "–"
            ),
        ),
        columns=tuple(chart for chart in charts if chart is not None),
        table=Table(
            (
                Field("hour", ask.say("Hour of the day")),
                Field("visits_begun", ask.say("Visits begun")),
                Field("open_minutes", ask.say("Minutes of opening")),
                Field("inside_mean", ask.say("Inside, mean"), 1),
                Field("inside_max", ask.say("Inside, most")),
            ),
            tuple(rows),
        ),
        empty=ask.say("Nobody was in the shop in this time."),
    )


def _throughput(ask: Ask, period: Period, floor: FloorSums) -> Section:
    ended = endings_by_quarter(ask.database, period.since_ns, period.until_ns)
    done = by_hour(ask, dict(ended))
    total = sum(ended.values())
    rates = [done[hour] / (sums.minutes / 60.0) if sums.minutes else 0.0 for hour, sums in enumerate(floor.hours)]
    peak_ns = max(ended, key=lambda begin_ns: _hour_from(ended, begin_ns), default=None)
    chart = column_chart(
        ask.say("Finished visits per hour of opening"),
        hour_bars(rates, [ask.say("%(rate)s per hour", rate=f"{rate:.1f}") for rate in rates]),
        ask.say("visits per hour"),
    )
    rows: list[tuple[Cell, ...]] = [
        (f"{hour:02d}:00", round(done[hour]), sums.minutes, rates[hour] if sums.minutes else None)
        for hour, sums in enumerate(floor.hours)
        if done[hour] or sums.minutes
    ]
    return Section(
        name="throughput",
        title=ask.say("Throughput"),
        about=(
            ask.say(
                "Visits that ended, for each hour of opening. The peak is the busiest hour that begins at a quarter of"
                " an hour."
            ),
        ),
        tiles=(
            Tile(
                ask.say("Visits per hour"),
                f"{total / (floor.minutes / 60.0):.1f}" if floor.minutes else "–",
                ask.say("%(hours)s hours of opening", hours=f"{floor.minutes / 60.0:.1f}"),
            ),
            Tile(
                ask.say("Peak hour"),
                "–" if peak_ns is None else f"{_hour_from(ended, peak_ns)}",
                "" if peak_ns is None else ask.say("from %(time)s", time=ask.when(peak_ns).strftime("%Y-%m-%d %H:%M")),
            ),
        ),
        columns=() if chart is None else (chart,),
        table=Table(
            (
                Field("hour", ask.say("Hour of the day")),
                Field("visits_ended", ask.say("Visits ended")),
                Field("open_minutes", ask.say("Minutes of opening")),
                Field("visits_per_hour", ask.say("Per hour"), 1),
            ),
            tuple(rows),
        ),
        empty=ask.say("No visit ended in this time."),
    )


def _hour_from(ended: dict[int, int], begin_ns: int) -> int:
    return sum(ended.get(begin_ns + k * QUARTER_NS, 0) for k in range(_PER_HOUR))


def _queue_free(ask: Ask, floor: FloorSums) -> Section:
    shares = [per_cent(hour.free, hour.minutes) or 0.0 for hour in floor.hours]
    chart = column_chart(
        ask.say("Queue-free share by hour"), hour_bars(shares, [shown_share(share) for share in shares]), "%"
    )
    rows: list[tuple[Cell, ...]] = [
        (f"{hour:02d}:00", sums.minutes, sums.free, shares[hour])
        for hour, sums in enumerate(floor.hours)
        if sums.minutes
    ]
    share = per_cent(floor.free, floor.minutes)
    return Section(
        name="queue",
        title=ask.say("Queue-free minutes"),
        about=(
            ask.say(
                "A minute of opening is queue-free when nobody stood in a door zone for longer than %(seconds)s seconds"
                " without passing on.",
                seconds=f"{WAIT_S:.0f}",
            ),
            ask.say("The shop counts as open, each day, from the first to the last minute with anybody in it."),
        ),
        tiles=(
            Tile(
                ask.say("Queue-free"),
                shown_share(share),
                ask.say("%(free)s of %(all)s minutes", free=f"{floor.free:,}", all=f"{floor.minutes:,}"),
                "" if share is None else "good" if share >= 95 else "warn",
            ),
            Tile(ask.say("Longest stand at a door"), f"{floor.wait_max_s:.0f}\u00a0s" if floor.minutes else "–"),
        ),
        columns=() if chart is None else (chart,),
        table=Table(
            (
                Field("hour", ask.say("Hour of the day")),
                Field("open_minutes", ask.say("Minutes of opening")),
                Field("queue_free_minutes", ask.say("Queue-free")),
                Field("percent", ask.say("Share"), 1, "%"),
            ),
            tuple(rows),
        ),
        empty=ask.say("Nobody was in the shop in this time."),
    )
