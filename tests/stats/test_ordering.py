import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.stats.ordering import Places, ascending

#: Hashes, small numbers, numbers that differ in their last bits only, many equal ones.
KEYS = {
    "hashes": lambda random, n: random.integers(0, 2**64, n, np.uint64),
    "small": lambda random, n: random.integers(0, 300, n, np.uint64),
    "last bits": lambda random, n: np.uint64(7 << 60) + random.integers(0, 2**16, n, np.uint64),
    "equal first bits": lambda random, n: (
        np.uint64(2**48) * random.integers(0, 9, n, np.uint64)
        + random.integers(0, 2**16, n, np.uint64)
    ),
    "equal": lambda _, n: np.full(n, 5, np.uint64),
}


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("many", [0, 1, 50, 5000])
def test_keys_are_sorted_as_a_stable_sort_does(kind: str, many: int) -> None:
    keys = KEYS[kind](np.random.default_rng(many), many)
    assert ascending(keys).tolist() == np.argsort(keys, kind="stable").tolist()
    signed = (keys >> np.uint64(1)).astype(np.int64)
    assert ascending(signed).tolist() == np.argsort(signed, kind="stable").tolist()


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("many", [0, 1, 50, 5000])
def test_keys_are_found_where_a_binary_search_finds_them(kind: str, many: int) -> None:
    random = np.random.default_rng(many)
    known = np.sort(KEYS[kind](random, many))
    asked = np.concatenate((known[::3], KEYS[kind](random, 100)))
    place, held = Places.of(known).at(asked)
    assert held.tolist() == np.isin(asked, known).tolist()
    assert place[held].tolist() == np.searchsorted(known, asked[held]).tolist()
    assert ((place >= 0) & (place <= max(many - 1, 0))).all()


@given(st.lists(st.integers(0, 2**64 - 1)), st.lists(st.integers(0, 2**64 - 1)))
def test_what_is_not_known_is_not_held(known: list[int], asked: list[int]) -> None:
    places = Places.of(np.array(sorted(known), np.uint64))
    held = places.hold(np.array([*asked, *known], np.uint64))
    assert held.tolist() == [one in known for one in [*asked, *known]]
