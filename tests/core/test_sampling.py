"""Samples: repeatable, unpredictable without the seed, and honest about what they can miss."""

from __future__ import annotations

import itertools

import pytest

from provender.core.sampling import detection_probability, sample

NAMES = [f"part-{number:03}.parquet" for number in range(40)]


def test_a_sample_is_repeated_by_its_seed_and_changed_by_another() -> None:
    assert sample(NAMES, 5, "beacon", "sha256:1") == sample(NAMES[::-1], 5, "beacon", "sha256:1")
    chosen = {tuple(sample(NAMES, 5, f"beacon {n}", "sha256:1")) for n in range(20)}
    assert len(chosen) == 20
    assert sample(NAMES, 5, "beacon", "sha256:2") != sample(NAMES, 5, "beacon", "sha256:1")
    assert sample(NAMES, 99, "beacon", "sha256:1") == NAMES


def test_every_shard_is_chosen_about_equally_often() -> None:
    counts = dict.fromkeys(NAMES, 0)
    for number in range(2000):
        for name in sample(NAMES, 10, str(number), "sha256:1"):
            counts[name] += 1
    assert min(counts.values()) > 400
    assert max(counts.values()) < 600


@pytest.mark.parametrize(("total", "count", "tampered"), [(7, 3, 2), (6, 2, 5), (8, 4, 4)])
def test_the_probability_is_what_counting_gives(total: int, count: int, tampered: int) -> None:
    bad = set(range(tampered))
    samples = list(itertools.combinations(range(total), count))
    seen = sum(bool(bad & set(chosen)) for chosen in samples)
    assert detection_probability(total, count, tampered) == pytest.approx(seen / len(samples))


def test_the_probability_at_its_ends() -> None:
    assert detection_probability(10, 3, 0) == 0
    assert detection_probability(10, 10, 1) == 1
    assert detection_probability(10**6, 10**3, 1) == pytest.approx(1e-3)
