"""Of equal copies, the one that is spared lies where the fewest such copies lie."""

from dataclasses import dataclass

import numpy as np

from provender.detect.base import RowScores
from provender.io.states import StateStore
from provender.work.listed import gathered, suspects_listed

STARTS = (0, 100, 200)


@dataclass(frozen=True)
class Listing:
    """A detector that lists what its profile says: (row, group) pairs."""

    def flagged(self, profile: bytes) -> RowScores:
        pairs = np.array(eval_pairs(profile), np.int64).reshape(-1, 2)
        ones = np.ones(len(pairs))
        return RowScores(
            ones, ones * 1e-9, np.zeros(len(pairs), np.int32), pairs[:, 0], pairs[:, 1]
        )


def eval_pairs(profile: bytes) -> list[list[int]]:
    return [[int(n) for n in pair.split(":")] for pair in profile.decode().split()]


def suspects(tmp_path, text):
    store = StateStore(str(tmp_path))
    name = store.put_content("profile", text.encode())
    crowd = tuple(gathered(Listing().flagged(text.encode()), STARTS).tolist())
    return suspects_listed(Listing(), name, store, STARTS, crowd).rows.tolist()


def test_a_flood_in_one_shard_is_flagged_and_its_originals_are_not(tmp_path):
    # Rows 200-203 copy one row each of the first two shards.
    assert suspects(tmp_path, "5:5 50:50 105:105 150:150 200:5 201:50 202:105 203:150") == [
        200,
        201,
        202,
        203,
    ]


def test_a_flood_in_the_first_shard_is_flagged_although_it_comes_first(tmp_path):
    assert suspects(tmp_path, "1:1 2:2 3:3 110:1 120:2 210:3") == [1, 2, 3]


def test_copies_within_one_shard_keep_the_first(tmp_path):
    assert suspects(tmp_path, "1:1 2:1 3:1") == [2, 3]


def test_rows_on_their_own_are_never_spared(tmp_path):
    assert suspects(tmp_path, "1:-1 2:-1 120:120 210:120") == [1, 2, 210]
