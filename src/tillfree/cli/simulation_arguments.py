"""The arguments of the commands that simulate: a shop that lives, recordings, and pictures to train on."""

import argparse
from pathlib import Path

from tillfree.cli.hand_arguments import add_train_hands
from tillfree.cli.parsers import Commands, add

__all__ = ["add_demo", "add_simulate", "add_train"]

# ---- commands, loaded when they run -----------------------------------------------------------------------------
# ruff: noqa: PLC0415


def _demo(arguments: argparse.Namespace) -> int:
    from tillfree.cli.demo import run_demo

    return run_demo(arguments)


def _simulate(arguments: argparse.Namespace) -> int:
    from tillfree.cli.simulating import run_simulate

    return run_simulate(arguments)


def _train(arguments: argparse.Namespace) -> int:
    from tillfree.cli.training import run_train

    return run_train(arguments)


def _train_palms(arguments: argparse.Namespace) -> int:
    from tillfree.cli.training_palms import run_train_palms

    return run_train_palms(arguments)


# ---- arguments --------------------------------------------------------------------------------------------------


def add_demo(commands: Commands) -> None:
    """A simulated shop that lives."""
    parser = add(commands, "demo", _demo, "open a simulated shop that lives, in the browser")
    parser.add_argument(
        "--store",
        default="convenience",
        metavar="NAME|FILE",
        help="nano, kiosk, convenience or grocery, or a shop as JSON (default convenience)",
    )
    parser.add_argument(
        "--shoppers", type=float, default=8, metavar="N", help="about so many are in the shop at a time (default 8)"
    )
    parser.add_argument("--speed", type=float, default=1.0, metavar="X", help="times real time (default 1)")
    parser.add_argument(
        "--awkward", type=float, default=0.2, metavar="X", help="share of awkward acts, 0 to 1 (default 0.2)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of people and sensors (default 1)")
    parser.add_argument("--port", type=int, default=8420, metavar="N", help="default 8420; 0 takes any that is free")
    parser.add_argument(
        "--browser", action=argparse.BooleanOptionalAction, default=True, help="open a browser, where there is a screen"
    )


