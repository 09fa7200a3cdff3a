"""The embedding that comes with Tillfree: samples of one simulated palm are alike, those of two are not."""

import importlib.util

import numpy as np
import pytest

if missing := [name for name in ("cv2", "onnxruntime") if importlib.util.find_spec(name) is None]:
    pytest.skip(f"{missing[0]} is not installed: it is part of the extra palm", allow_module_level=True)

from tillfree.palm.embedding import Embedder
from tillfree.palm.errors import PalmError
from tillfree.palm.samples import REGION_PX, PalmRegion
from tillfree.simulation.palms.regions.conditions import TRAINING, UNSEEN, Conditions
from tillfree.simulation.palms.regions.world import identities, samples
from tillfree.storage.models import palm_model


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(palm_model())


@pytest.mark.parametrize(
    ("conditions", "least"),
    [(TRAINING[0], 0.75), (TRAINING[4], 0.75), (UNSEEN[0], 0.5), (UNSEEN[1], 0.5)],
    ids=lambda each: each.name if isinstance(each, Conditions) else "",
)
def test_samples_of_a_palm_are_found_among_those_of_others(
    embedder: Embedder, conditions: Conditions, least: float
) -> None:
    shown = [samples(palm, 2, conditions.band, conditions=conditions) for palm in identities(1001, 12)]
    first, second = (embedder.embed([row[k] for row in shown]) for k in range(2))
    scores = first @ second.T
    assert np.mean(scores.argmax(axis=1) == np.arange(len(shown))) >= least
    assert np.diag(scores).mean() > scores[~np.eye(len(shown), dtype=bool)].mean() + 0.2


def test_embeddings_have_length_one_and_are_always_the_same(embedder: Embedder) -> None:
    regions = samples(next(identities(1002, 1)), 3)
    one, two = embedder.embed(regions), embedder.embed(regions[::-1])[::-1]
    assert one.dtype == np.float32
    assert one.shape == (3, 512)
    assert np.allclose(np.linalg.norm(one, axis=1), 1.0, atol=1e-5)
    assert np.allclose(one, two, atol=1e-6)
    assert embedder.embed([]).shape == (0, 512)


def test_light_and_contrast_hardly_matter(embedder: Embedder) -> None:
    region = samples(next(identities(1003, 1)), 1)[0]
    darker = PalmRegion((0.2 + 0.5 * region.pixels).astype(np.float32), region.mask, region.band, region.side)
    one, two = embedder.embed([region, darker])
    assert float(one @ two) > 0.99


def test_what_is_masked_does_not_matter(embedder: Embedder) -> None:
    region = samples(next(identities(1004, 1)), 1)[0]
    mask = region.mask.copy()
    mask[:, 120:] = False
    other = np.where(mask, region.pixels, np.float32(0.9)).astype(np.float32)
    one, two = embedder.embed([PalmRegion(region.pixels, mask), PalmRegion(other, mask)])
    assert float(one @ two) > 0.98


def test_a_region_without_a_palm_gives_an_embedding_or_an_error_but_no_nonsense(embedder: Embedder) -> None:
    empty = PalmRegion(np.zeros((REGION_PX, REGION_PX), np.float32), np.zeros((REGION_PX, REGION_PX), np.bool_))
    found = embedder.embed([empty])
    assert np.isfinite(found).all()


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(PalmError, match="no model"):
        Embedder(b"nothing")
    with pytest.raises(PalmError, match="1 to 5"):
        Embedder(b"", views=0)
