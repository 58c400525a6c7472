"""The order-free identity: any order, any split; no two multisets alike."""

import hashlib

import numpy as np
import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from provender.identity.multiset import Multiset

DIGESTS = st.lists(st.integers(0, 40).map(lambda i: blake3(bytes([i])).digest()), max_size=40)


@given(DIGESTS, st.randoms())
def test_order_and_splits_do_not_matter(digests, random):
    shuffled = random.sample(digests, len(digests))
    cut = random.randint(0, len(digests))
    parts = Multiset.of(shuffled[:cut]) + Multiset.of(shuffled[cut:])
    assert parts.digest() == Multiset.of(digests).digest()


@given(DIGESTS, DIGESTS)
def test_equal_digests_mean_equal_multisets(one, other):
    same = sorted(one) == sorted(other)
    assert (Multiset.of(one).digest() == Multiset.of(other).digest()) == same


@given(DIGESTS, DIGESTS)
def test_removed_records_can_be_subtracted(kept, removed):
    assert (Multiset.of(kept + removed) - Multiset.of(removed)).digest() == Multiset.of(
        kept
    ).digest()


def test_lanes_are_those_of_the_published_expansion():
    digests = [blake3(bytes([i % 251, i // 251])).digest() for i in range(700)]
    expected = np.zeros(1024, np.uint64)
    for digest in digests:
        expected += np.frombuffer(blake3(digest).digest(2048), "<u2")
    assert (Multiset.of(digests).lanes == expected).all()


def test_65536_copies_do_not_cancel_as_they_do_in_16_bit_lanes():
    a, b = (Multiset.of([blake3(name).digest()]) for name in (b"a", b"b"))

    def times_2_to_16(one):
        return Multiset(one.lanes * np.uint64(2**16), 2**16)

    wrapped = (times_2_to_16(a).lanes % 2**16, times_2_to_16(b).lanes % 2**16)
    assert (wrapped[0] == wrapped[1]).all(), "16-bit lanes could not tell these apart"
    assert times_2_to_16(a).digest() != times_2_to_16(b).digest()


@given(DIGESTS)
def test_a_sum_is_read_back_and_its_digest_is_that_of_its_bytes(digests):
    data = Multiset.of(digests).to_bytes()
    assert Multiset.from_bytes(data).digest() == hashlib.sha256(data).hexdigest()
    assert Multiset.from_bytes(data).to_bytes() == data


@pytest.mark.parametrize("change", [lambda d: d[:-1], lambda d: d + b"0", lambda d: b"x" + d[1:]])
def test_what_is_no_sum_is_refused(change):
    with pytest.raises(ValueError, match="not a sum"):
        Multiset.from_bytes(change(Multiset.empty().to_bytes()))
