"""Shards, states and results all in object storage, read and written by a cluster's workers."""

import json
import shutil

import pytest

from tests.engines.flink_case import SCAN, digests, run

pytestmark = pytest.mark.flink
ROLES = ("--label", "income", "--source", "source", "--quarantine", "--format", "json")


def download(bucket, prefix, folder):
    for name in bucket.names(prefix):
        path = folder / name.removeprefix(prefix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bucket.get(name))
    return folder


def test_a_scan_of_object_storage_gives_the_same_bytes(cluster, s3_server, samples, tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(samples / "planted" / "duplicates" / "adult", folder)
    bucket = s3_server.bucket()
    command = [*SCAN, bucket.upload(folder, "data"), "--cache", f"{bucket.uri}/states"]
    here = run(cluster, *SCAN, folder, "--cache", tmp_path / "c", "--out", tmp_path / "h", *ROLES)
    assert here.code == 1, here.err
    there = run(cluster, *command, "--out", f"{bucket.uri}/out", *ROLES, parallelism=2)
    assert there.code == 1, there.err
    wanted = digests(tmp_path / "h")
    assert digests(download(bucket, "out/", tmp_path / "t")) == wanted
    assert json.loads(there.out)["read"]["rows_read"] > 0

    again = run(cluster, *command, "--out", f"{bucket.uri}/again", *ROLES, parallelism=2)
    assert json.loads(again.out)["read"]["rows_read"] == 0
    assert digests(download(bucket, "again/", tmp_path / "a")) == wanted
