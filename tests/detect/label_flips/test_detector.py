from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.attacks.registry import attack
from provender.calibrate.fdr import PValueCounts
from provender.core.finding import Level
from provender.core.shard import Roles
from provender.detect.base import Cause, DataView, RowScores, Unchecked
from provender.detect.label_conflict.detector import LabelConflict
from provender.detect.label_flips.detector import LabelFlips
from provender.detect.label_flips.judge import Judge
from provender.detect.label_flips.noise import BINS, REACH, STEPS, Cells, fit
from provender.stats.analysis import analysis_key
from tests.detect.label_conflict.test_detector import TOPICS, corpus
from tests.detect.row_runs import bound, flagged, run, without
from tests.laws import assert_mergeable

ROLES = Roles(text="text", label="label")


def table(rows: int = 800, seed: int = 0, topics: Sequence[str] = TOPICS) -> pa.Table:
    text, label = corpus(rows, seed, topics)
    names = [f"a{i}" for i in np.random.default_rng([seed, 1]).integers(10, size=rows)]
    return pa.table({"text": text, "label": label, "source": names})


def relabelled(data: pa.Table, labels: Sequence[str | None]) -> pa.Table:
    return data.set_column(1, "label", pa.array(labels, pa.string()))


def scan(
    data: pa.Table, cuts: Sequence[int] = (), source: bool = True, annotator: bool = False
) -> tuple[RowScores, list[Cause], str]:
    roles = {"text": "text", "label": "label"} | ({"source": "source"} if source else {})
    roles |= {"annotator": "annotator"} if annotator else {}
    detector = bound(LabelFlips(), data, **roles)
    scores, profile = run(detector, data, cuts)
    return scores, detector.causes(profile), detector.limits(profile)


