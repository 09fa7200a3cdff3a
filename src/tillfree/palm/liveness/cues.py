"""The list of cues: each a number with the physics that it stands for, and what it means when it is unusual."""

import dataclasses
import math
from typing import Literal

from tillfree.palm.liveness.bands import agreement
from tillfree.palm.liveness.detail import Detail, detail_of, peak
from tillfree.palm.liveness.following import Stack
from tillfree.palm.liveness.relief import follows, relief, roundness
from tillfree.palm.liveness.shading import bands, glint, shading

__all__ = ["CUES", "MODES", "CueKind", "Mode", "cues_of_mode", "kind_of", "measured"]

Mode = Literal["visible", "nir", "both"]
MODES: tuple[Mode, ...] = ("visible", "nir", "both")


@dataclasses.dataclass(frozen=True, slots=True)
class CueKind:
    """A cue: its name, in which lights it is measured, and the reason it gives when it is low or high for a hand."""

    name: str
    lights: tuple[str, ...]
    low: str
    high: str


_EACH = ("visible", "nir")
CUES: tuple[CueKind, ...] = (
    CueKind("relief", _EACH, "flat", "jumps"),
    CueKind("roundness", _EACH, "bent like a sheet", "jumps"),
    CueKind("follows", _EACH, "", "surroundings move along"),
    CueKind("shading", _EACH, "light does not play on it", "light plays too strongly on it"),
    CueKind("glint", _EACH, "no shine at all", "shines unlike skin"),
    CueKind("bands", _EACH, "bands", "bands"),
    CueKind("peak", _EACH, "", "regular pattern"),
    CueKind("sharpness", _EACH, "too soft", "too sharp"),
    CueKind("contrast", _EACH, "too little contrast", "too much contrast"),
    CueKind("depth", _EACH, "lines too faint", "lines too broad"),
    CueKind("red contrast", ("visible",), "colours of lines unlike skin", "colours of lines unlike skin"),
    CueKind("red softness", ("visible",), "red light is scattered too much", "red light is not scattered"),
    CueKind("blue softness", ("visible",), "blue light is scattered too much", "blue light is not scattered"),
    CueKind("one colour", ("visible",), "colours do not belong together", "one pigment"),
    CueKind("tint", ("visible",), "not the colour of a hand", "not the colour of a hand"),
    CueKind("agreement", ("both",), "no lines shared by both lights", "the same picture in both lights"),
    CueKind("contrast of lights", ("both",), "no veins", "veins too strong"),
    CueKind("softness of lights", ("both",), "near infrared too soft", "near infrared not scattered"),
)
"""In the order in which they are reported. A side without a reason is as it should be, and never counts."""


def cues_of_mode(mode: Mode) -> tuple[str, ...]:
    """Full names ("nir relief") of the cues that a mode has."""
    lights = _EACH if mode == "both" else (mode,)
    names = [f"{light} {cue.name}" for light in lights for cue in CUES if light in cue.lights]
    return (*names, *(cue.name for cue in CUES if mode == "both" and "both" in cue.lights))


def kind_of(cue: str) -> CueKind:
    """What a full name ("nir relief") stands for."""
    light, name = cue.split(" ", 1) if cue.startswith(("visible ", "nir ")) else ("both", cue)
    return next(kind for kind in CUES if kind.name == name and light in kind.lights)


def measured(visible: Stack | None, nir: Stack | None) -> dict[str, float]:
    """All cues that can be had, by full name; NaN where one could not be measured."""
    values: dict[str, float] = {}
    details: dict[str, Detail] = {}
    for light, stack in (("visible", visible), ("nir", nir)):
        if stack is None:
            continue
        detail = details[light] = detail_of(stack)
        own = {
            "relief": relief(stack),
            "roundness": roundness(stack),
            "follows": follows(stack),
            "shading": shading(stack),
            "glint": glint(stack),
            "bands": bands(stack),
            "peak": peak(stack),
            "sharpness": detail.fine - detail.middle,
            "contrast": detail.middle,
            "depth": detail.coarse - detail.middle,
        }
        if light == "visible":
            own |= _colours(detail)
        values |= {f"{light} {name}": value for name, value in own.items()}
    if len(details) == 2:
        values |= {
            "agreement": agreement(details["visible"], details["nir"]),
            "contrast of lights": details["nir"].coarse - details["visible"].coarse,
            "softness of lights": details["nir"].fine - details["nir"].coarse
            - (details["visible"].fine - details["visible"].coarse),
        }  # fmt: skip
    return values


def _colours(detail: Detail) -> dict[str, float]:
    """Cues of a picture in colour; NaN for a grey one.

    "red contrast" is the logarithm of line contrast in red against green; "red softness" and "blue softness" how much
    more of it is fine than coarse, against green; "one colour" the logarithm of what red and blue lines have that
    green ones do not, negative; "tint" the logarithm of red against green light.
    """
    names = ("red contrast", "red softness", "blue softness", "one colour", "tint")
    if detail.by_colour.shape[0] < 3:
        return dict.fromkeys(names, math.nan)
    red, green, blue = detail.by_colour
    lines = detail.lines.reshape(-1, 3)
    lines = lines - lines.mean(axis=0)
    power = lines.T @ lines / len(lines)
    own = [1.0 - float(power[i, 1] ** 2 / max(power[i, i] * power[1, 1], 1e-12)) for i in (0, 2)]
    return {
        "red contrast": float(red[1] - green[1]),
        "red softness": float(red[0] - red[2] - (green[0] - green[2])),
        "blue softness": float(blue[0] - blue[2] - (green[0] - green[2])),
        "one colour": -math.log(max(sum(own) / 2, 0.0) + 3e-3),
        "tint": float(detail.tints[0] - detail.tints[1]),
    }
