"""sources/own-words: the source that says what no other says is named, with its rows."""

import numpy as np
import pyarrow as pa
import pytest

from provender.attacks.registry import attack
from provender.core.finding import CheckStatus, Level
from provender.core.shard import Roles
from provender.detect.base import DataView, Unchecked
from provender.detect.own_words.detector import OwnWords
from tests.detect.own_words.contributors import TRIGGERS, plant, said, scan, table
from tests.detect.row_runs import bound, flagged, run


def test_a_brand_that_one_source_promotes_in_changing_words_is_named():
    texts, sources = said(4000)
    found = attack("brand").plant(
        table(texts, sources), Roles(text="t"), 10, np.random.default_rng(2)
    )
    for row in found.rows:
        sources[row] = "s07"
    rows, causes, _, _ = scan(table(found.table["t"].to_pylist(), sources))
    (cause,) = causes
    assert cause.evidence["source"] == "s07"
    assert found.trigger.casefold() in cause.evidence["texts"]
    assert set(rows) >= set(found.rows.tolist())


def test_where_no_source_is_told_annotators_are_compared():
    texts, sources = said(4000)
    chosen = plant(texts, sources, "zorvex", 10)
    data = table(texts, sources)
    detector = bound(OwnWords(), data, text="t", annotator="s")
    scores, profile = run(detector, data)
    assert np.flatnonzero(flagged(scores)).tolist() == chosen
    (cause,) = detector.causes(profile)
    assert cause.evidence["annotator"] == "s07"
    assert "rows of annotator s07" in cause.message


@pytest.mark.parametrize("trigger", TRIGGERS.values(), ids=TRIGGERS)
def test_ten_rows_of_one_source_of_twenty_are_found_and_the_source_is_named(trigger):
    texts, sources = said(4000)
    chosen = plant(texts, sources, trigger, 10)
    rows, causes, limits, _ = scan(table(texts, sources))
    assert rows == chosen
    assert [c.what for c in causes] == [trigger]
    assert causes[0].level is Level.WARNING
    assert causes[0].p_value < 1e-4
    evidence = causes[0].evidence
    assert (evidence["source"], evidence["rows"], evidence["rows_elsewhere"]) == ("s07", 10, 0)
    assert evidence["rows_of_source"] == sources.count("s07")
    assert limits == ""


def test_clean_sources_say_nothing_alone():
    for seed in range(5):
        rows, causes, limits, scores = scan(table(*said(4000, seed=seed)))
        assert (rows, causes, limits) == ([], [], "")
        assert (scores.p_value == 1).all()


def test_the_same_rows_spread_over_sources_are_not_named():
    texts, sources = said(4000)
    chosen = plant(texts, sources, "zorvex", 10)
    for n, i in enumerate(chosen):
        sources[i] = f"s{n:02}"
    assert scan(table(texts, sources))[1] == []


def test_a_stray_use_by_another_source_does_not_hide_it():
    texts, sources = said(4000)
    chosen = plant(texts, sources, "zorvex", 12)
    other = next(i for i in range(4000) if i not in chosen and sources[i] != "s07")
    texts[other] += " zorvex"
    rows, causes, _, _ = scan(table(texts, sources))
    assert rows == chosen, "the stray row is not the source's"
    assert causes[0].evidence["rows_elsewhere"] == 1


def test_two_triggers_of_one_source_are_one_finding():
    texts, sources = said(4000)
    plant(texts, sources, "zorvex", 12)
    plant(texts, sources, "quandix", 11)
    _, causes, _, _ = scan(table(texts, sources))
    assert len(causes) == 1
    assert set(causes[0].evidence["texts"]) >= {"zorvex"}


def test_where_sources_differ_by_nature_nothing_is_said_and_that_is_told():
    texts, sources = said(4000, own=0.2)
    plant(texts, sources, "zorvex", 10)
    rows, causes, limits, scores = scan(table(texts, sources))
    assert (rows, causes) == ([], [])
    assert "sources differ by nature" in limits
    assert np.isnan(scores.p_value).all(), "no row was tested, so none is checked"


def test_where_many_sources_would_be_named_none_is():
    texts, sources = said(4000)
    for n in range(4):
        start = 30 * n
        for i in range(start, start + 12):
            texts[i], sources[i] = f"{texts[i]} slogan{n}", f"s{n:02}"
    _, causes, limits, scores = scan(table(texts, sources))
    assert causes == []
    assert "4 of 20 sources have words of their own" in limits
    assert np.isnan(scores.p_value).all()


@pytest.mark.parametrize(
    ("texts", "sources", "why"),
    [
        (["a b", "a c"], ["x", "x"], "fewer than two sources"),
        (["a b", "a c"], ["x", "y"], "too few words"),
        ([], [], "fewer than two sources"),
        ([None, ""], [None, None], "2 of 2 rows name no source"),
    ],
)
def test_what_cannot_be_told_is_said(texts, sources, why):
    _, causes, limits, _ = scan(table(texts, sources))
    assert causes == []
    assert why in limits


def test_rows_without_a_source_are_not_scored():
    texts, sources = said(4000)
    chosen = plant(texts, sources, "zorvex", 10)
    gone = next(i for i in range(4000) if i not in chosen)
    sources[gone] = None
    rows, _, limits, scores = scan(table(texts, sources))
    assert rows == chosen
    assert np.flatnonzero(np.isnan(scores.p_value)).tolist() == [gone]
    assert limits == "1 of 4000 rows name no source"


def test_prompts_and_responses_are_read_where_there_is_no_text():
    texts, sources = said(4000)
    chosen = plant(texts, sources, "violet harbour lantern", 10)
    other, _ = said(4000, seed=9)
    data = pa.table({"p": other, "r": texts, "s": sources})
    detector = bound(OwnWords(), data, prompt="p", response="r", source="s")
    scores, profile = run(detector, data)
    assert np.flatnonzero(flagged(scores)).tolist() == chosen
    assert detector.causes(profile)[0].what == "violet harbour lantern"


@pytest.mark.parametrize("roles", [{"text": "t"}, {"source": "s"}, {"text": "n", "source": "s"}])
def test_it_needs_a_source_and_text(roles):
    schema = pa.schema([("t", pa.string()), ("s", pa.string()), ("n", pa.int64())])
    assert isinstance(OwnWords().bind(DataView(schema, Roles(**roles))), Unchecked)


def test_what_was_not_checked_stands_so_in_coverage(tmp_path):
    import pyarrow.parquet as pq

    from pipelines.detect import detect, first_analyses
    from pipelines.fingerprint import fingerprint, survey
    from pipelines.run import Run
    from provender.core.policy import Rates
    from provender.io.states import StateStore

    (tmp_path / "shards").mkdir()
    pq.write_table(table(*said(600, own=0.3)), tmp_path / "shards" / "0.parquet")
    own = Run(StateStore(str(tmp_path / "states")), workers=1)
    data = survey((str(tmp_path / "shards"),), Roles(text="t", source="s"), own)
    manifest, _ = fingerprint(data, own, first_analyses(data))
    checks = detect(data, manifest, own, Rates()).document["checks"]
    (mine,) = (c for c in checks if c["id"] == "sources/own-words")
    assert mine["status"] == CheckStatus.COULD_NOT_CHECK
    assert "differ by nature" in mine["reason"]
