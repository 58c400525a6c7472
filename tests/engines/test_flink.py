"""On a Flink cluster a scan gives what it gives here: the same bytes, words and exit codes."""

import json
import random
import shutil
from pathlib import Path

import pytest

from tests.engines.flink_case import SCAN, digests, run

pytestmark = pytest.mark.flink
SUITE = Path(__file__).parents[2] / "expectations" / "adult.json"
ADULT = ("--label", "income", "--source", "source", "--suite", SUITE, "--format", "json")


def scan(cluster, data, place, *options, parallelism=None):
    command = (*SCAN, *data, "--out", place / "out", "--cache", place / "cache", *options)
    return run(cluster, *command, parallelism=parallelism)


@pytest.fixture(scope="module")
def adult(samples):
    return sorted((samples / "planted" / "duplicates" / "adult").iterdir())


@pytest.fixture(scope="module")
def here(cluster, adult, tmp_path_factory):
    place = tmp_path_factory.mktemp("here")
    ran = scan(cluster, adult, place, *ADULT)
    assert ran.code == 1, ran.err
    return digests(place / "out"), json.loads(ran.out)["read"]


@pytest.mark.parametrize(("parallelism", "shuffled"), [(1, False), (2, True), (4, False)])
def test_a_scan_gives_the_same_bytes(cluster, adult, here, tmp_path, parallelism, shuffled):
    if shuffled:
        adult = random.Random(11).sample(adult, len(adult))
    there = scan(cluster, adult, tmp_path, *ADULT, parallelism=parallelism)
    assert there.code == 1, there.err
    documents, read = here
    assert digests(tmp_path / "out") == documents
    assert json.loads(there.out)["read"] == read
    assert f"fingerprint: 8 done  {read['rows_read']:,} rows" in there.err


@pytest.mark.parametrize(
    ("planted", "roles", "code"),
    [
        ("label-conflict/mail", ("--text", "text", "--label", "label"), 1),
        ("spectral/digits", ("--image", "pixels", "--label", "label", "--key", "id"), 1),
    ],
)
def test_what_is_planted_is_found_alike(cluster, samples, tmp_path, planted, roles, code):
    data = [samples / "planted" / planted]
    here = scan(cluster, data, tmp_path / "here", *roles)
    there = scan(cluster, data, tmp_path / "there", *roles, parallelism=2)
    assert (here.code, there.code) == (code, code), there.err
    assert digests(tmp_path / "there" / "out") == digests(tmp_path / "here" / "out")


def test_a_failed_shard_is_named_in_the_same_words(cluster, samples, tmp_path):
    data = shutil.copytree(samples / "clean" / "digits", tmp_path / "data")
    shard = data / "digits-2.parquet"
    shard.write_bytes(shard.read_bytes()[:-700])
    here = scan(cluster, [data], tmp_path / "here")
    there = scan(cluster, [data], tmp_path / "there", parallelism=2)
    said = [ended.err.splitlines()[-1] for ended in (here, there)]
    assert "digits-2.parquet" in said[0]
    assert said[1] == said[0]
    assert (here.code, there.code) == (2, 2)
    assert "Traceback" not in there.err
    assert not (tmp_path / "there" / "out" / "manifest.json").exists()


def test_an_engine_that_does_not_answer_is_one_line(cluster, adult, tmp_path):
    options = [o.replace(":8081", ":8082") for o in cluster.options(1)]
    command = (*SCAN, *adult, "--out", tmp_path / "out", "--cache", tmp_path / "cache")
    there = run(cluster, *command, "--", *options)
    assert there.code == 2
    (line,) = there.err.splitlines()
    assert line.startswith("provender: FlinkRunner: the engine does not answer")
