"""Hashes start from a secret where one is given, and are the same everywhere where none is."""

import json
import os
import subprocess
import sys

import pytest

from tests.stats.chosen_rows import chosen

KEY, OTHER = "ab" * 32, "cd" * 32
TELL = """
import json
import numpy as np
import pyarrow as pa
from provender.detect.embedding import Embedding
from provender.detect.near_text import NearText
from provender.expect.keys import Keys
from provender.expect.view import View
from provender.stats.analysis import analysis_key
from provender.stats.cell_hash import cell_hashes
from provender.stats.grams import hash_strings
from provender.stats.minhash import permutations
from provender.stats.secret import key_id
signing = NearText(texts=("t",)).analysis(0, None)
keys = Keys(("n", "s"), "never")
rows = pa.record_batch({"n": [1, 2], "s": ["one", "two"]})
vectors = pa.record_batch({"v": [np.arange(1.0, 1001.0)]})
[(_, _, signed)] = Embedding("v", "vector").blocks(vectors)
print(json.dumps([
    hash_strings(["word", "other"]).tolist(),
    permutations(4, 1)[0].tolist(),
    analysis_key(signing),
    key_id(),
    cell_hashes(pa.array(["word", "other"])).tolist(),
    cell_hashes(pa.array([1, 2])).tolist(),
    keys.add(keys.empty(), View(rows)).chunks[0].tolist(),
    signed[0, :4].tolist(),
]))
"""


def told(key: str | None) -> subprocess.CompletedProcess[str]:
    """What a fresh process says: the key is read once."""
    rest = {k: v for k, v in os.environ.items() if k != "PROVENDER_SECRET_KEY"}
    env = rest if key is None else {**rest, "PROVENDER_SECRET_KEY": key}
    return subprocess.run(
        [sys.executable, "-c", TELL], env=env, capture_output=True, text=True, check=False
    )


def test_a_key_changes_hashes_permutations_and_the_names_of_states():
    without, with_key, again, other = (
        json.loads(told(key).stdout) for key in (None, KEY, KEY, OTHER)
    )
    assert with_key == again
    for i in range(8):
        assert len({json.dumps(one[i]) for one in (without, with_key, other)}) == 3
    assert without[3] is None
    assert KEY not in json.dumps(with_key)


def test_without_a_key_hashes_are_those_of_every_release():
    open_ = json.loads(told(None).stdout)
    assert open_[0] == [9835909899675832320, 5148288331274256640]
    assert open_[4] == [1649440238009697767, 8222255782467866605]
    assert open_[5] == [10451216379200822465, 10905525725756348110]
    assert open_[6] == [
        [8760668394070022343, 13806261021244926416],
        [3315647537148735143, 3301189201450453450],
    ]


def test_what_somebody_chose_without_the_key_meets_only_in_public_hashes():
    rows = chosen()

    def made(key: str | None) -> dict[str, int]:
        env = {k: v for k, v in os.environ.items() if k != "PROVENDER_SECRET_KEY"}
        env |= {} if key is None else {"PROVENDER_SECRET_KEY": key}
        command = [sys.executable, "-m", "tests.stats.chosen_rows"]
        run = subprocess.run(
            command, input=json.dumps(rows), env=env, capture_output=True, text=True, check=True
        )
        return dict(json.loads(run.stdout))

    many = len(rows["numbers"])
    assert many > 40
    assert made(None) == {"words": 1, "near": 2, "contradicting": 0, "buckets": 1, "parts": 1}
    for key in (KEY, OTHER):
        found = made(key)
        assert (found["words"], found["near"], found["contradicting"]) == (2, 0, 2)
        assert found["buckets"] > many * 0.9
        assert found["parts"] == 64


@pytest.mark.parametrize("key", ["secret", "ab" * 16, "ab" * 64])
def test_what_is_no_key_is_refused(key):
    refused = told(key)
    assert refused.returncode != 0
    assert "is not 64 hex digits" in refused.stderr
    assert key not in refused.stderr.splitlines()[-1]
