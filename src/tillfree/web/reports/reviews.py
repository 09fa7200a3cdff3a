"""Review: how many visits needed a person, how long they waited, and who decided."""

import statistics

from tillfree.storage.database.figures import review_figures
from tillfree.web.ask import Ask
from tillfree.web.charts import Bar, row_chart
from tillfree.web.reports.period import Period
from tillfree.web.reports.sections import Cell, Field, Section, Table, Tile, per_cent
from tillfree.web.reports.visits import shown_share, shown_time

__all__ = ["review_section"]

_WAIT_MAX_S = 400 * 24 * 3600.0
"""A wait beyond this, or before the visit, comes from a recording of another time and says nothing."""


def review_section(ask: Ask, period: Period) -> Section:
    """The visits that ended in this time and that the model was unsure of."""
    found = review_figures(ask.database, period.since_ns, period.until_ns)
    waits_s = [wait for wait in found.waits_s if 0 <= wait <= _WAIT_MAX_S]
    bars = [
        Bar(by, float(count), ask.say_many("%(count)s case", "%(count)s cases", count))
        for by, count in found.by.items()
    ]
    chart = row_chart(ask.say("Who decided"), ask.say("Cases"), bars)
    choices = {
        "alternative": ask.say("One of the model's carts"),
        "edited": ask.say("A cart put together by hand"),
        "nothing": ask.say("Nothing was taken"),
    }
    decided = sum(found.choices.values())
    rows: list[tuple[Cell, ...]] = [
        ("went_to_review", ask.say("Went to review"), found.reviewed, per_cent(found.reviewed, found.visits)),
        ("decided", ask.say("Decided"), found.decided, per_cent(found.decided, found.reviewed)),
        *(
            (f"chose_{choice}", choices.get(choice, choice), count, per_cent(count, decided))
            for choice, count in found.choices.items()
        ),
        *(
            (f"by {by}", ask.say("By %(name)s", name=by), count, per_cent(count, decided))
            for by, count in found.by.items()
        ),
    ]
    return Section(
        name="review",
        title=ask.say("Review"),
        about=(
            ask.say(
                "Visits that ended in this time and that the model did not charge by itself. The wait is from the end"
                " of the visit to the first decision."
            ),
        ),
        tiles=(
            Tile(
                ask.say("Went to review"),
                shown_share(per_cent(found.reviewed, found.visits)),
                ask.say("%(part)s of %(all)s visits", part=f"{found.reviewed:,}", all=f"{found.visits:,}"),
            ),
            Tile(ask.say("Decided"), f"{found.decided:,}"),
            Tile(ask.say("Mean wait"), shown_time(statistics.fmean(waits_s) if waits_s else None)),
            Tile(ask.say("Median wait"), shown_time(statistics.median(waits_s) if waits_s else None)),
        ),
        rows=() if chart is None else (chart,),
        table=Table(
            (
                Field("kind", ask.say("Kind")),
                Field("label", ask.say("What")),
                Field("visits", ask.say("Visits")),
                Field("percent", ask.say("Share"), 1, "%"),
            ),
            tuple(rows) if found.reviewed or decided else (),
        ),
        empty=ask.say("No visit of this time went to review."),
    )
