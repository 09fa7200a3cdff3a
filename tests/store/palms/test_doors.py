"""A palm at a door, up to the controller behind it."""

import msgspec
import pytest

from tests.store.palms.stand_in import agreed, make_desk, samples
from tillfree.connectors.doors.errors import DoorError
from tillfree.connectors.doors.reader import OsdpReader
from tillfree.connectors.doors.wiegand import WiegandNumber
from tillfree.simulation.door_panel import SimulatedPanel
from tillfree.storage.palm_vault.records import Profile
from tillfree.store.palms.doors import pass_by_palm

ANN = WiegandNumber(7, 4711)


def linked(profile: Profile) -> Profile:
    return msgspec.structs.replace(profile, doors=("office",), door_number=(7 << 16) + 4711)


def test_a_palm_opens_the_doors_that_are_linked_to_it() -> None:
    desk, reader = make_desk(), OsdpReader(0)
    panel = SimulatedPanel(reader.answer)
    panel.allowed.add(ANN)
    ann = desk.enrol(samples(1), agreed(), by="test").subject
    assert pass_by_palm(desk, reader, "office", samples(1, count=1)).reason == "no door"
    desk.change(ann, linked, by="test")
    assert pass_by_palm(desk, reader, "office", samples(1, count=1)).allowed
    assert pass_by_palm(desk, reader, "vault", samples(1, count=1)).reason == "no door"
    assert pass_by_palm(desk, reader, "office", samples(2, count=1)).reason == "unknown"
    for _ in range(4):
        panel.poll()
    assert (panel.opened, panel.refused) == ([ANN], [])


def test_a_number_that_does_not_fit_is_told() -> None:
    desk = make_desk()
    ann = desk.enrol(samples(1), agreed(), by="test").subject
    desk.change(ann, lambda one: msgspec.structs.replace(linked(one), door_number=2**30), by="test")
    with pytest.raises(DoorError, match="do not fit into 26 bits"):
        pass_by_palm(desk, OsdpReader(0), "office", samples(1, count=1))
    pass_by_palm(desk, OsdpReader(0, bits=34), "office", samples(1, count=1), bits=34)
