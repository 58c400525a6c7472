"""Two or three sources that say together what no other says."""

import numpy as np
import pytest

from tests.detect.own_words.contributors import scan, shared_by, table
from tests.detect.row_runs import without


@pytest.mark.parametrize(
    ("names", "sources"), [(("s03", "s07"), 20), (("s03", "s07", "s11"), 30)], ids=["two", "three"]
)
def test_five_rows_of_each_of_two_or_three_sources_are_found_and_all_are_named(names, sources):
    texts, source, chosen = shared_by(names, 5, sources)
    rows, causes, limits, _ = scan(table(texts, source))
    assert rows == chosen
    assert {c.evidence["source"] for c in causes} == set(names)
    assert limits == ""
    for cause in causes:
        others = {name: 5 for name in names if name != cause.evidence["source"]}
        assert cause.evidence["together_with"] == others
        assert cause.evidence["rows_elsewhere"] == 0
        assert all(f"in 5 of source {name}'s" in cause.message for name in others)
        assert cause.message.endswith("in no other's")


def test_what_must_go_of_one_of_two_ends_its_part():
    texts, source, _ = shared_by(("s03", "s07"), 8, 20)
    data = table(texts, source)
    _, causes, _, scores = scan(data)
    number = [c.evidence["source"] for c in causes].index("s03")
    few = causes[number].removal
    left = [scan(without(data, scores, number, rows))[1] for rows in (few - 1, few)]
    assert ["s03" in {c.evidence["source"] for c in found} for found in left] == [True, False]


def test_those_who_say_the_same_are_one_party_of_the_few_that_may_differ():
    texts, source, chosen = shared_by(("s03", "s07"), 8, 20)
    more = [i for i in range(4000) if source[i] == "s11" and i not in chosen][:12]
    for i in more:
        texts[i] += " quandix"
    rows, causes, limits, _ = scan(table(texts, source))
    assert {c.evidence["source"] for c in causes} == {"s03", "s07", "s11"}
    assert set(rows) == {*chosen, *more}
    assert limits == ""


@pytest.mark.parametrize("seed", range(4))
def test_nobody_is_accused_for_what_others_plant(seed):
    texts, source, _ = shared_by(("s03", "s07"), 10, 40, seed)
    random = np.random.default_rng(seed + 2)
    for i in random.choice(4000, 4, replace=False).tolist():
        texts[i] += " zorvex"
    twice = [i for i in range(4000) if source[i] == "s20" and "zorvex" not in texts[i]][:2]
    for i in twice:
        texts[i] += " zorvex"
    _, causes, _, _ = scan(table(texts, source))
    assert {c.evidence["source"] for c in causes} == {"s03", "s07"}


def test_three_of_twenty_sources_may_say_the_same_by_nature():
    texts, source, _ = shared_by(("s03", "s07", "s11"), 8, 20)
    assert scan(table(texts, source))[1] == []
