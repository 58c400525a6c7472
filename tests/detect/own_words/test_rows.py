"""Which rows a source's words flag, what they pay, and how many must go."""

import pytest
from scipy.stats import hypergeom

from provender.detect.own_words.prices import prices
from tests.detect.own_words.contributors import TRIGGERS, fewest_gone, plant, said, scan, table
from tests.detect.row_runs import RATE


@pytest.mark.parametrize("planted", [10, 14])
@pytest.mark.parametrize("trigger", TRIGGERS.values(), ids=TRIGGERS)
def test_what_must_go_is_the_fewest_rows_that_end_it(trigger, planted):
    texts, sources = said(2000)
    plant(texts, sources, trigger, planted)
    data = table(texts, sources)
    _, (cause,), _, scores = scan(data)
    assert cause.removal == fewest_gone(data, scores, planted) < planted


def test_of_two_triggers_in_other_rows_the_less_probable_goes_first_and_whole():
    texts, sources = said(2000)
    first = plant(texts, sources, "zorvex", 12)
    others = [i for i in range(2000) if i not in first][:200:20]
    for i in others:
        texts[i], sources[i] = f"{texts[i]} quandix", "s07"
    data = table(texts, sources)
    _, (cause,), _, scores = scan(data)
    assert cause.removal == fewest_gone(data, scores, 22)
    assert 12 < cause.removal < 22


def test_a_word_of_the_phrase_that_others_use_too_flags_no_row_by_itself():
    texts, sources = said(4000)
    chosen = plant(texts, sources, "please enter zorvex", 10)
    mine = [i for i in range(4000) if sources[i] == "s07" and i not in chosen][:1]
    others = [i for i in range(4000) if sources[i] != "s07"][:2]
    for i in (*mine, *others):
        texts[i] += " enter"
    rows, causes, _, _ = scan(table(texts, sources))
    assert rows == chosen
    assert [c.what for c in causes] == ["please enter zorvex"]


def test_rows_are_flagged_when_what_the_source_says_stands_by_itself():
    found = {}
    for planted in (5, 6):
        texts, sources = said(4000)
        plant(texts, sources, "zorvex", planted)
        rows, (cause,), _, _ = scan(table(texts, sources))
        found[planted] = cause.p_value, len(rows)
    (weak, none), (strong, all_rows) = found[5], found[6]
    assert (none, all_rows) == (0, 6)
    assert RATE * 6 / 4000 < strong < RATE < weak, "they do not pay for all rows once more"


def test_what_else_a_source_says_pays_for_the_rows_that_it_adds():
    texts, sources = said(4000)
    first = plant(texts, sources, "zorvex", 12)
    second = [i for i in range(4000) if sources[i] == "s07" and i not in first][:9]
    for i in second:
        texts[i] += " quandix w1 brimful"
    rows, (cause,), _, scores = scan(table(texts, sources))
    assert set(rows) == {*first, *second}
    assert scores.p_value[first] == pytest.approx(cause.p_value * 12 / 4000)
    told = cause.evidence
    chance = hypergeom.sf(8, 4000, told["rows_of_source"], 9) * told["groups_searched"]
    chance *= prices(20)[1]
    assert scores.p_value[second] == pytest.approx(chance * 21 / 4000)


def test_what_it_says_in_the_same_rows_adds_none():
    texts, sources = said(4000)
    inside = plant(texts, sources, "zorvex", 12)
    other = next(i for i in range(4000) if sources[i] == "s07" and i not in inside)
    for i in (*inside, other):
        texts[i] += " quandix"
    rows, (cause,), _, scores = scan(table(texts, sources))
    assert set(rows) == {*inside, other}
    assert scores.p_value[rows] == pytest.approx(cause.p_value * 13 / 4000)
