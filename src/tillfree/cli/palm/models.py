"""The models that come with Tillfree, opened: what finds a hand in a picture, and what encodes its palm."""

from tillfree.evaluation.palms.pictures import Taker
from tillfree.palm.capture.finder import HandFinder
from tillfree.palm.capture.regions import region_of_square
from tillfree.palm.embedding import Embedder
from tillfree.palm.encoding import Encoder
from tillfree.palm.samples import HandImage, PalmRegion
from tillfree.storage.models import hand_model, palm_model

__all__ = ["open_encoder", "taker_of_hands", "taker_of_regions"]


def open_encoder() -> Encoder:
    """What encodes palms, with the embedding that comes with Tillfree."""
    return Encoder(Embedder(palm_model()))


def taker_of_hands() -> Taker:
    """Finds the palm in a picture of a whole hand; where there is none, what the person should do."""
    finder = HandFinder(hand_model())

    def take(image: HandImage) -> PalmRegion | str:
        look = finder.look(image)
        if look.region is None:
            return look.guidance or "no palm in the picture"
        return look.region

    return take


def taker_of_regions() -> Taker:
    """Takes a picture for a palm region as it is."""
    return lambda image: region_of_square(image.pixels, image.band)
