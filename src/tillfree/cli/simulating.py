"""`tillfree simulate`: write a simulated recording with its truth."""

import argparse

from tillfree.cli.terminal import Progress, show
from tillfree.commerce.display import display_text
from tillfree.simulation.autocheckout_folder import write_autocheckout
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import SimulatedRecording, simulate
from tillfree.storage.recordings.mcap_writer import write_mcap

__all__ = ["run_simulate"]


def run_simulate(arguments: argparse.Namespace) -> int:
    """Simulates, and says what really happened."""
    recording = simulate(demo_shop(arguments.fixtures), options_of(arguments))
    with Progress(f"Simulating {recording.name}") as progress:
        progress.show("writing")
        if arguments.format == "autocheckout":
            write_autocheckout(recording, arguments.output)
        else:
            write_mcap(arguments.output, recording)
    show(summary(recording, str(arguments.output)))
    return 0


def options_of(arguments: argparse.Namespace) -> SimulationOptions:
    """The options of a simulation; what was not given keeps its default.

    Raises:
        SimulationError: a value out of bounds.
    """
    given = {name: value for name, value in vars(arguments).items() if name in SimulationOptions.__struct_fields__}
    return SimulationOptions(**{name: value for name, value in given.items() if value is not None})


def summary(recording: SimulatedRecording, path: str) -> str:
    """One line on what was written."""
    items = sum(sum(receipt.values()) for receipt in recording.truth.receipts.values())
    return (
        f"{display_text(path)}: {recording.duration_ns() / 1e9:.1f} s, "
        f"{len(recording.truth.receipts)} shoppers who took {items} items out (simulated)\n"
    )
