"""The page of the comparison: what was measured, a table of every figure, and where the simulation differs."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.fidelity_figures import Collected, Compared
from benchmarks.fidelity_signals import BENCHMARK, WEIGHTS_ONLY

__all__ = ["fidelity_page"]

_HEAD = """# How real the simulation is

Receipts are tested on simulated recordings, so it matters how like real ones these are. One command measures the same
figures, in the same way, on real recordings and on simulated ones:

```text
python -m benchmarks.fidelity           the figures, into benchmarks/results/fidelity.json
python -m benchmarks.fidelity --docs    the same, and this page with its plots
```

**Real:** {real} recordings of {real_s:.0f} s in all: `{benchmark}` (four fixtures, one tracked visitor, one take) and
`{weights_only}` (five fixtures, two takes, weights only). They are no part of this project; the command says so and
stops where they are absent. **Simulated:** {made} recordings of {made_s:.0f} s in all, half of them like each real one
in length and size, from the simulator as it is, with one shopper who takes plainly.

## How to read the figures

The *distance* is that of Kolmogorov and Smirnov: the greatest difference of the two distribution functions, 0 for the
same and 1 for no overlap. *p* answers how often so large a distance comes by chance. Plates of one fixture sway
together and moments of one person follow each other, so a p-value that takes every value for an independent draw is far
too small; it stands in the file of results under a name that says so. The *p* shown here moves whole blocks between the
sides: a fixture, a recording or a take. Fixtures of one recording still share its footsteps, so even this *p* is
somewhat too small. With one real person it cannot fall below {p_least:.3f} however different the two are, and a large
*p* never proves that two things are the same. {count} figures are looked at, so about {chance} fall below 0.05 by
chance alone. Where *p* says little, look at the medians.
"""

_ASSUMED = """## What no real recording shows

Nothing here tests put-backs, touches, lifts, slow takes or hand-overs, several people, occlusion, ghosts, tracks that
change their id, dead plates, drift over more than half a minute, or temperature. All of that is **assumed** in the
simulation. Only one real person was tracked, only three real takes are known, and all of it is from one shop: a figure
that agrees here agrees with that shop and that person.

