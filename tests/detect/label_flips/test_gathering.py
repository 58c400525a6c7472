from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.calibrate.harmonic import harmonic
from provender.detect.label_flips.gathering import (
    ALL,
    Group,
    Suspicious,
    Totals,
    groups,
    p_values,
    tail,
    worth,
)

NAMES, CLASSES = 20, 4
WHOLE = Group(ALL, ALL)


def drawn(seed: int, rows: int = 2000, wins: float = 0.1) -> tuple[Suspicious, Totals]:
    """Rows of which some are suspicious, and all by name; names have no part in it."""
    random = np.random.default_rng(seed)
    name, label = random.integers(NAMES, size=rows), random.integers(CLASSES, size=rows)
    rival = (label + random.integers(1, CLASSES, size=rows)) % CLASSES
    score, sure = random.exponential(3, rows), np.ones(rows, bool)
    every = Suspicious(name, label, rival, sure, sure, ~sure, score, np.ones(rows))
    chosen = random.random(rows) < wins
    return every.where(chosen), counted(name, label, np.where(chosen, rival, label))


def counted(name: np.ndarray, label: np.ndarray, content: np.ndarray) -> Totals:
    """All rows by name: each reads like one class."""
    of_label, like = np.zeros((2, NAMES, CLASSES), np.int64)
    np.add.at(of_label, (name, label), 1)
    np.add.at(like, (name, content), 1)
    return Totals(of_label, like, like)


def planted(
    rows: Suspicious, totals: Totals, label: int, rival: int, score: np.ndarray
) -> tuple[Suspicious, Totals]:
    """Add rows of one score each of name 7."""
    many, sure = len(score), np.ones(len(score), bool)
    name, label, rival = (np.full(many, one) for one in (7, label, rival))
    added = Suspicious(name, label, rival, sure, sure, ~sure, score, np.ones(many))
    pairs = zip(vars(rows).values(), vars(added).values(), strict=True)
    more = vars(counted(name, label, rival))
    all_rows = Totals(**{kind: of + more[kind] for kind, of in vars(totals).items()})
    return Suspicious(*(np.concatenate(pair) for pair in pairs)), all_rows


def least(rows: Suspicious, totals: Totals, kind: slice = slice(None)) -> np.ndarray:
    every = groups(rows, CLASSES)[kind]
    return np.min([p_values(rows, totals, group) for group in every], axis=0)


def test_a_rows_worth_is_bounded_and_falls_with_its_rank():
    rows = drawn(0)[0]
    value = worth(rows)
    order = np.argsort(-rows.score)
    assert (np.diff(value[order]) <= 0).all()
    assert value.max() == 10
    assert value[order[4]] == 4, "as many are at least as suspicious as a finding has: a doubling"
    assert (value[order[60:]] == 0).all()
    assert 50 <= (value > 0).sum() <= 60


def test_rows_that_are_equally_suspicious_are_worth_the_same_in_any_order_and_grouping():
    rows = drawn(1)[0]
    rows = replace(rows, score=np.round(rows.score))
    value = worth(rows)
    for score in np.unique(rows.score):
        assert len(set(value[rows.score == score])) == 1
    halves = Suspicious(*(np.tile(v, 2) for v in vars(rows).values()))
    halves = replace(halves, weight=halves.weight / 2)
    turned = halves.where(np.random.default_rng(0).permutation(len(halves.name)))
    totals = drawn(1)[1]
    assert p_values(turned, totals, WHOLE) == pytest.approx(p_values(rows, totals, WHOLE))


@settings(deadline=None)
@given(
    pool=st.lists(st.lists(st.integers(0, 6), min_size=4, max_size=4), min_size=2, max_size=2),
    drawn=st.lists(st.integers(0, 30), min_size=2, max_size=2),
    others=st.lists(st.integers(6, 100), min_size=2, max_size=2),
)
def test_the_tail_is_a_law_with_the_mean_of_the_shares(pool, drawn, others):
    pool, drawn = np.array(pool), np.array(drawn)
    rows = np.maximum(pool.sum(axis=1) + others, drawn)
    attained = int(
        np.sum(
            [
                np.sort(np.repeat(np.arange(4), p))[::-1][:n].sum()
                for p, n in zip(pool, drawn, strict=True)
            ]
        )
    )
    tails = np.array([tail(least, pool, drawn, rows) for least in range(attained + 1)])
    assert tails[0] == pytest.approx(1)
    assert tails[-1] > 0
    assert tail(attained + 9, pool, drawn, rows) == tails[-1], "roundings reach no further"
    assert (np.diff(tails) <= 1e-12).all()
    assert tails[1:].sum() == pytest.approx(drawn / rows @ pool @ np.arange(4), abs=1e-9)


