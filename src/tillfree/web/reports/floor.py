"""The floor: where people stood, and what they did before each fixture."""

from tillfree.commerce.display import display_text
from tillfree.core.ids import FixtureId
from tillfree.web.ask import Ask
from tillfree.web.charts import Bar, row_chart
from tillfree.web.reports.heat import heat_map
from tillfree.web.reports.minutes import FloorSums
from tillfree.web.reports.sections import Cell, Field, Section, Table, Tile
from tillfree.web.reports.visits import shown_time

__all__ = ["floor_sections"]

_FIXTURES_SHOWN = 12


def floor_sections(ask: Ask, floor: FloorSums) -> list[Section]:
    """The heat map, and the fixtures."""
    return [_heat(ask, floor), _fixtures(ask, floor)]


def _heat(ask: Ask, floor: FloorSums) -> Section:
    heat = heat_map(floor.cells)
    rows: tuple[tuple[Cell, ...], ...] = (
        () if heat is None else tuple((cell.x, cell.y, cell.seconds) for cell in heat.cells)
    )
    return Section(
        name="heat",
        title=ask.say("Heat map"),
        about=(
            ask.say(
                "Seconds that people spent in each square of half a metre, all people together. It has no names and no"
                " routes."
            ),
        ),
        tiles=(Tile(ask.say("Time on the floor"), shown_time(sum(floor.cells.values()) if floor.cells else None)),),
        heat=heat,
        table=Table(
            (
                Field("x_m", ask.say("From x"), 1, "m"),
                Field("y_m", ask.say("From y"), 1, "m"),
                Field("person_s", ask.say("Time"), 1, "s"),
            ),
            rows,
        ),
        empty=ask.say("Nobody was seen on the floor in this time."),
    )


def _fixtures(ask: Ask, floor: FloorSums) -> Section:
    known = [fixture.id for fixture in ask.store.shop.fixtures]
    gone = sorted((floor.dwell_s.keys() | floor.reaches.keys()) - set(known))
    rows = [_row(floor, fixture) for fixture in (*known, *gone)] if floor.dwell_s or floor.reaches else []
    ranked = sorted(floor.dwell_s.items(), key=lambda pair: (-pair[1], pair[0]))[:_FIXTURES_SHOWN]
    chart = row_chart(
        ask.say("Time before each fixture"),
        ask.say("Time"),
        [Bar(display_text(ask.say("Fixture %(id)s", id=name)), dwell, shown_time(dwell)) for name, dwell in ranked],
    )
    return Section(
        name="fixtures",
        title=ask.say("Dwell and reaches"),
        about=(
            ask.say(
                "Somebody dwells at a fixture who stands within a metre of its front or walks there slowly. A reach is"
                " a take or a put-back, as the scales and hands tell it."
            ),
        ),
        tiles=(
            Tile(ask.say("Dwell at fixtures"), shown_time(sum(floor.dwell_s.values()) if floor.dwell_s else None)),
            Tile(ask.say("Reaches"), f"{sum(floor.reaches.values()):,}"),
        ),
        rows=() if chart is None else (chart,),
        table=Table(
            (
                Field("fixture", ask.say("Fixture")),
                Field("dwell_s", ask.say("Dwell"), 0, "s"),
                Field("reaches", ask.say("Reaches")),
                Field("reaches_per_dwell_minute", ask.say("Reaches per minute of dwell"), 2),
            ),
            tuple(rows),
        ),
        empty=ask.say("Nobody stood before a fixture in this time."),
    )


def _row(floor: FloorSums, fixture: FixtureId) -> tuple[Cell, ...]:
    dwell_s, reaches = floor.dwell_s.get(fixture, 0.0), floor.reaches.get(fixture, 0)
    return fixture, dwell_s, reaches, reaches / (dwell_s / 60.0) if dwell_s > 0 else None
