"""Where each shard begins among all records: as large as there are shards, so in the store."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from provender.io.states import StateStore
from provender.stats.packing import pack, unpack

_STARTS = "starts/1"


def store_starts(starts: np.ndarray, store: StateStore) -> str:
    """Store the numbers of the shards' first rows and return the name."""
    return store.put_content("starts", pack(_STARTS, {}, {"starts": starts}))


@lru_cache(maxsize=4)
def load_starts(name: str, store: StateStore) -> np.ndarray:
    """Return int64 (shards,): the global number of each shard's first row."""
    starts: np.ndarray = unpack(_STARTS, store.require(name))[1]["starts"]
    return starts