def test_draws_without_return_reach_a_sum_as_often_as_the_tail_says():
    random = np.random.default_rng(2)
    value = np.repeat([0, 1, 4, 10], [60, 25, 10, 5])
    sums = np.array([random.permutation(value)[:20].sum() for _ in range(20_000)])
    for least in (30, 40, 50):
        told = tail(least, np.bincount(value)[None, :], np.array([20]), np.array([100]))
        assert told == pytest.approx((sums >= least).mean(), abs=0.007)


def test_the_four_kinds_share_what_a_false_alarm_may_cost():
    rows = drawn(3)[0]
    rows = rows.where((rows.label != 2) | (rows.rival == 1))
    few = np.flatnonzero(rows.label == 2)[4:]
    rows = rows.where(~np.isin(np.arange(len(rows.name)), few))
    every = groups(rows, CLASSES)
    assert (every[0].label, every[0].rival) == (ALL, ALL)
    assert {g.label for g in every} == {ALL, 0, 1, 3}, "one with four suspicious rows is not tested"
    assert sum(1 / g.times for g in every) == pytest.approx(1)
    assert sum(1 / g.times for g in groups(rows, CLASSES, roles=2)) == pytest.approx(1 / 2)


def test_of_two_classes_a_label_is_tested_once():
    rows = drawn(4)[0]
    rows = replace(rows, label=rows.label % 2, rival=1 - rows.label % 2)
    every = groups(rows, 2)
    by_label = [(g.label, g.rival) for g in every if not g.content]
    assert by_label == [(ALL, ALL), (0, ALL), (1, ALL)]
    assert [(g.label, g.rival) for g in every if g.content] == by_label[1:]


def test_most_suspicious_rows_of_one_name_stand_where_others_have_as_many():
    rows, totals = drawn(5)
    found = least(*planted(rows, totals, 0, 1, np.full(10, 30.0)), slice(1))
    assert found[7] < 1e-5
    assert np.delete(found, 7).min() > 0.01
    assert least(*planted(rows, totals, 0, 1, np.zeros(10)), slice(1))[7] > 0.01


def test_moderate_rows_of_one_pair_stand_where_errors_of_other_pairs_drown_them():
    rows, totals = drawn(6, wins=0.4)
    rows = rows.where((rows.label != 0) | (rows.rival != 1) | (rows.score < 1))
    found = planted(rows, totals, 0, 1, np.linspace(2, 3, 10))
    assert least(*found, slice(1 + CLASSES))[7] > 0.01
    assert least(*found)[7] < 1e-4
    assert np.delete(least(*found), 7).min() > 0.01


def test_rows_count_for_each_class_that_they_read_like_though_most_like_a_third():
    rows, totals = planted(*drawn(6), 0, 1, np.full(10, 30.0))
    moved = (rows.name == 7) & (rows.score == 30)
    found = least(replace(rows, first=rows.first & ~moved), totals)
    assert found[7] < 1e-4
    others = slice(0, 1 + CLASSES)  # all rows and labels
    unmoved = least(rows.where(~moved), totals, others)
    assert least(replace(rows, first=rows.first & ~moved), totals, others) == pytest.approx(unmoved)


def half_of_a_small_label(moved: bool) -> tuple[Suspicious, Totals]:
    """Of label 3, 10 rows are of name 7 and 10 of the others, of which 2 read like class 0.

    Args:
        moved: whether all of those of name 7 do, or 2 like those of the others.
    """
    random = np.random.default_rng(9)
    name = np.append(random.integers(NAMES, size=1000), [*[7] * 10, *range(8, 18)])
    label = np.append(random.integers(3, size=1000), np.full(20, 3))
    content = label.copy()
    content[1000 : 1010 if moved else 1002] = content[-2:] = 0
    errors = random.permutation(1000)[:60]
    content[errors] = (label[errors] + 1) % 3
    wrong = content != label
    score = np.where(label == 3, 20.0, random.exponential(3, len(name)))[wrong]
    sure = np.ones(len(score), bool)
    rows = Suspicious(
        name[wrong], label[wrong], content[wrong], sure, sure, ~sure, score, np.ones(len(score))
    )
    return rows, counted(name, label, content)


def test_who_moved_rows_to_a_small_label_stands_though_half_of_it_is_its_own():
    rows, totals = half_of_a_small_label(moved=True)
    pair = Group(3, 0, 40)
    assert p_values(rows, totals, pair)[7] > 0.01, "its share of the label explains it"
    found = p_values(rows, totals, replace(pair, content=True))
    assert found[7] < 0.05 / NAMES
    assert np.delete(found, 7).min() > 0.05


def test_who_has_half_of_a_small_label_by_nature_does_not_stand_by_what_its_rows_read_like():
    rows, totals = half_of_a_small_label(moved=True)
    natural = replace(totals, label=totals.label.copy())
    natural.label[7, 3] += 90  # as many more of its rows read like label 3
    group = Group(3, 0, 40, content=True)
    assert p_values(rows, natural, group)[7] > 0.05 / NAMES
    assert p_values(*half_of_a_small_label(moved=False), group)[7] > 0.05


