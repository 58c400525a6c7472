"""Every test gets a state cache of its own: nothing leaks in from the user's."""

from pathlib import Path

import pytest
from hypothesis import settings

# A machine under load is no failure: figures of time belong in benchmarks/.
settings.register_profile("provender", deadline=None)
settings.load_profile("provender")

SAMPLES = Path(__file__).parents[1] / "data_samples"


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("PROVENDER_CACHE", str(folder))
    monkeypatch.delenv("PROVENDER_CACHE_KEY", raising=False)
    return folder


@pytest.fixture(scope="session")
def samples():
    return SAMPLES