The clocks of plates and tracker agree to about 0.2 s in the real recording and exactly in the simulated ones, so the
times at which wrists come and leave can be apart by that much for no other reason.
"""

_GROUPS = {
    "plates": (
        "Plates",
        "Quiet windows are the calmest tenth of all windows of 2 s. Shelves from which something was taken are left "
        "out, or out for 4 s around it. *With people about* means the whole recording: in the simulated ones nobody is "
        "there for the first 1.5 s and the last 2 s, and where the real visitor of the second recording was is not "
        "known. Gaps of batches are of the recording with stamps only; files per plate are "
        "put on a grid while they are read.",
        (("noise.svg", "Distribution of noise and of neighbours' correlation, real and simulated"),
         ("spectrum.svg", "Power spectra of fixtures, real and simulated")),
    ),
    "steps": (
        "Takes",
        "The three real takes among the simulated ones of 60 g and more. The *ranks* say which share of the simulated "
        "takes lies below each real one: near 0 or 1 it is unlike all of them. The step runs to the level that lasts, "
        "1.0 to 1.6 s after; where a hand brushes on, the overshoot is large and the rise to that level short.",
        (("steps.svg", "The three real takes over the band of the simulated ones"),),
    ),
    "tracks": (
        "People",
        "Jitter is the median of second differences over the root of six (from tick to tick) or of differences over "
        "the root of two (within a burst), times 1.4826. The body's own movement is in the first and hardly in the "
        "second. One real person is one block.",
        (("tracks.svg", "Jitter per joint and gaps between frames, real and simulated"),),
    ),
}  # fmt: skip


def fidelity_page(real: Collected, simulated: Collected, compared: Sequence[Compared]) -> str:
    """The page as Markdown; it links its plots in `images/fidelity/`."""
    parts = [
        _HEAD.format(
            real=_number(real.recordings),
            real_s=real.seconds,
            made=simulated.recordings,
            made_s=simulated.seconds,
            benchmark=BENCHMARK,
            weights_only=WEIGHTS_ONLY,
            p_least=_least_p(compared),
            count=len(compared),
            chance=round(0.05 * len(compared)),
        ),
        _differences(compared),
        _ASSUMED,
    ]
    for group, (title, text, images) in _GROUPS.items():
        table = _table([one for one in compared if one.figure.group == group])
        plots = "".join(f"![{words}](images/fidelity/{name})\n\n" for name, words in images)
        parts.append(f"## {title}\n\n{_wrapped(text)}\n\n{plots}{table}")
    return "\n".join(parts)


def _differences(compared: Sequence[Compared]) -> str:
    """What is clearly different, the farthest first; the joints of one figure stand together."""
    far = sorted((one for one in compared if one.differs), key=lambda one: -one.result.distance)
    families: dict[tuple[str, str], list[Compared]] = {}
    for one in far:
        families.setdefault((one.figure.title.split(":")[0], one.result.direction), []).append(one)
    lead = (
        f"{len(far)} of {len(compared)} figures differ by more than chance explains: *p* of blocks at most 0.05, or "
        "none of the three takes within 5 to 95 % of the simulated ones. The farthest first; medians, and 10 to 90 % "
        "where they are alike."
    )
    kept = sum(one.remains for one in far)
    least = math.ceil(_least_p(compared) * len(compared) / 0.05)
    lead += (
        f" Counting how many were looked at (Benjamini and Hochberg, 1995, one false of twenty), {kept} of them stay, "
        f"marked (!). That the others do not is no proof of likeness: with one real person no figure of people can "
        f"stay unless {least} figures have so small a *p* together."
    )
    bullets = [_bullet(title, direction, found) for (title, direction), found in families.items()]
    return "\n".join(["## Where the simulation differs", "", _wrapped(lead), "", *bullets]) + "\n"


def _least_p(compared: Sequence[Compared]) -> float:
    """The smallest p that a figure of the one real person can have."""
    people = [one.result.simulated_blocks for one in compared if one.figure.key == "burst_share"]
    return 1.0 / (1 + (people[0] if people else 1))


def _bullet(title: str, direction: str, found: list[Compared]) -> str:
    joints = [one.figure.title.split(": ")[1].replace("_", " ") for one in found if ": " in one.figure.title]
    marks = " (!)" if all(one.remains for one in found) else ""
    unit = f" {found[0].figure.unit}" if found[0].figure.unit else ""
    show = _spread if direction in ("narrower", "wider", "about the same") else _median
    figures = [f"{show(one.result.simulated)} against {show(one.result.real)}{unit}" for one in found]
    if joints:
        figures = [f"{joint} {text}" for joint, text in zip(joints, figures, strict=True)]
    return _wrapped(f"* **{title}**{marks}: simulated {direction}, " + ", ".join(figures)).replace("\n", "\n  ")


def _table(compared: Sequence[Compared]) -> str:
    steps = any(one.ranks for one in compared)
    last = "ranks of the real takes" if steps else "p, blocks"
    middle = "real takes" if steps else "real: median (10-90 %)"
    lines = [
        f"| figure | {middle} | simulated: median (10-90 %) | values | distance | {last} | how alike; simulated is |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in compared:
        result = one.result
        title = one.figure.title + (f", {one.figure.unit}" if one.figure.unit else "")
        real = ", ".join(_short(v) for v in result.real.tolist()) if one.ranks else _spread(result.real)
        shown = ", ".join(f"{rank:.2f}" for rank in one.ranks) if one.ranks else f"{result.p_blocks:.3f}"
        lines.append(
            f"| {title} | {real} | {_spread(result.simulated)} | {len(result.real)} / {len(result.simulated)} "
            f"| {result.distance:.2f} | {shown} | {one.words}; {result.direction} |"
        )
    return "\n".join(lines) + "\n"


def _spread(values: npt.NDArray[np.float64]) -> str:
    low, middle, high = np.percentile(values, (10, 50, 90)).tolist()
    return _short(middle) if len(values) == 1 else f"{_short(middle)} ({_short(low)} to {_short(high)})"


def _median(values: npt.NDArray[np.float64]) -> str:
    return _short(float(np.median(values)))


def _short(value: float) -> str:
    """Three digits, without an exponent."""
    text = f"{value:.3g}"
    return f"{value:.0f}" if "e" in text and abs(value) >= 1.0 else ("0" if abs(value) < 5e-4 else text)


def _number(count: int) -> str:
    return {1: "one", 2: "two", 3: "three"}.get(count, str(count))


def _wrapped(text: str, width: int = 118) -> str:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) + 1 > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)
