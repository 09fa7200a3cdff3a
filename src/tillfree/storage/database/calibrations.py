"""Calibrations of plates with a known weight: what readings of a plate are multiplied with."""

import math

import msgspec
from sqlalchemy import func, insert, select

from tillfree.core.ids import PlateRef
from tillfree.storage.database.connection import Connected
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.paging import PAGE_MAX, page_size
from tillfree.storage.database.tables import GAINS

__all__ = ["Calibrations", "GainEntry"]


class GainEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One calibration: `known_g` lay on the plate, which said `measured_g`; `gain` holds from then on."""

    gain: float
    known_g: float
    measured_g: float
    by: str
    time_ns: int


class Calibrations(Connected):
    """The part of a database that keeps the gains of plates."""

    def save_gain(self, plate: PlateRef, gain: float, known_g: float, measured_g: float, by: str, time_ns: int) -> None:
        """Keeps a calibration.

        Raises:
            DatabaseError: the gain is not a number above 0, or a weight is not a number.
        """
        if not (math.isfinite(gain) and gain > 0 and math.isfinite(known_g) and math.isfinite(measured_g)):
            raise DatabaseError(
                f"plate {plate}: a gain of {gain} from {measured_g} g for {known_g} g cannot be; weigh the plate again"
            )
        values = {
            "fixture": plate.fixture,
            "shelf": plate.shelf,
            "plate": plate.plate,
            "gain": gain,
            "known_g": known_g,
            "measured_g": measured_g,
            "by": by,
            "time_ns": time_ns,
        }
        with self._writing() as connection:
            connection.execute(insert(GAINS), values)

    def gains(self) -> dict[PlateRef, float]:
        """The gain in force of each plate that was ever calibrated, plates in order."""
        place = (GAINS.c.fixture, GAINS.c.shelf, GAINS.c.plate)
        newest = select(func.max(GAINS.c.number)).group_by(*place)
        statement = select(*place, GAINS.c.gain).where(GAINS.c.number.in_(newest)).order_by(*place)
        with self.reading() as connection:
            return {PlateRef(row.fixture, row.shelf, row.plate): row.gain for row in connection.execute(statement)}

    def gain_history(self, plate: PlateRef, limit: int = PAGE_MAX) -> list[GainEntry]:
        """The calibrations of one plate, newest first, at most 500."""
        statement = (
            select(*(GAINS.c[name] for name in GainEntry.__struct_fields__))
            .where(GAINS.c.fixture == plate.fixture, GAINS.c.shelf == plate.shelf, GAINS.c.plate == plate.plate)
            .order_by(GAINS.c.number.desc())
            .limit(page_size(limit))
        )
        with self.reading() as connection:
            return [GainEntry(**row._mapping) for row in connection.execute(statement)]  # noqa: SLF001
