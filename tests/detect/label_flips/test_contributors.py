"""Whose labels text/label-flips accuses, and whose it does not."""

import numpy as np
import pyarrow as pa
import pytest

from provender.calibrate.fdr import PValueCounts
from provender.core.finding import Level
from tests.detect.label_conflict.labelled import TOPICS
from tests.detect.label_flips.flipped import relabelled, scan, table
from tests.detect.row_runs import flagged, without


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


def odd_rows_of_one_label() -> tuple[pa.Table, np.ndarray]:
    """Rows of four topics, 60 odd ones of the first, and which a3 may flip to it.

    The odd ones hold what no row of their label does and those of all others do: hardly anything
    speaks for one of these, much against the label.
    """
    random = np.random.default_rng(11)

    def said(kind: str, words: int, many: int) -> list[str]:
        return [f"{kind}{i}" for i in random.integers(many, size=words)]

    topic = np.repeat(np.arange(4), 200)
    common = (topic > 0) & (np.arange(800) % 2 == 0)
    text = [
        [*said(f"t{one}w", 4, 40), *said("plain", 8, 60), *said("other", 40 * more, 200)]
        for one, more in zip(topic, common, strict=True)
    ]
    text += [said("other", 10, 200) for _ in range(60)]
    label = [f"t{one}" for one in topic] + ["t0"] * 60
    source = np.array([f"a{i}" for i in random.integers(10, size=860)])
    own = np.flatnonzero((topic == 1) & ~common)[:10]
    source[own] = "a3"
    lines = [" ".join(words) for words in text]
    return pa.table({"text": lines, "label": label, "source": source}), own


def test_flips_are_found_below_odd_rows_by_what_they_speak_for(monkeypatch):
    data, own = odd_rows_of_one_label()
    assert [c.what for c in scan(data)[1] if c.level] == [], "odd rows are of everybody"
    label = np.array(data["label"].to_pylist(), object)
    label[own] = "t0"
    flipped = relabelled(data, label.tolist())
    scores, causes, _ = scan(flipped, [100, 300])
    (number,) = (i for i, cause in enumerate(causes) if cause.level)
    cause = causes[number]
    assert (cause.what, cause.level, cause.target) == ("source a3", Level.WARNING, "t0")
    assert "whose content speaks most for another class" in cause.message
    assert np.flatnonzero(flagged(scores) & (scores.cause == number)).tolist() == own.tolist()
    left = scan(without(flipped, scores, number, cause.removal))[1]
    assert [c.what for c in left if c.level] == []
    monkeypatch.setattr("provender.detect.label_flips.cells.STRONG", 1 << 20)
    assert [c.what for c in scan(flipped)[1] if c.level] == []


def named_at(flips: dict[str, int], others: int) -> list[list[str]]:
    """Return who is named at 1 % and at 5 % of ten sources.

    Args:
        flips: by source, so many rows.
        others: rows that the rest flip together.
    """
    data = table()
    source = np.array(data["source"].to_pylist())
    label = data["label"].to_pylist()
    rows = [np.flatnonzero(source == name)[:many] for name, many in flips.items()]
    for row in [*np.concatenate(rows), *np.flatnonzero(~np.isin(source, list(flips)))[:others]]:
        label[row] = TOPICS[(TOPICS.index(label[row]) + 1) % 4]
    scores, causes, _ = scan(relabelled(data, label))
    limits = [PValueCounts.of(scores.p_value).threshold(rate) for rate in (0.01, 0.05)]
    flagged_for = [
        scores.cause[(scores.p_value <= limit) & (scores.cause >= 0)] for limit in limits
    ]
    return [sorted({causes[i].what for i in found}) for found in flagged_for]


def test_a_source_that_stands_at_one_in_a_hundred_is_named_at_both_rates():
    assert named_at({"a3": 5}, 1) == [["source a3"], ["source a3"]]


@pytest.mark.parametrize("others", [2, 3])
def test_one_that_clean_data_would_show_more_often_is_named_at_neither(others):
    """Its p-value, of ten sources, is about .003 and .01: at 5 % one of them would be named."""
    assert named_at({"a3": 5}, others) == [[], []]


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
