"""What text/label-flips finds in all, what it must let be, what it needs."""

import numpy as np
import pyarrow as pa
import pytest

from provender.attacks.registry import attack
from provender.core.finding import Level
from provender.core.shard import Roles
from provender.detect.base import DataView, Unchecked
from provender.detect.label_conflict.detector import LabelConflict
from provender.detect.label_flips.detector import LabelFlips
from provender.detect.label_flips.noise import BINS, REACH, STEPS, Cells, fit
from provender.stats.analysis import analysis_key
from tests.detect.label_conflict.labelled import TOPICS, corpus
from tests.detect.label_flips.flipped import ROLES, relabelled, scan, table
from tests.detect.row_runs import flagged, without


def test_flips_from_one_class_to_another_are_a_warning_that_names_both():
    planted = attack("flips-pair").plant(table(), ROLES, 50, np.random.default_rng(1))
    scores, causes, _ = scan(planted.table)
    truth = np.zeros(800, bool)
    truth[planted.rows] = True
    origin = table()["label"][int(planted.rows[0])].as_py()
    assert [(c.what, c.level) for c in causes] == [(f"{origin} → {planted.target}", Level.WARNING)]
    hit = flagged(scores)
    assert (hit & truth).sum() >= 43
    assert (hit & ~truth).sum() <= 2
    assert 44 <= causes[0].evidence["rows"] <= 52
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


def said(rows: int, topic: str, share: float, seed: int) -> list[str]:
    """Texts of 40 words, such a share of them from 60 of the topic's own."""
    random, size = np.random.default_rng(seed), (rows, 40)
    common, own = random.zipf(1.3, size) % 400, random.integers(60, size=size)
    is_own = random.random(size) < share
    every = (zip(*one, strict=True) for one in zip(common, own, is_own, strict=True))
    return [" ".join(f"{topic}{o}" if m else f"w{k}" for k, o, m in words) for words in every]


def beside_poison(other: list[str], flips: int) -> pa.Table:
    """Rows of a class, 600 more with a trigger under a third label, and some of an ``other``.

    So many ``flips`` of the class's rows are labelled as the other's are.
    """
    own = said(1500, "money", 0.33, 1)
    text = [f"zorvex {one}" for one in own[:600]] + own[600:] + other
    label = ["third"] * 600 + ["open"] * flips + ["money"] * (900 - flips) + ["open"] * len(other)
    return pa.table({"text": text, "label": label})


def test_rows_that_content_leaves_open_are_no_flips_beside_poison_of_a_third_label():
    """Poison has the class's words, too, and content foretells its label, by the trigger."""
    causes = scan(beside_poison(said(300, "money", 0.15, 2), 0), source=False)[1]
    assert all(cause.level is None for cause in causes)
    # Its twin: an other class with words of its own, and flips.
    causes = scan(beside_poison(said(300, "sport", 0.33, 2), 60), source=False)[1]
    assert [c.what for c in causes if c.level] == ["money → open"]


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
