"""Protects features with the key of a site, and compares a probe with what is stored: ISO/IEC 24745.

Per template, with a salt of its own: bits of the embedding on keyed hyperplanes, and a keyed selection of the classical
codes, sealed with a keyed stream. For the search in a gallery: bits of the embedding on hyperplanes that the whole
site shares, since a probe cannot be projected anew for each of a million templates. What that costs, and what remains
when the key is stolen, is measured on the page about the protection of palms.
"""

import dataclasses
import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from tillfree.palm.codes.layout import BLOCK
from tillfree.palm.comparison import Probe, Reference, scores_of
from tillfree.palm.errors import PalmError
from tillfree.palm.features import Features, Scores
from tillfree.palm.fusion import Fusion
from tillfree.palm.protection.fusion_table import FUSIONS, TAILS
from tillfree.palm.protection.keys import KEY_BYTES, SALT_BYTES, KeyedStream, derive_key, key_id_of
from tillfree.palm.protection.projection import SignProjection, cosines_of
from tillfree.palm.protection.selection import KEPT, CodeSelection
from tillfree.palm.protection.template import ProtectedTemplate
from tillfree.palm.samples import Band
from tillfree.palm.thresholds import ImpostorTail

__all__ = ["EMBEDDING_BITS", "SEARCH_BITS", "OpenedTemplate", "ProtectedProbe", "Protector"]

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
EMBEDDING_BITS = 1024
"""Bits of the embedding in a template."""
SEARCH_BITS = 1024
"""Bits of the embedding in the code that galleries are searched by."""


@dataclasses.dataclass(frozen=True, slots=True)
class ProtectedProbe:
    """A probe that is ready for many templates; it lives in memory, during one act, and is as secret as features."""

    features: Features
    codes: Probe


@dataclasses.dataclass(frozen=True, slots=True)
class _Secrets:
    """What follows from the key of the site and one salt."""

    projection: SignProjection | None
    selection: CodeSelection
    pad: KeyedStream


@dataclasses.dataclass(frozen=True, slots=True)
class OpenedTemplate:
    """A template that is ready for many probes; as secret as features, and for as long in memory."""

    stored: ProtectedTemplate
    projection: SignProjection | None
    bits: Bytes
    ordinal: Bytes
    competitive: Bytes
    valid: Bytes


