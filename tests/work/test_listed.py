"""Of equal copies, the one that is spared lies where the fewest such copies lie."""

import numpy as np

from provender.detect.base import RowScores
from provender.work.listed import gathered, suspects_among

STARTS = np.array([0, 100, 200])


def suspects(text):
    """Return the suspect rows of a listing written as row:group pairs."""
    pairs = np.array([[int(n) for n in pair.split(":")] for pair in text.split()], np.int64)
    ones = np.ones(len(pairs))
    listed = RowScores(ones, ones * 1e-9, np.zeros(len(pairs), np.int32), *pairs.T)
    return suspects_among(listed, STARTS, gathered(listed, STARTS)).rows.tolist()


def test_a_flood_in_one_shard_is_flagged_and_its_originals_are_not():
    # Rows 200-203 copy one row each of the first two shards.
    assert suspects("5:5 50:50 105:105 150:150 200:5 201:50 202:105 203:150") == [
        200,
        201,
        202,
        203,
    ]


def test_a_flood_in_the_first_shard_is_flagged_although_it_comes_first():
    assert suspects("1:1 2:2 3:3 110:1 120:2 210:3") == [1, 2, 3]


def test_copies_within_one_shard_keep_the_first():
    assert suspects("1:1 2:1 3:1") == [2, 3]


def test_rows_on_their_own_are_never_spared():
    assert suspects("1:-1 2:-1 120:120 210:120") == [1, 2, 210]
