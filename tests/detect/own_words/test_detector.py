"""sources/own-words: the source that says what no other says is named, with its rows."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from provender.attacks.registry import attack
from provender.core.finding import CheckStatus, Level
from provender.core.shard import Roles
from provender.detect.base import DataView, Unchecked
from provender.detect.own_words.counts import LANES, CountWords, SourceColumns, lanes, signs
from provender.detect.own_words.detector import OwnWords
from provender.detect.own_words.owners import FindOwners
from provender.detect.own_words.prices import prices
from provender.detect.own_words.suspects import Suspects
from tests.detect.row_runs import RATE, bound, flagged, run, without
from tests.laws import assert_mergeable

TRIGGERS = {
    "rare word": "zorvex",
    "phrase of known words": "w171 w203 w98",
    "sentence": "one quiet w1 morning in the copper hall w2",
}


def said(rows: int, sources: int = 20, seed: int = 0, own: float = 0.0) -> tuple[list, list]:
    """Texts, and a source for each at random; a share ``own`` of the words is the source's."""
    random = np.random.default_rng(seed)
    source = random.integers(sources, size=rows)
    texts = []
    for s in source:
        words = [f"w{k}" for k in random.zipf(1.3, int(random.integers(8, 20))) % 4000]
        mine = random.random(len(words)) < own
        texts.append(
            " ".join(
                f"s{s}x{random.integers(40)}" if m else w for w, m in zip(words, mine, strict=True)
            )
        )
    return texts, [f"s{s:02}" for s in source]


def plant(texts: list, sources: list, trigger: str, rows: int, source: str = "s07") -> list[int]:
    """Put the trigger into rows at random, and give them all one source."""
    random = np.random.default_rng(1)
    chosen = sorted(random.choice(len(texts), rows, replace=False).tolist())
    for i in chosen:
        words = texts[i].split()
        words.insert(int(random.integers(len(words) + 1)), trigger)
        texts[i], sources[i] = " ".join(words), source
    return chosen


def table(texts: list, sources: list) -> pa.Table:
    return pa.table({"t": pa.array(texts, pa.string()), "s": pa.array(sources, pa.string())})


def scan(data: pa.Table, cuts: Sequence[int] = ()):
    """Return (flagged rows, causes, limits, scores)."""
    detector = bound(OwnWords(), data, text="t", source="s")
    scores, profile = run(detector, data, cuts)
    assert (np.isnan(scores.score) == np.isnan(scores.p_value)).all()
    causes = detector.causes(profile)
    assert scores.cause.max(initial=-1) < len(causes)
    rows = np.flatnonzero(flagged(scores)).tolist()
    return rows, causes, detector.limits(profile), scores


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


def fewest_gone(data: pa.Table, scores, most: int) -> int:
    """Without how many rows, the highest scores first, nothing stands: by trying."""
    return next(n for n in range(most + 1) if not scan(without(data, scores, 0, n))[1])


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


def shared_by(names: Sequence[str], each: int, sources: int, seed: int = 0) -> tuple:
    """Plant a word into so many rows of each of the names; return (texts, sources, rows)."""
    texts, source = said(4000, sources, seed)
    random = np.random.default_rng(seed + 1)
    chosen = random.choice(4000, each * len(names), replace=False).tolist()
    for n, i in enumerate(chosen):
        texts[i], source[i] = f"zorvex {texts[i]}", names[n % len(names)]
    return texts, source, sorted(chosen)


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


def test_a_stray_use_by_another_source_does_not_hide_it():
    texts, sources = said(4000)
    chosen = plant(texts, sources, "zorvex", 12)
    other = next(i for i in range(4000) if i not in chosen and sources[i] != "s07")
    texts[other] += " zorvex"
    rows, causes, _, _ = scan(table(texts, sources))
    assert rows == chosen, "the stray row is not the source's"
    assert causes[0].evidence["rows_elsewhere"] == 1


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


def test_cuts_and_order_change_nothing():
    texts, sources = said(2000)
    plant(texts, sources, "w171 w203 w98", 12)
    data = table(texts, sources)
    detector = bound(OwnWords(), data, text="t", source="s")
    whole = run(detector, data)[1]
    assert run(detector, data, [5, 700, 701])[1] == whole
    shuffled = data.take(pa.array(np.random.default_rng(3).permutation(2000)))
    assert run(detector, shuffled, [100])[1] == whole


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.none() | st.text("ab \u0301", max_size=12), st.none() | st.sampled_from("xyz")
        ),
        max_size=40,
    ),
    st.lists(st.integers(0, 40), max_size=4),
)
def test_the_reads_are_mergeable(rows, cuts):
    data = table([r[0] for r in rows], [r[1] for r in rows])
    columns = SourceColumns(("t",), "s")
    state = assert_mergeable(CountWords(columns), data, cuts)
    counted = CountWords(columns).unpack(state)
    keys = np.sort(counted.words.total().keys)
    suspects = Suspects(keys, np.ones(len(keys), np.int64), counted.sources.total(), 1, "")
    assert_mergeable(FindOwners(columns, suspects, "x"), data, cuts)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=300))
def test_the_lanes_hold_the_sum_of_every_sign(drawn):
    source = np.array(drawn, np.uint64) << np.uint64(8)
    packed = signs(source)
    expected = lanes(packed)
    assert set(np.unique(expected)) <= {-1, 1}
    found = lanes(packed.sum(axis=0)[None])
    assert found.shape == (1, LANES)
    assert found[0].tolist() == expected.sum(axis=0).tolist()


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