def add_simulate(commands: Commands) -> None:
    """A simulated recording."""
    parser = add(commands, "simulate", _simulate, "write a simulated recording with its truth")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="file, or folder to be made")
    parser.add_argument("--format", choices=("mcap", "autocheckout"), default="mcap", help="default: mcap, one file")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--shoppers", type=int, default=3, metavar="N", help="how many come in (default 3)")
    who.add_argument(
        "--per-hour", type=float, metavar="X", help="instead: a random number, at this rate outside rushes"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed is the same visit (default 1)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--fixtures", type=int, default=2, metavar="N", help="gondolas of the demo shop (default 2)")
    where.add_argument(
        "--store",
        metavar="NAME|FILE",
        help="instead of the demo shop: nano, kiosk, convenience or grocery, or a shop as JSON (shop.json)",
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--duration",
        dest="duration_s",
        type=float,
        metavar="X",
        help="length in s, at least (it ends when all have left)",
    )
    length.add_argument("--hours", type=float, metavar="H", help="the same in hours")
    parser.add_argument(
        "--lists",
        action=argparse.BooleanOptionalAction,
        help="whether people have shopping lists (default: in stores by name)",
    )
    parser.add_argument(
        "--rush",
        action="append",
        metavar="BEGIN:LENGTH:FACTOR",
        help="so many times as many come in this part of the time, as 0.4:0.2:3; 'none' for no rush; may be repeated",
    )
    parser.add_argument(
        "--rate",
        action="append",
        metavar="ACT=X",
        help="how often an awkward act happens relative to others, as hide=1; all=0 sets every one; may be repeated",
    )
    for option, kind, text in (
        ("--parties", float, "probability that who comes in is the first of a party of adults"),
        ("--dwell-s", float, "how long people look before they reach, in the middle"),
        ("--takes", float, "mean number of acts per shopper"),
        ("--awkward", float, "share of awkward acts: put-backs, hand-overs, touches, two at once"),
        ("--noise", float, "scale of the noise of the plates"),
        ("--dead", int, "plates that give nothing or one value for ever"),
        ("--drift-g", float, "each plate drifts by up to this much"),
        ("--spikes", float, "single wrong samples per gondola and second"),
        ("--drop-frames", float, "share of people frames that are lost"),
        ("--gaps", float, "mean number of times that the tracker loses a shopper"),
        ("--new-id", float, "probability that somebody lost is found under another id (default 0.5)"),
        ("--skew-s", float, "people frames are stamped late by this much"),
        ("--lose-batches", float, "share of weight batches that are lost"),
        ("--occlusion", float, "probability that joints of people side by side vanish"),
        ("--id-switches", float, "probability that two people who come close exchange their track ids"),
        ("--ghosts", float, "false people per minute that the tracker sees"),
        ("--latency-s", float, "people frames arrive so much later than they are stamped"),
        ("--gate-missed", float, "share of passages that the gate does not see"),
        ("--gate-doubled", float, "share of passages that the gate counts twice"),
        ("--entry-codes", float, "share of payers who come in on a code of the app (default 0.25)"),
        ("--entry-wallets", float, "share of those who tap a wallet (default 0.25); the others tap a card"),
        ("--entry-badges", float, "share of those who come in on an employee's badge (default 0.05)"),
        ("--entry-palms", float, "share of those who come in by their palm (default 0.05)"),
        ("--entry-refused", float, "probability that a payer first shows something that is refused (default 0.05)"),
        ("--entry-ages", float, "probability that a credential proves an age (default 0.3)"),
        ("--clock-offset-s", float, "spread of the offsets of the devices' clocks"),
        ("--clock-drift-ppm", float, "spread of how fast or slow they run, in millionths"),
        ("--rfid-shelf-s", float, "how often the tags on the shelves are read (default 120; 0: never)"),
        ("--rfid-missed", float, "share of reads of tags that are lost"),
    ):
        parser.add_argument(option, dest=option[2:].replace("-", "_"), type=kind, metavar="X", help=text)
    for option, text in (
        ("--gate", "a gate tells of everybody who comes in or goes out"),
        ("--entry", "everybody shows a credential at the gate (--rate tailgate_in=1: some slip in behind others)"),
        ("--sightlines", "furniture and people hide joints (default: where the shop has cameras)"),
        ("--rfid", "readers tell of tagged goods (default: where the shop sells some)"),
    ):
        parser.add_argument(option, action=argparse.BooleanOptionalAction, help=text)
    frames = parser.add_argument_group("frames", "pictures of the shop's cameras; needs tillfree[frames]")
    frames.add_argument(
        "--frames", type=Path, metavar="FOLDER", help="draw colours, depths and labels into a new folder"
    )
    frames.add_argument("--video", type=Path, metavar="FOLDER", help="write an MP4 of each camera into a new folder")
    frames.add_argument(
        "--record-frames", action="store_true", help="put JPEG pictures of the cameras into the recording (MCAP only)"
    )
    frames.add_argument("--fps", type=float, metavar="X", help="frames per second and camera (default 1)")
    frames.add_argument("--cameras", metavar="ID,ID", help="these cameras only (default: all of the shop)")
    frames.add_argument("--looks", type=int, metavar="N", help="light, colours and clothes at random, from this seed")


def add_train(commands: Commands) -> None:
    """A model that is trained on simulated pictures."""
    train = commands.add_parser("train", help="train a model", description="train a model")
    inner = train.add_subparsers(title="models", required=True, metavar="MODEL")
    parser = add(inner, "people", _train, "train the detector of people on pictures that are drawn for it")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.onnx", help="the model")
    parser.add_argument(
        "--work", type=Path, required=True, metavar="FOLDER",
        help="where what is drawn and how far training came are kept; the same folder again goes on there",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of pictures and weights (default 1)")
    parser.add_argument("--steps", type=int, default=3000, metavar="N", help="of 16 pictures each (default 3000)")
    parser.add_argument("--people", type=int, metavar="N", help="how many are drawn (default 1000)")
    parser.add_argument("--things", type=int, metavar="N", help="how many are drawn (default 500)")
    parser.add_argument("--backdrops", type=int, metavar="N", help="how many are drawn (default 700)")
    add_train_hands(inner, add)
    _add_train_palms(inner)


def _add_train_palms(inner: Commands) -> None:
    parser = add(inner, "palms", _train_palms, "train the embedding of palms on palms that are drawn for it")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.onnx", help="the model")
    parser.add_argument(
        "--work", type=Path, required=True, metavar="FOLDER",
        help="where what is drawn and how far training came are kept; the same folder again goes on there",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of palms and weights (default 1)")
    parser.add_argument("--steps", type=int, default=3000, metavar="N", help="of 128 samples or more (default 3000)")
    parser.add_argument("--palms", type=int, metavar="N", help="how many are drawn (default 8000)")
    parser.add_argument("--views", type=int, metavar="N", help="samples of each in each band (default 10)")
    parser.add_argument(
        "--alike", action="store_true",
        help="draw palms that are hard to tell apart: half have the principal lines and mounds of three others",
    )  # fmt: skip
    parser.add_argument("--start", type=Path, metavar="FOLDER", help="begin with what an earlier training has learned")
