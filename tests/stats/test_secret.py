"""Hashes start from a secret where one is given, and are the same everywhere where none is."""

import json
import os
import subprocess
import sys

import pytest

KEY, OTHER = "ab" * 32, "cd" * 32
TELL = """
import json
import pyarrow as pa
from provender.detect.near_text import NearText
from provender.stats.analysis import analysis_key
from provender.stats.grams import hash_strings
from provender.stats.minhash import permutations
from provender.stats.secret import key_id
signing = NearText(text="t").analysis(0, None)
print(json.dumps([
    hash_strings(["word", "other"]).tolist(),
    permutations(4, 1)[0].tolist(),
    analysis_key(signing),
    key_id(),
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
    for i in range(4):
        assert len({json.dumps(one[i]) for one in (without, with_key, other)}) == 3
    assert without[3] is None
    assert KEY not in json.dumps(with_key)


def test_without_a_key_hashes_are_those_of_every_release():
    hashes = json.loads(told(None).stdout)[0]
    assert hashes == [9835909899675832320, 5148288331274256640]


@pytest.mark.parametrize("key", ["secret", "ab" * 16, "ab" * 64])
def test_what_is_no_key_is_refused(key):
    refused = told(key)
    assert refused.returncode != 0
    assert "is not 64 hex digits" in refused.stderr
    assert key not in refused.stderr.splitlines()[-1]
