"""A small corpus of simulated recordings, one for each family of acts and one with faults, for golden receipts.

`write_corpus(folder)` writes them as MCAP files. They are short (under a minute each), noisy, and need no other data;
what they hold depends on nothing but this package.
"""

from collections.abc import Iterator
from pathlib import Path

from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import ActRates, SimulationOptions
from tillfree.simulation.recording import SimulatedRecording, simulate
from tillfree.storage.recordings.mcap_writer import write_mcap

__all__ = ["CORPUS", "corpus_recordings", "write_corpus"]

_NONE = dict.fromkeys(ActRates.__struct_fields__, 0.0)


def _only(**rates: float) -> ActRates:
    return ActRates(**{**_NONE, **rates})


def _case(name: str, seed: int, rates: ActRates, *, shoppers: int = 1, takes: float = 4.0) -> SimulationOptions:
    return SimulationOptions(name=name, seed=seed, shoppers=shoppers, takes=takes, awkward=0.75, rates=rates)


CORPUS: tuple[SimulationOptions, ...] = (
    _case("takes", 201, _only(), shoppers=2),
    _case("put-backs", 1702, _only(put_back=1.0, misplace=0.7), shoppers=2, takes=5.0),
    _case("several-at-once", 1003, _only(two_same=1.0, two_kinds=1.0)),
    _case("together", 204, _only(together=1.0), shoppers=2),
    _case("hand-overs", 505, _only(hand_over=1.0), shoppers=2, takes=5.0),
    _case("touches-and-lifts", 608, _only(touch=1.0, lift=1.0), takes=5.0),
    _case("slow-takes", 507, _only(slow_take=1.0), takes=3.0),
    _case("swaps", 708, _only(swap=1.0), takes=3.0),
    SimulationOptions(
        name="faults",
        seed=10,
        shoppers=2,
        dead=1,
        drift_g=5.0,
        spikes=0.05,
        drop_frames=0.1,
        gaps=1.0,
        skew_s=0.1,
        lose_batches=0.005,
        occlusion=0.3,
    ),
)
"""The options of each recording."""


def corpus_recordings() -> Iterator[SimulatedRecording]:
    """The recordings, one after the other, always the same."""
    shop = demo_shop(2, plates=(9, 12), seed=1)
    for options in CORPUS:
        yield simulate(shop, options)


def write_corpus(folder: Path) -> list[Path]:
    """Writes each recording as `NAME.mcap` into an existing folder; returns the paths.

    Raises:
        RecordingError: a file cannot be written.
    """
    paths = []
    for recording in corpus_recordings():
        path = folder / f"{recording.name}.mcap"
        write_mcap(path, recording)
        paths.append(path)
    return paths
