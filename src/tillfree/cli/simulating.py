"""`tillfree simulate`: write a simulated recording with its truth."""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tillfree.catalog.model import Shop, Zone
from tillfree.catalog.shop_file import decode_shop
from tillfree.cli.shop_files import read_file
from tillfree.cli.terminal import Progress, TerminalError, need_folder, refuse_overwriting, show
from tillfree.commerce.display import display_text
from tillfree.simulation.autocheckout_folder import write_autocheckout
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import ActRates, SimulationOptions
from tillfree.simulation.people.arrivals import Rush
from tillfree.simulation.recording import SimulatedRecording, simulate
from tillfree.simulation.stores.habits import HABITS
from tillfree.simulation.stores.named import STORES, store_of
from tillfree.storage.recordings.mcap_writer import write_mcap

if TYPE_CHECKING:
    from tillfree.cli.frames import Frames

__all__ = ["run_simulate"]

_RUSH_PARTS = 3
_AROUND_M = 2.5
"""How far the floor of a shop reaches beyond its furniture, where its file does not say it: assumed."""


def run_simulate(arguments: argparse.Namespace) -> int:
    """Simulates, and says what really happened."""
    _check(arguments)
    shop = demo_shop(arguments.fixtures) if arguments.store is None else shop_named(arguments.store)
    recording = simulate(shop, options_of(arguments))
    wanted = arguments.frames is not None or arguments.video is not None or arguments.record_frames
    frames = frames_of(recording, arguments) if wanted else None
    with Progress(f"Simulating {recording.name}") as progress:
        progress.show("writing")
        if arguments.format == "autocheckout":
            write_autocheckout(recording, arguments.output)
        else:
            write_mcap(
                arguments.output, frames.filmed() if frames is not None and arguments.record_frames else recording
            )
    if frames is not None:
        frames.draw()
    show(summary(recording, str(arguments.output)))
    return 0


def _check(arguments: argparse.Namespace) -> None:
    """Raises TerminalError for an output that cannot be, and for options that would do nothing."""
    if arguments.store is not None and arguments.store not in STORES and Path(arguments.store).is_file():
        refuse_overwriting(arguments.output, Path(arguments.store))
    if arguments.format == "mcap":
        need_folder(arguments.output)
    else:
        for name in ("gate", "entry", "rfid"):
            if getattr(arguments, name):
                raise TerminalError(f"--{name}: only recordings in MCAP have a place for it; use --format mcap")
    if arguments.frames is None and arguments.video is None and not arguments.record_frames:
        for name in ("fps", "cameras", "looks"):
            if getattr(arguments, name) is not None:
                raise TerminalError(
                    f"--{name}: there are no pictures that it is about; add --frames, --video or --record-frames"
                )


def frames_of(recording: SimulatedRecording, arguments: argparse.Namespace) -> "Frames":
    """What is to be drawn, checked before anything is written."""
    from tillfree.cli.frames import Frames  # noqa: PLC0415  drawing is rarely asked for

    return Frames(recording, arguments)


def shop_named(name: str) -> Shop:
    """The simulated store of that name, always with the same goods, or the shop in the file of that name.

    Raises:
        TerminalError: there is neither.
        CatalogError: the file holds no shop, or one that contradicts itself.
    """
    if name in STORES:
        return store_of(name)
    path = Path(name)
    if not path.exists():
        known = ", ".join(STORES)
        raise TerminalError(f"no simulated store and no file {name!r}; choose one of {known}, or name a shop.json")
    return _with_floor(decode_shop(read_file(path, "a shop.json"), str(path)))


def _with_floor(shop: Shop) -> Shop:
    """The shop, with a floor around its furniture and doors where it does not say where people walk.

    Without a floor, simulated people know but one cross aisle.
    """
    if not shop.fixtures or any(zone.use == "aisle" for zone in shop.zones):
        return shop
    around = [fixture.box.floor_bounds(_AROUND_M) for fixture in shop.fixtures]
    floor = Zone(
        "floor (assumed)",
        "aisle",
        min(*(bounds[0] for bounds in around), *(zone.x_min_m for zone in shop.zones), math.inf),
        min(*(bounds[2] for bounds in around), *(zone.y_min_m for zone in shop.zones), math.inf),
        max(*(bounds[1] for bounds in around), *(zone.x_max_m for zone in shop.zones), -math.inf),
        max(*(bounds[3] for bounds in around), *(zone.y_max_m for zone in shop.zones), -math.inf),
    )
    return msgspec.structs.replace(shop, zones=(*shop.zones, floor))


def options_of(arguments: argparse.Namespace) -> SimulationOptions:
    """The options of a simulation; what was not given keeps its default.

    Raises:
        SimulationError: a value out of bounds.
    """
    given = {name: value for name, value in vars(arguments).items() if name in SimulationOptions.__struct_fields__}
    if arguments.hours is not None:
        given["duration_s"] = arguments.hours * 3600.0
    if arguments.rush is not None:
        given["rushes"] = tuple(_rush(text) for text in arguments.rush if text != "none")
    given["rates"] = rates_of(arguments.rate or ())
    usual = msgspec.structs.asdict(HABITS[arguments.store]) if arguments.store in HABITS else {}
    return SimulationOptions(**usual | {name: value for name, value in given.items() if value is not None})


def rates_of(texts: Sequence[str]) -> ActRates:
    """The rates that are given as `ACT=X`, one after the other; the others as usual.

    Raises:
        TerminalError: no such act, or no number.
        SimulationError: a rate below 0.
    """
    rates = msgspec.structs.asdict(ActRates())
    for text in texts:
        name, _, value = text.partition("=")
        if name != "all" and name not in rates:
            raise TerminalError(f"--rate {text}: there is no act {name!r}; choose all or one of {', '.join(rates)}")
        rates |= dict.fromkeys(rates if name == "all" else [name], _number(value, f"--rate {text}", "hide=1"))
    return ActRates(**rates)


def _rush(text: str) -> Rush:
    """A rush given as `BEGIN:LENGTH:FACTOR`."""
    parts = text.split(":")
    if len(parts) != _RUSH_PARTS:
        raise TerminalError(f"--rush {text}: give three numbers, as 0.4:0.2:3, or 'none'")
    return Rush(*(_number(part, f"--rush {text}", "0.4:0.2:3") for part in parts))


def _number(text: str, where: str, example: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise TerminalError(f"{where}: {text!r} is no number; write it as {example}") from None


def summary(recording: SimulatedRecording, path: str) -> str:
    """One line on what was written."""
    items = sum(sum(receipt.values()) for receipt in recording.truth.receipts.values())
    return (
        f"{display_text(path)}: {recording.duration_ns() / 1e9:.1f} s, "
        f"{len(recording.truth.receipts)} shoppers who took {items} items out (simulated)\n"
    )
