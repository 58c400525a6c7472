import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.detect.label_conflict.family import Family, Strengths, inflation

NATS = st.floats(-5, 500)


def strengths(*pairs: tuple[float, float]) -> Strengths:
    return Strengths(*(np.array(one, float) for one in zip(*pairs, strict=True)))


def test_the_stronger_test_pays_for_all_groups_and_the_weaker_for_those_it_leaves():
    every = strengths((60, 9), (2, 40), *[(1, 1)] * 998)
    family = Family.of(every, 1000)
    assert family == Family(searched=1000, screened=2)
    p_value = np.exp(family.log_p(every, 1.0))
    assert p_value[:2] == pytest.approx([2 * np.exp(-9), 2 * np.exp(-2)])
    assert (p_value[2:] == 1).all()


def test_a_group_that_neither_test_tells_from_the_others_is_not_helped():
    every = strengths((9, 8), *[(1, 1)] * 999)
    family = Family.of(every, 1000)
    assert family.screened == 1
    assert np.exp(family.log_p(every, 1.0))[0] == pytest.approx(1000 * np.exp(-9))


@given(NATS, NATS, st.integers(1, 10_000), st.floats(1, 5), st.floats(0, 1))
def test_a_p_value_is_at_most_one_and_grows_with_whatever_weakens_the_group(
    by_label, by_content, searched, stretch, share
):
    one = strengths((by_label, by_content))
    family = Family.of(one, searched)
    p_value = family.log_p(one, stretch)
    assert p_value <= 0
    assert p_value >= family.log_p(one, 1.0)
    assert family.log_p(one.times(share), stretch) >= min(p_value, 0) - 1e-9
    more = Family(searched + 1, family.screened + 1)
    assert more.log_p(one, stretch) >= p_value


def test_of_clean_families_no_more_than_the_rate_alarm():
    """Each group breaks one hypothesis at most, however strongly; the other tail is exact."""
    random = np.random.default_rng(0)
    alarms = 0
    for _ in range(2000):
        null = random.exponential(size=(2, 300))
        broken = random.integers(3, size=300)
        by_label, by_content = (np.where(broken == i, 30, null[i]) for i in range(2))
        every = Strengths(by_label, by_content)
        alarms += Family.of(every, 300).log_p(every, 1.0).min() <= np.log(0.05)
    assert 20 < alarms < 130, "5 % of 2,000 are 100"


def test_the_bulk_of_an_exact_null_is_not_stretched_and_a_slower_tail_is():
    exact = np.random.default_rng(1).exponential(size=20_000)
    assert _inflation(exact) == pytest.approx(1, abs=0.1)
    assert _inflation(3 * exact) == pytest.approx(3, abs=0.2)
    assert _inflation(3 * exact[:99]) == 1.0


def test_what_counts_half_stretches_the_bulk_as_half_as_many_do():
    random = np.random.default_rng(2)
    bulk, cues = random.exponential(size=9_000), 8 * random.exponential(size=1_000)
    weight = np.repeat((1.0, 0.5), (9_000, 1_000))
    halved = inflation(np.concatenate((bulk, cues)), weight, 9_500)
    assert halved == pytest.approx(_inflation(np.concatenate((bulk, cues[::2]))), abs=0.1)
    assert halved < _inflation(np.concatenate((bulk, cues)))


def _inflation(strengths: np.ndarray) -> float:
    return inflation(strengths, np.ones(len(strengths)), len(strengths))
