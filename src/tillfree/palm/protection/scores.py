"""What a comparison of protected templates says, opinion by opinion."""

import dataclasses

import numpy as np
import numpy.typing as npt

from tillfree.palm.codes.layout import GRIDS, PLANES
from tillfree.palm.protection.laying import Agreement

__all__ = ["OPINIONS", "ProtectedScores"]

OPINIONS = ("embedding", "ordinal_coarse", "ordinal_fine", "competitive_coarse", "competitive_fine")
_PAIRS = np.array([PLANES * grid * grid / 2.0 for grid in GRIDS])


@dataclasses.dataclass(frozen=True, slots=True)
class ProtectedScores:
    """How alike a probe and a template are; larger is more alike, about 0 for two palms.

    `embedding` is an estimate of the cosine. The others are 1 minus twice the share of parities that differ, at the
    two levels of the codes, times the root of the share of the palm that both show: with fewer parities a share
    differs more from a half by chance.
    """

    embedding: float
    ordinal_coarse: float
    ordinal_fine: float
    competitive_coarse: float
    competitive_fine: float

    @staticmethod
    def of(cosine: float, agreement: Agreement) -> "ProtectedScores":
        """The scores of a cosine and of codes that lie on each other."""
        seen = np.sqrt(np.minimum(agreement.pairs / _PAIRS, 1.0))
        ordinal = (1.0 - 2.0 * agreement.ordinal) * seen[0]
        competitive = (1.0 - 2.0 * agreement.competitive) * seen[1]
        return ProtectedScores(
            cosine, float(ordinal[0]), float(ordinal[1]), float(competitive[0]), float(competitive[1])
        )

    def vector(self) -> npt.NDArray[np.float64]:
        """The scores in the order of `OPINIONS`, (5,)."""
        return np.array([getattr(self, name) for name in OPINIONS])