def test_flips_from_one_class_to_another_are_a_warning_that_names_both():
    planted = attack("flips-pair").plant(table(), ROLES, 40, np.random.default_rng(1))
    scores, causes, _ = scan(planted.table)
    truth = np.zeros(800, bool)
    truth[planted.rows] = True
    origin = table()["label"][int(planted.rows[0])].as_py()
    assert [(c.what, c.level) for c in causes] == [(f"{origin} → {planted.target}", Level.WARNING)]
    hit = flagged(scores)
    assert (hit & truth).sum() >= 34
    assert (hit & ~truth).sum() <= 2
    assert 34 <= causes[0].evidence["rows"] <= 42
    assert causes[0].evidence["rows_the_other_way"] <= 2
    assert set(scores.cause[hit & truth]) == {0}
    assert causes[0].target == planted.target
    assert scan(without(planted.table, scores, 0, causes[0].removal))[1] == []
    assert scan(without(planted.table, scores, 0, causes[0].removal // 2))[1] != []


def few_questions(seed: int, told: float) -> pa.Table:
    """A fourth of the rows are labelled so; the text of a share ``told`` of them says it."""
    random = np.random.default_rng(seed)
    text, topic = corpus(2000, seed, TOPICS[:2])
    rows = np.array([t for t, name in zip(text, topic, strict=True) if name == TOPICS[0]])
    others = np.array([t for t, name in zip(text, topic, strict=True) if name == TOPICS[1]])
    few = len(rows) // 3
    said = random.random(few) < told
    asked = np.where(said, others[:few], rows[-few:])
    label = [TOPICS[0]] * (len(rows) - few) + [TOPICS[1]] * few
    return pa.table({"text": [*rows[:-few], *asked], "label": label})


def test_a_label_that_content_hardly_foretells_is_not_full_of_flips():
    causes, limits = scan(few_questions(3, 0.3), source=False)[1:]
    assert all(cause.level is None for cause in causes)
    assert f"content does not foretell {TOPICS[1]}" in limits
    # Its twin is foretold, and what is left are flips.
    causes, limits = scan(few_questions(3, 0.8), source=False)[1:]
    assert [c.what for c in causes if c.level] == [f"{TOPICS[0]} → {TOPICS[1]}"]
    assert limits == ""


def test_flips_in_all_directions_are_a_note_that_lists_them():
    planted = attack("flips-random").plant(table(), ROLES, 80, np.random.default_rng(1))
    scores, causes, _ = scan(planted.table)
    assert [(c.what, c.level) for c in causes] == [("label noise", None)]
    hit = flagged(scores)
    assert hit[planted.rows].sum() >= 72
    assert hit.sum() <= 85
    order = np.argsort(-scores.score)[:80]
    assert np.isin(order, planted.rows).mean() >= 0.95
    assert scan(without(planted.table, scores, 0, causes[0].removal))[1] == []
    assert scan(without(planted.table, scores, 0, causes[0].removal // 2))[1] != []


def test_one_annotator_with_ten_flips_is_named_and_no_other():
    data = table()
    own = np.flatnonzero(np.array(data["source"].to_pylist()) == "a3")[:10]
    label = data["label"].to_pylist()
    for row in own:
        label[row] = TOPICS[(TOPICS.index(label[row]) + 1) % 4]
    scores, causes, _ = scan(relabelled(data, label))
    assert [(c.what, c.level) for c in causes] == [("source a3", Level.WARNING)]
    assert causes[0].evidence["rows"] >= 9
    hit = flagged(scores)
    assert hit[own].sum() >= 9
    assert hit.sum() <= 11
    flipped = relabelled(data, label)
    assert scan(without(flipped, scores, 0, causes[0].removal))[1] == []
    assert scan(without(flipped, scores, 0, causes[0].removal - 2))[1] != []
    assert scan(relabelled(data, label), source=False)[1] == []


def test_flips_of_one_source_to_one_label_name_both():
    data = table()
    source = np.array(data["source"].to_pylist())
    label = np.array(data["label"].to_pylist(), object)
    random = np.random.default_rng(5)
    # Natural errors of the other labels, by everybody: they are as suspicious.
    noise = random.permutation(np.flatnonzero((label == TOPICS[0]) | (label == TOPICS[1])))[:100]
    label[noise] = [TOPICS[0] if name == TOPICS[1] else TOPICS[1] for name in label[noise]]
    assert [c.what for c in scan(relabelled(data, label.tolist()))[1] if c.level] == []
    own = np.flatnonzero((source == "a3") & (label == TOPICS[2]))[:5]
    label[own] = TOPICS[3]
    flipped = relabelled(data, label.tolist())
    scores, causes, _ = scan(flipped, [100, 300])
    (number,) = (i for i, cause in enumerate(causes) if cause.level)
    cause = causes[number]
    assert (cause.what, cause.level, cause.target) == ("source a3", Level.WARNING, TOPICS[3])
    assert cause.evidence["label"] == TOPICS[3]
    assert f"rows labelled {TOPICS[3]} of source a3" in cause.message
    assert "others of its rows, which stand out by another count, are listed" in cause.message
    flagged_for_it = np.flatnonzero(flagged(scores) & (scores.cause == number))
    assert np.isin(own, flagged_for_it).sum() >= 4
    assert set(label[flagged_for_it]) == {TOPICS[3]}
    left = scan(without(flipped, scores, number, cause.removal))[1]
    assert "source a3" not in [c.what for c in left]


def test_ten_rows_moved_to_a_label_of_ten_are_all_listed():
    data = table()
    source = np.array(data["source"].to_pylist())
    label = np.array(data["label"].to_pylist(), object)
    natural = np.flatnonzero((label == TOPICS[3]) & (source != "a3"))[:10]
    kept = (label != TOPICS[3]) | np.isin(np.arange(len(label)), natural)
    moved = np.flatnonzero((source == "a3") & (label == TOPICS[0]))[:10]
    label[moved] = TOPICS[3]
    own = np.isin(np.arange(len(label)), moved)[kept]
    flipped = relabelled(data, label.tolist()).filter(pa.array(kept))
    scores, (cause,), _ = scan(flipped, [100, 300])
    assert (cause.what, cause.target, cause.evidence["rows"]) == ("source a3", TOPICS[3], 10)
    assert (flagged(scores) == own).all()
    assert scan(without(flipped, scores, 0, cause.removal))[1] == []


@pytest.mark.parametrize(("wrong", "at"), [(1, (0.01, 0.05)), (2, (0.05,)), (3, ())])
def test_a_source_is_named_at_the_rate_at_which_it_stands(wrong, at):
    """Five flips of one of ten sources among some of the others: p is .0007, .003, above .005."""
    data = table()
    own = np.array(data["source"].to_pylist()) == "a3"
    label = data["label"].to_pylist()
    for row in [*np.flatnonzero(own)[:5], *np.flatnonzero(~own)[:wrong]]:
        label[row] = TOPICS[(TOPICS.index(label[row]) + 1) % 4]
    scores, causes, _ = scan(relabelled(data, label))
    assert [cause.what for cause in causes] == ["source a3"] * bool(at)
    limits = {rate: PValueCounts.of(scores.p_value).threshold(rate) for rate in (0.01, 0.05)}
    named = [
        rate
        for rate, limit in limits.items()
        if (scores.cause[own] == 0)[scores.p_value[own] <= limit].any()
    ]
    assert named == list(at)


def test_one_of_five_sources_is_noted_and_not_accused():
    data = table()
    source = np.array(data["source"].to_pylist())
    label = data["label"].to_pylist()
    for row in np.flatnonzero(source == "a3")[:10]:
        label[row] = TOPICS[(TOPICS.index(label[row]) + 1) % 4]
    merged = [name if name == "a3" else f"b{ord(name[-1]) % 4}" for name in source]
    column = data.column_names.index("source")
    few = relabelled(data, label).set_column(column, "source", pa.array(merged))
    causes = scan(few)[1]
    assert [(c.what, c.level) for c in causes] == [("source a3", Level.NOTE)]


def test_an_annotator_with_ten_flips_is_named_beside_sources_that_are_not_to_blame():
    data = table()
    who = np.random.default_rng(9).integers(10, size=800)
    own = np.flatnonzero(who == 4)[:10]
    label = data["label"].to_pylist()
    data = data.append_column("annotator", pa.array([f"b{i}" for i in who]))
    clean = scan(data, annotator=True)
    assert (clean[1], clean[2]) == ([], "")
    for row in own:
        label[row] = TOPICS[(TOPICS.index(label[row]) + 1) % 4]
    flipped = relabelled(data, label)
    scores, causes, _ = scan(flipped, [100, 300], annotator=True)
    assert [(c.what, c.level) for c in causes] == [("annotator b4", Level.WARNING)]
    evidence = causes[0].evidence
    assert (evidence["annotator"], evidence["rows_of_annotator"]) == ("b4", (who == 4).sum())
    hit = flagged(scores)
    assert hit[own].sum() >= 9
    assert hit.sum() <= 11
    # Both roles pay for being tried; one role alone pays nothing for the other.
    alone = scan(flipped.drop_columns("source").rename_columns({"annotator": "source"}))[1]
    assert causes[0].p_value == pytest.approx(2 * alone[0].p_value)


@pytest.mark.parametrize("seed", range(4))
def test_the_clean_twin_has_no_finding_and_uniform_p_values(seed):
    scores, causes, limits = scan(table(seed=seed))
    assert (causes, limits) == ([], "")
    assert not flagged(scores).any()
    p_value = np.sort(scores.p_value)
    assert np.abs(p_value - np.arange(1, 801) / 800).max() < 0.03
    assert (scores.cause == -1).all()


def test_p_values_of_clean_rows_stay_uniform_beside_flips():
    planted = attack("flips-pair").plant(table(), ROLES, 40, np.random.default_rng(1))
    scores, _, _ = scan(planted.table)
    p_value = np.sort(np.delete(scores.p_value, planted.rows))
    assert np.abs(p_value - np.arange(1, 761) / 760).max() < 0.02


def test_classes_that_are_confused_both_ways_are_no_warning():
    data = table(1200, topics=TOPICS[:3])
    label = data["label"].to_pylist()
    for one, other in (("garden", "money"), ("money", "garden")):
        for row in [i for i, known in enumerate(data["label"].to_pylist()) if known == one][:40]:
            label[row] = other
    assert all(cause.level is None for cause in scan(relabelled(data, label))[1])


def test_copies_of_a_wrong_row_count_once():
    data = table()
    stray = data["label"].to_pylist().index("money")
    copies = pa.table({**{c: [data[c][stray].as_py()] * 60 for c in ("text", "source")}})
    copies = copies.add_column(1, "label", pa.array(["sport"] * 60))
    assert scan(pa.concat_tables([data, copies]))[1] == []


def test_labels_that_content_does_not_foretell_are_no_noise():
    data = table()
    label = np.random.default_rng(5).permutation(data["label"].to_pylist()).tolist()
    scores, causes, _ = scan(relabelled(data, label))
    assert causes == []
    assert not flagged(scores).any()


def test_rows_without_label_or_words_have_no_score_and_are_told():
    data = table(300)
    label, text = data["label"].to_pylist(), data["text"].to_pylist()
    label[3], text[7] = None, "…"
    data = relabelled(data.set_column(0, "text", pa.array(text)), label)
    scores, _, limits = scan(data)
    assert np.flatnonzero(np.isnan(scores.score)).tolist() == [3, 7]
    assert (np.isnan(scores.p_value) == np.isnan(scores.score)).all()
    assert limits == "1 of 300 rows have no label; 1 of 300 texts hold no word"


def test_too_many_sources_are_told_and_not_compared(monkeypatch):
    monkeypatch.setattr("provender.detect.label_flips.cells.MOST_NAMES", 5)
    _, causes, limits = scan(table(300), [100, 200])
    assert causes == []
    assert limits == "more than 10000 sources: none was compared with the others"


def test_rows_without_a_source_belong_to_none():
    data = table(300)
    nobody = data.set_column(2, "source", pa.nulls(300, pa.string()))
    assert scan(nobody)[1] == []
    assert scan(nobody)[0].p_value.tolist() == scan(data)[0].p_value.tolist()


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_hardly_any_row_is_no_failure(rows):
    scores, causes, _ = scan(table(300).slice(0, rows))
    assert len(scores.score) == rows
    assert causes == []


@pytest.mark.parametrize(
    ("schema", "roles", "reason"),
    [
        ({"text": pa.string()}, {"text": "text"}, "needs a text column and a label column"),
        (
            {"text": pa.int64(), "label": pa.string()},
            {"text": "text", "label": "label"},
            "the text column 'text' does not hold text",
        ),
        (
            {"text": pa.string(), "label": pa.float64()},
            {"text": "text", "label": "label"},
            "the label column 'label' is double, not a class",
        ),
    ],
)
def test_unsuitable_columns_are_unchecked(schema, roles, reason):
    assert LabelFlips().bind(DataView(pa.schema(schema), Roles(**roles))) == Unchecked(reason)


def test_the_first_round_is_that_of_label_conflict_and_so_counted_once():
    view = DataView(table(3).schema, Roles(text="text", label="label", source="source"))
    one, other = LabelFlips().bind(view), LabelConflict().bind(view)
    assert not isinstance(one, Unchecked)
    assert not isinstance(other, Unchecked)
    assert analysis_key(one.analysis(0, None)) == analysis_key(other.analysis(0, None))


@pytest.fixture(scope="module")
def mixed() -> pa.Table:
    data = attack("flips-pair").plant(table(300), ROLES, 30, np.random.default_rng(1)).table
    label = data["label"].to_pylist()
    label[9] = None
    return pa.concat_tables([relabelled(data, label), data.slice(0, 30)])


@settings(max_examples=6, deadline=None)
@given(cuts=st.lists(st.integers(0, 330), max_size=4))
def test_the_second_round_is_mergeable(mixed, cuts):
    who = pa.array([None if i % 7 == 3 else f"b{i % 5}" for i in range(mixed.num_rows)])
    mixed = mixed.append_column("who", who)
    roles = {"text": "text", "label": "label", "source": "source", "annotator": "who"}
    detector = bound(LabelFlips(), mixed, **roles)
    first = detector.analysis(0, None)
    profile = detector.profile(0, first.add(first.empty(), mixed.combine_chunks().to_batches()[0]))
    assert_mergeable(detector.analysis(1, profile), mixed, cuts)


@settings(max_examples=4, deadline=None)
@given(cuts=st.lists(st.integers(0, 330), max_size=3))
def test_results_do_not_depend_on_the_cuts(mixed, cuts):
    detector = bound(LabelFlips(), mixed, text="text", label="label", source="source")
    whole, profile = run(detector, mixed)
    cut, again = run(detector, mixed, cuts)
    assert again == profile
    assert Judge.unpack(profile).pack() == profile
    np.testing.assert_array_equal(whole.p_value, cut.p_value)
    np.testing.assert_array_equal(whole.score, cut.score)


def test_the_noise_that_made_the_counts_is_fitted():
    random = np.random.default_rng(1)
    true = random.integers(2, size=20_000)
    margin = random.normal(0, 4, 20_000)  # towards class 1
    true = (random.random(20_000) < 1 / (1 + np.exp(-1.41 * margin))).astype(np.int64)
    flip = (true == 1) & (random.random(20_000) < 0.15)
    label = np.where(flip, 0, true)
    lean = np.where(label == 0, margin, -margin)
    bin = np.clip((lean + REACH) * STEPS, 0, BINS - 1).astype(np.int64)
    one = np.ones(20_000)
    found = fit(Cells(label, 1 - label, bin, one > 0, one.astype(np.int64), one), 2)
    assert found.slope == pytest.approx(1.41, abs=0.01)
    assert found.mislabelled[1, 0] == pytest.approx(flip.sum(), rel=0.1)
    assert found.mislabelled[0, 1] < 0.02 * flip.sum() + 20
