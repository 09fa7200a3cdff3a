"""Who comes in on what: the credentials that simulated shoppers show at the gate, and what the gate says to them.

Each payer shows one credential about a second before the first of them passes; a party is let in together. Some show
one first that is refused, and then another that is good. One of the staff comes in on a pass. Whoever slips in behind
somebody else shows nothing. Shares are assumed.
"""

import hashlib

import numpy as np

from tillfree.core.events import EntryGranted, EntryRefused
from tillfree.core.ids import TripId
from tillfree.core.time import ns_from_seconds
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.script import Script, VisitScript
from tillfree.storage.recordings.model import TruthEntry

__all__ = ["ADULT_YEARS", "REFUSALS", "entries_of", "entry_events"]

ADULT_YEARS = 21
"""How old whoever proves an age is at least."""
REFUSALS: dict[str, tuple[str, ...]] = {
    "card": ("expired", "prepaid"),
    "wallet": ("expired",),
    "code": ("expired", "used", "bad_signature"),
    "badge": ("inactive", "unknown"),
    "palm": ("unknown",),
}
"""What may be wrong with a credential of each kind, in the words of the gate's table of reasons."""
_BEFORE_S = (0.8, 1.6)
_AFTER_S = 0.1
_REFUSED_BEFORE_S = (2.5, 6.0)


def entries_of(script: Script, options: SimulationOptions) -> tuple[TruthEntry, ...]:
    """All that is shown at the gate, in the order of time; nothing where the option is off."""
    if not options.entry:
        return ()
    rng = np.random.default_rng([options.seed, 17])
    groups = _groups(script)
    found: list[TruthEntry] = []
    free_s = 0.0
    for group in groups:
        first = group[0]
        kind = _kind(options, rng) if not first.staff else "staff"
        at_s = max(min(first.entry_s - float(rng.uniform(*_BEFORE_S)), first.entry_s - _AFTER_S), free_s, 0.0)
        refused = not first.staff and rng.random() < options.entry_refused
        reasons = REFUSALS.get(kind, ())
        reason = reasons[int(rng.integers(len(reasons)))] if reasons else ""
        before_s = at_s - float(rng.uniform(*_REFUSED_BEFORE_S))
        proved = not first.staff and rng.random() < options.entry_ages
        if refused and reason and before_s >= free_s:
            found.append(
                TruthEntry(
                    time_ns=_ns(options, before_s), trip=TripId(""), kind=kind, people=(first.track,), refused=reason
                )
            )
        found.append(
            TruthEntry(
                time_ns=_ns(options, at_s),
                trip=_trip(options, first),
                kind=kind,
                people=tuple(visit.track for visit in group),
                role="associate" if first.staff else "shopper",
                age_years=ADULT_YEARS if proved else 0,
            )
        )
        # The gate opens for one payer at a time: the next one waits until all of these are through.
        free_s = max(visit.entry_s for visit in group) + _AFTER_S
    return tuple(sorted(found, key=lambda entry: (entry.time_ns, entry.trip)))


def entry_events(entries: tuple[TruthEntry, ...]) -> list[EntryGranted | EntryRefused]:
    """What the gate says; sequences are given by whoever puts them between its passages."""
    return [
        EntryRefused(time_ns=entry.time_ns, source="gate", sequence=0, reason=entry.refused)
        if entry.refused
        else EntryGranted(
            time_ns=entry.time_ns,
            source="gate",
            sequence=0,
            trip=entry.trip,
            group_size=len(entry.people),
            role=entry.role,
            age_years=entry.age_years,
        )
        for entry in entries
    ]


def _groups(script: Script) -> list[list[VisitScript]]:
    """Those who come in on one credential, in the order in which the first of each comes."""
    groups: dict[str, list[VisitScript]] = {}
    for visit in sorted(script.visits, key=lambda visit: (visit.entry_s, visit.number)):
        if not visit.slips_in:
            groups.setdefault(visit.party or f"alone {visit.number}", []).append(visit)
    return list(groups.values())


def _kind(options: SimulationOptions, rng: np.random.Generator) -> str:
    drawn = float(rng.random())
    for kind, share in (
        ("code", options.entry_codes),
        ("wallet", options.entry_wallets),
        ("badge", options.entry_badges),
        ("palm", options.entry_palms),
    ):
        if drawn < share:
            return kind
        drawn -= share
    return "card"


def _trip(options: SimulationOptions, first: VisitScript) -> TripId:
    return TripId(hashlib.blake2b(f"{options.seed}|{first.track}|{first.number}".encode(), digest_size=10).hexdigest())


def _ns(options: SimulationOptions, time_s: float) -> int:
    return options.start_ns + ns_from_seconds(time_s)
