"""The store itself as what is evaluated: the same replay as everywhere else, its answers as predictions."""

from tillfree.core.ids import UNKNOWN_PRODUCT
from tillfree.evaluation.cases import Solver
from tillfree.evaluation.predictions import CasePrediction, Prediction
from tillfree.storage.recordings.model import Recording
from tillfree.store.replay import VisitResult, replay
from tillfree.store.settings import StoreSettings

__all__ = ["store_solver"]


def store_solver(settings: StoreSettings | None = None) -> Solver:
    """A solver that replays recordings with these settings."""

    def solve(recording: Recording) -> CasePrediction:
        result = replay(recording, settings)
        return CasePrediction(
            predictions=tuple(_prediction(visit) for visit in result.visits),
            duration_ns=result.duration_ns,
            events=result.events,
            warnings=result.warnings,
            issues=tuple(f"{issue.device}: {issue.problem} ({issue.detail})" for issue in result.issues),
        )

    return solve


def _prediction(visit: VisitResult) -> Prediction:
    return Prediction(
        person=visit.track,
        items={line.product: line.quantity for line in visit.lines if line.product != UNKNOWN_PRODUCT},
        probability=visit.probability,
        review=visit.review,
        visit=visit.visit,
        tracks=visit.tracks,
        lines=visit.lines,
        alternatives=visit.alternatives,
        carts=visit.cart_times,
        receipt_ns=visit.receipt_ns,
        anonymous=visit.anonymous,
        party=visit.trip or visit.party,
        reason="uninvited" if visit.uninvited else visit.reason,
    )