def test_a_row_that_reads_far_more_like_a_third_class_counts_by_its_label_alone():
    rows, totals = planted(*drawn(6), 0, 1, np.full(10, 30.0))
    far = replace(rows, near=rows.near & ~((rows.name == 7) & (rows.score == 30)))
    pair = Group(0, 1)
    assert p_values(far, totals, pair)[7] == p_values(rows, totals, pair)[7] < 1e-4
    assert p_values(rows, totals, replace(pair, content=True))[7] < 1e-4
    assert p_values(far, totals, replace(pair, content=True))[7] > 0.05


def speaking(strength: float) -> tuple[Suspicious, Totals]:
    """Ten rows of name 7 by whose margin odd ones of other names stand before them.

    Args:
        strength: of what speaks for their rival; of the others' rows hardly anything does.
    """
    rows, totals = planted(*drawn(6), 0, 1, np.full(10, 0.5))
    moved = (rows.name == 7) & (rows.score == 0.5)
    no = np.zeros(len(rows.name), bool)
    said = np.where(moved, strength, np.minimum(rows.score, 1))
    again = replace(rows, first=no, near=no, strong=~no, score=said)
    pairs = zip(vars(rows).values(), vars(again).values(), strict=True)
    return Suspicious(*(np.concatenate(pair) for pair in pairs)), totals


def test_rows_that_speak_for_another_class_stand_where_odd_ones_have_wider_margins():
    rows, totals = speaking(strength=3.0)
    found = least(rows, totals)
    assert found[7] < 1e-4
    assert np.delete(found, 7).min() > 0.01
    assert least(rows.where(~rows.strong), totals)[7] > 0.01, "by their margins they do not"
    assert least(*speaking(strength=0.5))[7] > 0.01, "nor where they speak like the others"


def test_what_a_row_says_of_the_rival_alone_counts_in_no_other_test():
    rows, totals = speaking(strength=3.0)
    once = rows.where(~rows.strong)
    for group in groups(once, CLASSES):
        assert p_values(rows, totals, group) == pytest.approx(p_values(once, totals, group))


def test_rows_that_are_gone_are_gone_from_all_totals():
    rows, totals = planted(*drawn(6), 0, 1, np.full(10, 30.0))
    left = totals.without(7, rows.where((rows.name == 7) & (rows.score == 30)))
    for kind, of in vars(drawn(6)[1]).items():
        assert (vars(left)[kind] == of).all(), kind


def together(rows: Suspicious, totals: Totals) -> np.ndarray:
    return harmonic(np.array([p_values(rows, totals, g) for g in groups(rows, CLASSES)]))


def test_clean_sources_pass_all_tests_together():
    found = np.array([together(*drawn(seed)).min() * NAMES for seed in range(10, 110)])
    assert (found <= 0.05).mean() <= 0.05


def test_tests_that_agree_are_together_less_than_the_least_pays():
    """Ten rows of one label and rival stand out among all, by label, by pair and by content."""
    planted_rows = planted(*drawn(6), 0, 1, np.full(10, 30.0))
    assert together(*planted_rows)[7] < least(*planted_rows)[7] / 2
    assert np.delete(together(*planted_rows), 7).min() > 0.01


def test_one_of_sources_that_differ_by_nature_does_not_stand():
    totals = drawn(7)[1]
    of_label = totals.label
    counts = [13, 11, 9, 7, 5, 3, 2, 1, 1, 1, 1, 1, *[0] * 8]
    rows = drawn(7)[0].where(np.arange(sum(counts)))
    kept = replace(rows, name=np.repeat(np.arange(NAMES), counts))
    worst = int(np.bincount(kept.name).argmax())
    value = worth(kept)
    pool = np.zeros((CLASSES, 11), np.int64)
    np.add.at(pool, (kept.label, value), 1)
    sum_of_worst, whole = int(value[kept.name == worst].sum()), of_label.sum(axis=0)
    assert tail(sum_of_worst, pool, of_label[worst], whole) < 0.01 / NAMES
    assert p_values(kept, totals, WHOLE).min() > 0.01 / NAMES


def test_names_without_rows_tell_nothing_of_how_the_others_differ():
    rows, totals = planted(*drawn(8), 0, 1, np.full(10, 30.0))
    nobody = np.zeros((50, CLASSES), np.int64)
    more = Totals(*(np.vstack([of, nobody]) for of in vars(totals).values()))
    found = p_values(rows, more, WHOLE)
    assert found[:NAMES] == pytest.approx(p_values(rows, totals, WHOLE))
    assert (found[NAMES:] == 1).all()
