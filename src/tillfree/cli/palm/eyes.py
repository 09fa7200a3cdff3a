"""The models that come with Tillfree as a station's eyes, and as the recogniser of the desk of palms."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from tillfree.palm.capture.finder import HandFinder
from tillfree.palm.capture.looks import Look
from tillfree.palm.embedding import Embedder
from tillfree.palm.encoding import Encoder
from tillfree.palm.liveness.judging import Liveness
from tillfree.palm.samples import BANDS, HandImage, HandSide
from tillfree.storage.models import hand_model, liveness_model, palm_model
from tillfree.store.palms.room_recogniser import RoomRecogniser, scheme_of
from tillfree.web.palms.seeing import Eyes, LiveHint, SeenHand

__all__ = ["shipped_eyes"]


def shipped_eyes() -> tuple[Eyes, RoomRecogniser]:
    """Eyes and recogniser that share their models.

    Raises:
        PalmError: a package is missing: pip install 'tillfree[palm]'.
    """
    hand, palm = hand_model(), palm_model()
    lights = ThreadPoolExecutor(len(BANDS), "palm-lights")
    finder, encoder, liveness = HandFinder(hand), Encoder(Embedder(palm)), Liveness(liveness_model(), lights.map)

    def look(image: HandImage, before: SeenHand | None, wanted: HandSide) -> SeenHand:
        return finder.look(image, wanted=wanted, before=cast("Look | None", before))

    def judge(frames: Sequence[HandImage], looks: Sequence[SeenHand]) -> LiveHint:
        verdict = liveness.judge(frames, looks)
        return LiveHint(verdict.live, verdict.probability, verdict.reasons)

    recogniser = RoomRecogniser(
        finder.look,
        encoder.features,
        scheme_of(palm),
        lambda frames, looks: judge(frames, cast("Sequence[SeenHand]", looks)),
    )
    return Eyes(look, encoder.features, judge), recogniser
