"""One server for the tests of a module; each test makes its own trips."""

from collections.abc import Iterator

import pytest

from tests.web.retailer.staging import KEYS, Caller, calling


@pytest.fixture(scope="module")
def keys() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TILLFREE_RETAILER_KEYS", KEYS)
        yield


@pytest.fixture(scope="module")
def shared(keys: None) -> Iterator[Caller]:  # noqa: ARG001  the keys must be there first
    with calling() as made:
        yield made


@pytest.fixture
def caller(shared: Caller) -> Caller:
    """The server of the module, with nothing left to do, and a processor that has done nothing yet."""
    processor = shared.world.processor
    processor.declines.clear()
    processor.pending.clear()
    shared.world.till.tick()
    processor.done.clear()
    return shared
