"""Enrols somebody in a vault, slowly, and says what became of it; several of these run at once."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.store.palms.stand_in import StandIn, agreed, make_desk, samples
from tillfree.store.palms.errors import DuplicateError
from tillfree.store.palms.recogniser import Protected, Sample

__all__: list[str] = []


class Slow(StandIn):
    """Between the look whether somebody is there and the moment when they are, time passes."""

    def protect(self, sample: Sample, site_key: bytes) -> Sequence[Protected]:
        time.sleep(0.3)
        return super().protect(sample, site_key)


if __name__ == "__main__":
    desk = make_desk(Path(sys.argv[1]), recogniser=Slow())
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        desk.enrol(samples(1), agreed(), by="test")
        print("enrolled", flush=True)
    except DuplicateError:
        print("there already", flush=True)
