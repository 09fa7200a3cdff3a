"""Which samples are good enough to be kept, and whether they are all of the same palm."""

from collections.abc import Sequence

from tillfree.storage.palm_vault.records import Hand, Template
from tillfree.store.palms.errors import PalmDeskError
from tillfree.store.palms.galleries import KeptGallery
from tillfree.store.palms.rates import of_tries
from tillfree.store.palms.recogniser import Recogniser, Sample
from tillfree.store.palms.settings import PalmSettings

__all__ = ["are_of_one_palm", "chosen_templates", "good_enough", "good_samples"]

_TWO_HANDS_RATE = 0.01
"""Samples that are taken within seconds are of one hand, unless two people hold theirs in turn: so often may hands of
others pass for the first, so that few good samples are refused (assumed)."""


def good_enough(sample: Sample, settings: PalmSettings) -> str:
    """Why a sample is not compared: a word of `PALM_REASONS`, empty for a good one."""
    if sample.features is None:
        return "no hand"
    if settings.liveness == "required" and sample.live is not True:
        return "not live"
    return "poor" if sample.quality < settings.quality_min else ""


def good_samples(samples: Sequence[Sample], settings: PalmSettings, least: int) -> dict[Hand, list[Sample]]:
    """The good samples by hand, the best first; of each hand there have to be `least`.

    Raises:
        PalmDeskError: there are too few of a hand, or none at all.
    """
    found: dict[Hand, list[Sample]] = {}
    for sample in samples:
        if not good_enough(sample, settings):
            found.setdefault(sample.hand, []).append(sample)
    if not found:
        why = sorted({good_enough(sample, settings) for sample in samples}) or ["no hand"]
        raise PalmDeskError(f"none of {len(samples)} samples is good enough ({', '.join(why)}); hold the hand again")
    for hand, those in found.items():
        if len(those) < least:
            raise PalmDeskError(f"{len(those)} good samples of the {hand} hand, and {least} are needed; hold it again")
        those.sort(key=lambda sample: -sample.quality)
    return found


def chosen_templates(
    found: dict[Hand, list[Sample]],
    gallery: KeptGallery,
    recogniser: Recogniser,
    settings: PalmSettings,
    now_ns: int,
) -> list[Template]:
    """Protected templates of the best samples of each hand; each other sample agrees with one of them.

    Raises:
        PalmDeskError: samples of one hand are not of one palm, as where two people held theirs in turn.
    """
    out: list[Template] = []
    for hand, samples in found.items():
        kept = samples[: settings.templates_max]
        protected = [recogniser.protect(sample, gallery.site_key) for sample in kept]
        data = [[one.data for one in those] for those in protected]
        _need_one_palm(hand, len(samples), gallery.compared(samples, data), gallery)
        out += [
            Template(hand=hand, band=one.band, scheme=recogniser.scheme, made_ns=now_ns, data=one.data)
            for those in protected
            for one in those
        ]
    return out


def are_of_one_palm(
    first: Sequence[Sample], again: Sequence[Sample], gallery: KeptGallery, recogniser: Recogniser
) -> bool:
    """Whether two holds, of samples with features, are of one hand of one person.

    The mean of the ratios of all pairs decides, so that one sample that is worse than the others refuses nobody.
    """
    hands = {sample.hand for sample in (*first, *again)} - {"unknown"}
    if len(hands) > 1 or not first or not again:
        return False
    data = [[one.data for one in recogniser.protect(sample, gallery.site_key)] for sample in first]
    pairs = gallery.compared([*first, *again], data)
    ratio = of_tries([each for number, _, each in pairs if number >= len(first)])
    return ratio >= gallery.threshold(1, _TWO_HANDS_RATE)


def _need_one_palm(hand: Hand, samples: int, ratios: Sequence[tuple[int, int, float]], gallery: KeptGallery) -> None:
    """All samples hang together: from each a chain of pairs that agree leads to each other one.

    That each agrees with some other one would not do: two people who hold their hands in turn, twice each, pass that.
    The more pairs there are, the more surely has each of them to agree. Two samples that are compared both ways, each
    with the template of the other, are one pair with the mean of both ratios: not two tries. What strangers scored at
    this place counts here as in a search. Samples of two bands that nothing links cannot be compared, and are let pass.
    """
    pairs: dict[tuple[int, int], list[float]] = {}
    for one, other, ratio in ratios:
        pairs.setdefault((min(one, other), max(one, other)), []).append(ratio)
    needed = gallery.threshold(max(1, len(pairs)), _TWO_HANDS_RATE)
    group = list(range(samples))
    for (one, other), both in pairs.items():
        if of_tries(both) >= needed and group[one] != group[other]:
            old, new = group[one], group[other]
            group = [new if at == old else at for at in group]
    if any(group[one] != group[other] for one, other in pairs):
        raise PalmDeskError(
            f"the samples of the {hand} hand do not agree; enrol one person at a time, and hold it again"
        )
