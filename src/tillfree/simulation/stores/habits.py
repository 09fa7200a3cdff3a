"""How people shop in the simulated stores: when they come, with whom, what they want, how long they look. All assumed.

The kiosk has a rush when a match is interrupted, the convenience store and the grocery one after work.
"""

import msgspec

from tillfree.simulation.people.arrivals import Rush

__all__ = ["HABITS", "Habits"]


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """Options of a simulation that are usual in a store, by their names in `SimulationOptions`."""

    rushes: tuple[Rush, ...] = ()
    parties: float = 0.0
    lists: bool = True
    dwell_s: float = 0.0


HABITS: dict[str, Habits] = {
    "nano": Habits(parties=0.05, dwell_s=2.0),
    "kiosk": Habits(rushes=(Rush(0.4, 0.2, 3.0),), parties=0.15, dwell_s=1.0),
    "convenience": Habits(rushes=(Rush(0.6, 0.25, 2.0),), parties=0.1, dwell_s=2.0),
    "grocery": Habits(rushes=(Rush(0.6, 0.25, 2.0),), parties=0.15, dwell_s=3.0),
}
"""Those of each store."""