class Protector:
    """Protects and compares with one key of a site. The same input gives the same output."""

    def __init__(self, site_key: bytes, fusions: Mapping[tuple[Band, bool], Fusion] = FUSIONS) -> None:
        """Takes a key of at least 32 random bytes; `fusions` make one log likelihood ratio of several opinions.

        Raises:
            PalmError: the key is too short.
        """
        self._site_key = site_key
        self.key_id = key_id_of(site_key)
        self._fusions = fusions
        self._search: dict[int, SignProjection] = {}

    def protect(self, features: Features, salt: bytes) -> ProtectedTemplate:
        """What may be stored of features; `salt` is 16 new random bytes for each template, never used twice.

        Raises:
            PalmError: the salt has another length, or the features are no features.
        """
        embedding = _embedding(features)
        _check_salt(salt)
        secrets = self._secrets(salt, len(embedding))
        bits = np.zeros(0, np.uint8)
        if secrets.projection is not None:
            bits = np.packbits(secrets.projection.values(embedding[None])[0] > 0)
        codes = secrets.selection.pack(features.ordinal, features.competitive, features.valid)
        plain = np.concatenate([bits, codes])
        sealed = plain ^ secrets.pad.octets(len(plain))
        return ProtectedTemplate(self.key_id, salt, features.band, features.side, len(embedding), len(bits), sealed)

    def probe(self, features: Features) -> ProtectedProbe:
        """Prepares features for comparison with several templates."""
        _embedding(features)
        return ProtectedProbe(features, Probe(features))

    def open(self, stored: ProtectedTemplate) -> OpenedTemplate:
        """Prepares a template for comparison with several probes.

        Raises:
            PalmError: the template was made with another key.
        """
        self._check_key(stored)
        secrets = self._secrets(stored.salt, stored.dimensions)
        plain = stored.sealed ^ secrets.pad.octets(len(stored.sealed))
        bits, codes = plain[: stored.embedding_bytes], plain[stored.embedding_bytes :]
        return OpenedTemplate(stored, secrets.projection, bits, *secrets.selection.unpack(codes))

    def opinions(
        self, probe: Features | ProtectedProbe, stored: ProtectedTemplate | OpenedTemplate
    ) -> tuple[Doubles, Doubles]:
        """Opinions (6,), in the order of `tillfree.palm.fusion.OPINIONS`, and compared places (2,) of a comparison.

        The cosine is an estimate from bits; places are scaled up to what they would be if all were kept.

        Raises:
            PalmError: the template was made with another key, from another band, or by another model.
        """
        ready = probe if isinstance(probe, ProtectedProbe) else self.probe(probe)
        self._check(ready.features, stored.stored if isinstance(stored, OpenedTemplate) else stored)
        opened = stored if isinstance(stored, OpenedTemplate) else self.open(stored)
        cosine = math.nan
        if opened.projection is not None:
            values = opened.projection.values(ready.features.embedding[None])[0]
            cosine = float(cosines_of(values, opened.bits[None])[0])
        kept = dataclasses.replace(
            ready.features, ordinal=opened.ordinal, competitive=opened.competitive, valid=opened.valid
        )
        opinions, places = ready.codes.opinions([Reference(kept)])
        opinions[0, 0] = cosine
        return opinions[0], places[0] * (BLOCK * BLOCK / KEPT)

    def scores(self, probe: Features | ProtectedProbe, stored: ProtectedTemplate | OpenedTemplate) -> Scores:
        """How alike a probe and a template are, by each opinion and all together.

        Raises:
            PalmError: as `opinions`.
        """
        opinions, places = self.opinions(probe, stored)
        features = probe.features if isinstance(probe, ProtectedProbe) else probe
        fusion = self._fusions[(features.band, bool(features.embedding.size))]
        return scores_of(opinions[None], places[None], fusion)[0]

    def compare(self, probe: Features | ProtectedProbe, stored: ProtectedTemplate | OpenedTemplate) -> float:
        """The natural logarithm of the likelihood ratio of "the same palm" against "two palms".

        Raises:
            PalmError: as `opinions`.
        """
        return self.scores(probe, stored).log_ratio

    def threshold(self, fmr: float, band: Band, *, embedded: bool = True) -> float:
        """The log ratio that a stranger's template reaches this often, as simulated strangers let expect.

        For a search among n persons give `tillfree.palm.thresholds.fmr_for_gallery`. The tail of strangers is taken to
        fall exponentially where the fit says that it ends: few were seen, and none so far out.

        Raises:
            PalmError: the rate is not above 0, or larger than the share of strangers that the tail was fitted to.
        """
        return _tail(band, embedded=embedded).threshold(fmr)

    def cautious_threshold(self, fmr: float, band: Band, *, embedded: bool = True) -> float:
        """The log ratio that a stranger's template reaches this often at most: by the upper bound of what is expected.

        Raises:
            PalmError: as `threshold`; or too few simulated strangers were seen to be sure of it.
        """
        return _tail(band, embedded=embedded).cautious_threshold(fmr)

    def search_code(self, features: Features) -> Bytes:
        """What the index of this site holds of features: SEARCH_BITS bits, packed, (SEARCH_BITS / 8,).

        Two codes of one palm are alike within a site: that is what an index is for, and why it has to be kept secret.

        Raises:
            PalmError: the features have no embedding.
        """
        return np.packbits(self.search_values(features) > 0)

    def search_values(self, features: Features) -> Floats:
        """A probe for the index, (SEARCH_BITS,): its signs are its code, its sizes say how sure each bit is.

        Raises:
            PalmError: the features have no embedding.
        """
        embedding = _embedding(features)
        if not embedding.size:
            raise PalmError("features without an embedding cannot be searched by: encode with a model")
        projection = self._search.get(len(embedding))
        if projection is None:
            key = derive_key(self._site_key, b"", "search")
            projection = self._search[len(embedding)] = SignProjection(key, len(embedding), SEARCH_BITS)
        values: Floats = projection.values(embedding[None])[0]
        return values

    def _secrets(self, salt: bytes, dimensions: int) -> _Secrets:
        keys = derive_key(self._site_key, salt, "template", 3 * KEY_BYTES)
        embedding, codes, pad = (keys[n * KEY_BYTES : (n + 1) * KEY_BYTES] for n in range(3))
        projection = SignProjection(embedding, dimensions, EMBEDDING_BITS) if dimensions else None
        return _Secrets(projection, CodeSelection(KeyedStream(codes)), KeyedStream(pad))

    def _check_key(self, stored: ProtectedTemplate) -> None:
        if stored.key_id != self.key_id:
            raise PalmError(
                f"a template was made with the key {stored.key_id.hex()} and not with {self.key_id.hex()}: "
                "compare it with its own key, or enrol the person again"
            )

    def _check(self, probe: Features, stored: ProtectedTemplate) -> None:
        self._check_key(stored)
        if stored.band != probe.band:
            raise PalmError(f"a probe in {probe.band} light cannot be compared with a template in {stored.band} light")
        if stored.dimensions != len(probe.embedding):
            raise PalmError(
                f"a template of {stored.dimensions} dimensions was made by another model than a probe of "
                f"{len(probe.embedding)}: enrol the person again"
            )


def _tail(band: Band, *, embedded: bool) -> ImpostorTail:
    """Of strangers; where the fit says that it ends it is taken to fall exponentially."""
    tail = TAILS[(band, embedded)]
    return dataclasses.replace(tail, shape=max(tail.shape, 0.0))


def _embedding(features: Features) -> Floats:
    embedding = features.embedding
    if embedding.ndim != 1 or embedding.dtype != np.float32 or not np.isfinite(embedding).all():
        raise PalmError(
            f"an embedding has the shape (d,) of finite float32, not {embedding.shape} of {embedding.dtype}"
        )
    return embedding


def _check_salt(salt: bytes) -> None:
    if len(salt) != SALT_BYTES:
        raise PalmError(f"a salt has {SALT_BYTES} new random bytes, not {len(salt)}")
