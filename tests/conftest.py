"""What every test may use: reproducible properties, and the place of real recordings where a machine has them."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# The gate must give the same answer twice, so it derives its examples from the test alone. To search further:
# HYPOTHESIS_PROFILE=explore python -m pytest
settings.register_profile(
    "gate", derandomize=True, deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The folder that holds pyproject.toml."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of shared recordings (`TILLFREE_SHARED`, default beside the project); skips where it is absent."""
    shared = Path(os.environ.get("TILLFREE_SHARED", ROOT.parent / "shared"))
    data = shared / "data"
    if not data.is_dir():
        pytest.skip(f"no shared recordings: {data} is not a folder (set TILLFREE_SHARED)")
    return data
