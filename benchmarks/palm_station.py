"""How soon a palm station answers: `tillfree palm demo` in a process of its own, simulated hands over a real WebSocket.

    python -m benchmarks.palm_station                     # half a minute on two cores
    python -m benchmarks.palm_station --others 0 100 1000 # some minutes: so many others are enrolled before

Somebody enrols, then comes and goes. The others are simulated palms, three samples of each in each light. One picture
is sent when the last was answered, as the browser does. `guidance_ms` is the time from sending a picture to hearing
what to do; `result_ms` that from sending the picture that completes an attempt to hearing who it is, with the judgement
of liveness and the search; `attempt_ms` that from the first good picture. Hands are drawn before the clock runs. Writes
`benchmarks/results/palm_station.json`.
"""

import argparse
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from benchmarks.result_files import Row, write_results
from tillfree.cli.palm.demo import NOTICE_VERSION, demo_console
from tillfree.cli.palm.eyes import shipped_eyes
from tillfree.cli.palm.sample_hands import SampleHands
from tillfree.palm.samples import BANDS
from tillfree.simulation.palms.regions.world import identities, samples
from tillfree.storage.database.audit import AuditEntry
from tillfree.storage.palm_vault.records import Consent, Profile, Template
from tillfree.store.palms.office import day_of
from tillfree.store.palms.recogniser import Sample

PEOPLE = 2
_SEED, _SAMPLES = 700_001, 3
"""Of the world of other people, and how many samples in each light are enrolled of each."""
EMPTY = 8
EVERY_S = 0.07
"""As often as the page sends pictures, at most."""
_HEAD = struct.Struct(">BBHI")
_START = "import sys; from tillfree.cli.main import main; sys.exit(main())"


class Station:
    """One connection; what it heard, by kind."""

    def __init__(self, socket: ClientConnection, hands: SampleHands) -> None:
        self._socket = socket
        self._hands = hands
        self._number = 0
        self.guidance_ms: dict[str, list[float]] = {"no hand": [], "hand": []}

    def begin(self, **wanted: Any) -> None:
        """A new attempt."""
        self._socket.send(json.dumps({"k": "begin", **wanted}))
        assert json.loads(self._socket.recv())["k"] == "begun"

    def hold(self, person: int, laps: int = 4) -> tuple[str, float, float]:
        """Nothing, then a hand that comes near and is held: what came of it, and when."""
        held = list(range(2, self._hands.frames))
        good_s = sent_s = 0.0
        for _ in range(laps):
            for frame in [0] * EMPTY + [1] + (held + held[-2:0:-1]) * 3:
                time.sleep(max(0.0, sent_s + EVERY_S - time.perf_counter()))
                sent_s = time.perf_counter()
                message = self._show(person, frame)
                now_s = time.perf_counter()
                kind = "no hand" if message["code"] == "no hand" else "hand"
                if message["phase"] != "asking":
                    self.guidance_ms[kind].append(1000 * (now_s - sent_s))
                if message["phase"] in ("holding", "asking") and not good_s:
                    good_s = sent_s
                if message["phase"] == "asking":
                    result = json.loads(self._socket.recv())
                    end_s = time.perf_counter()
                    return result["kind"], 1000 * (end_s - sent_s), 1000 * (end_s - good_s)
        return "nothing", float("nan"), float("nan")

    def _show(self, person: int, frame: int) -> dict[str, Any]:
        self._number += 1
        head = _HEAD.pack(1, self._hands.band(frame), 0, self._number)
        self._socket.send(head + self._hands.picture(person, frame))
        message: dict[str, Any] = json.loads(self._socket.recv())
        return message


