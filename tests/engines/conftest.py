"""One Flink cluster for all tests of this folder; `make flink-test` starts pytest for it."""

import os

import pytest

from engines.flink.cluster import Cluster


@pytest.fixture(scope="session")
def cluster(request, tmp_path_factory):
    if not os.environ.get("PROVENDER_FLINK"):
        pytest.skip("needs a Flink cluster: `make flink-test` starts one")
    cluster = Cluster(tmp_path_factory.mktemp("flink"))
    # Workers find object storage by the environment that the task managers were started with.
    for name, value in request.getfixturevalue("s3_server").environment().items():
        os.environ[name] = value
    try:
        cluster.up()
        yield cluster
    finally:
        cluster.down()
