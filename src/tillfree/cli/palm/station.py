"""The palm station in a browser, as the settings of a store want it."""

import dataclasses
import os
import time

from tillfree.cli.palm.eyes import shipped_eyes
from tillfree.store.entry.desk import EntryDesk
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.doors import PalmDoors
from tillfree.store.palms.settings import PalmSettings
from tillfree.store.settings import StoreSettings
from tillfree.web.palms.clerk import DeskClerk
from tillfree.web.palms.home import HomeEnrolment
from tillfree.web.palms.room import PalmRoom
from tillfree.web.palms.session import SessionRules

__all__ = ["palm_room_of", "station_rules"]

_JUDGED_PICTURES = 4
"""So many pictures of each light the judge of liveness needs at least."""


def palm_room_of(
    settings: StoreSettings, desk: PalmDesk | None, entry: EntryDesk | None, doors: PalmDoors | None = None
) -> PalmRoom | None:
    """What the pages of palms share; None where the settings want no station in a browser.

    Raises:
        PalmError: a package is missing.
    """
    palm = settings.palm
    if desk is None or not palm.station.enabled:
        return None
    eyes, _ = shipped_eyes()
    return PalmRoom(
        eyes=eyes,
        clerk=DeskClerk(
            desk,
            time.time_ns,
            purpose=palm.station.purpose,
            amount_minor=palm.station.amount_minor,
            age_over=palm.station.age_over,
            entry=entry,
            hold_minor=settings.payments.hold_minor,
            doors=doors,
        ),
        rules=station_rules(palm),
        home=HomeEnrolment(desk, eyes, time.time_ns) if palm.station.home else None,
        display_token=lambda: os.environ.get(palm.station.display_token_env, ""),
    )


def station_rules(palm: PalmSettings) -> SessionRules:
    """How a station behaves; where liveness is judged, enough pictures for that are taken."""
    usual = SessionRules()
    enrolled = max(usual.enrol.pictures, palm.samples_min)
    return SessionRules(
        station=palm.station.name,
        shown_s=palm.station.shown_s,
        asked_s=palm.station.asked_s,
        again_s=palm.station.again_s,
        identify=dataclasses.replace(
            usual.identify,
            pictures=max(usual.identify.pictures, palm.samples_min),
            quality_min=palm.quality_min,
            seen_min=_JUDGED_PICTURES,
        ),
        enrol=dataclasses.replace(
            usual.enrol, pictures=enrolled, quality_min=palm.quality_min, seen_min=_JUDGED_PICTURES
        ),
        purposes=frozenset(palm.may),
        notice_version=palm.notice_version,
        live=palm.liveness == "required",
    )
