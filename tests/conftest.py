"""Every test gets a state cache of its own: nothing leaks in from the user's."""

from pathlib import Path

import pytest
from hypothesis import settings

from tests.s3 import serving

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


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory):
    """A real S3-compatible server in a process of its own."""
    with serving(tmp_path_factory.mktemp("s3") / "log") as server:
        yield server


@pytest.fixture
def s3_environment(monkeypatch):
    """Set environment variables by which this process and those it starts reach a store."""
    from s3fs import S3FileSystem

    from provender.io.storage import s3_session

    def forget():  # what was made under another environment keeps to that
        s3_session.cache_clear()
        S3FileSystem.clear_instance_cache()

    def use(variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        forget()

    yield use
    forget()


@pytest.fixture
def s3(s3_server, s3_environment):
    """A new bucket; this process and those it starts reach it by its s3:// address."""
    s3_environment(s3_server.environment())
    return s3_server.bucket()