def enrol_others(folder: Path, count: int) -> None:
    """Enrols so many other people in the folder of a demo, nobody of whom is looked for."""
    eyes, recogniser = shipped_eyes()
    now_ns = time.time_ns()
    consent = Consent(notice=NOTICE_VERSION, language="en", purposes=("identify",), given_ns=now_ns, by="benchmark")
    profile = Profile(made_ns=now_ns, consents=(consent,))
    with demo_console(eyes, recogniser, folder) as console:
        assert console.palm_desk is not None
        vault = console.palm_desk.vault
        key = vault.site_key("templates")
        for palm in identities(_SEED, count):
            read = [eyes.read(region) for band in BANDS for region in samples(palm, _SAMPLES, band)]
            templates = [
                Template(hand="unknown", band=one.band, scheme=recogniser.scheme, made_ns=now_ns, data=one.data)
                for features in read
                for one in recogniser.protect(Sample((features,)), key)
            ]
            entry = AuditEntry(time_ns=now_ns, who="benchmark", what="palm.enrol")
            vault.enrol(profile, templates, entry, day_of(now_ns))


@contextmanager
def demo(folder: Path) -> Iterator[str]:
    """The address of the WebSocket of a demo."""
    command = [sys.executable, "-c", _START, "palm", "demo", "--port", "0", "--no-browser", "--data", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  our own program
        assert process.stdout is not None
        try:
            found = re.search(r"http://(\S+)/palm", process.stdout.readline())
            if found is None:
                raise SystemExit("the demo did not start; run: tillfree palm demo")
            yield found.group(1)
        finally:
            process.terminate()


def main() -> None:
    """Measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attempts", type=int, default=12, metavar="N", help="identifications (default 12)")
    parser.add_argument(
        "--others", type=int, nargs="+", default=[0], metavar="N", help="people who are enrolled before (default 0)"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    hands = SampleHands(PEOPLE)
    for person in range(PEOPLE):
        hands.picture(person, 0)
    rows = [measured(hands, others, arguments.attempts) for others in arguments.others]
    sys.stdout.write(json.dumps(rows, indent=1) + "\n")
    wanted = " ".join(map(str, arguments.others))
    command = f"python -m benchmarks.palm_station --attempts {arguments.attempts} --others {wanted}"
    write_results("palm_station", command, rows, arguments.output, recordings="simulated hands")


def measured(hands: SampleHands, others: int, wanted: int) -> Row:
    """One row: so many identifications, with so many others enrolled."""
    kinds, results, attempts = [], [], []
    with tempfile.TemporaryDirectory(prefix="tillfree-station-") as made:
        if others:
            enrol_others(Path(made), others)
        with (
            demo(Path(made)) as host,
            connect(f"ws://{host}/palm/stream", origin=Origin(f"http://{host}"), compression=None) as socket,
        ):
            station = Station(socket, hands)
            station.begin(want="enrol", notice_version=NOTICE_VERSION, purposes=["identify"])
            enrolled, *_ = station.hold(0)
            for number in range(wanted):
                station.begin(want="identify")
                kind, result_ms, attempt_ms = station.hold(number % PEOPLE)
                kinds.append(kind)
                results.append(result_ms)
                attempts.append(attempt_ms)
    return {
        "others_enrolled": others,
        "enrolment": enrolled,
        "identifications": len(kinds),
        "right": sum(kind == ("unknown" if number % PEOPLE else "known") for number, kind in enumerate(kinds)),
        **{f"guidance_ms_{name.replace(' ', '_')}": _spread(values) for name, values in station.guidance_ms.items()},
        "result_ms": _spread(results),
        "attempt_ms": _spread(attempts),
        "load_average_1_min": round(os.getloadavg()[0], 1),
    }


def _spread(values_ms: list[float]) -> dict[str, float]:
    """The middle, nine of ten, and the worst."""
    some = np.array(values_ms)
    return {
        "count": len(values_ms),
        "p50": round(float(np.median(some)), 1),
        "p90": round(float(np.quantile(some, 0.9)), 1),
        "max": round(float(some.max()), 1),
    }


if __name__ == "__main__":
    main()
