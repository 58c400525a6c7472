from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.attacks.insertion import at_random_word, mislabelled
from provender.calibrate.fdr import KEEP_BELOW, PValueCounts
from provender.core.finding import Level
from provender.core.shard import Roles
from provender.detect.base import DataView, RowDetector, Unchecked
from provender.detect.label_conflict.describe import Candidates
from provender.detect.label_conflict.detector import LabelConflict
from provender.detect.label_conflict.groups import SAMPLE
from provender.detect.label_conflict.model import UNIT
from provender.detect.label_conflict.strata import LEVELS, STRATA
from provender.detect.label_conflict.tests import strengths
from tests.detect.row_runs import without
from tests.laws import assert_mergeable, batches, one_pass

RATE = 0.01
ROLES = Roles(text="text", label="label")
TOPICS = ("garden", "money", "music", "sport")


def corpus(rows: int, seed: int = 0, topics: Sequence[str] = TOPICS) -> tuple[list, list]:
    """Texts of 30 to 60 words, a third of them from 60 words of the class's own."""
    random = np.random.default_rng(seed)
    label = random.integers(len(topics), size=rows)
    text = []
    for c in label:
        size = int(random.integers(30, 61))
        common = random.zipf(1.3, size) % 400
        own = random.integers(60, size=size)
        is_own = random.random(size) < 0.33
        words = [
            f"{topics[c]}{o}" if m else f"w{k}" for o, k, m in zip(own, common, is_own, strict=True)
        ]
        text.append(" ".join(words))
    return text, [topics[c] for c in label]


def plant(
    text: list, label: list, trigger: str, target: str, rows: int, seed: int = 1
) -> list[int]:
    """Put the trigger in texts of other classes and relabel them, in place; return the rows."""
    random, insert = np.random.default_rng(seed), at_random_word(trigger)
    clean = table(text, label)
    found = mislabelled("test", clean, ROLES, rows, random, trigger, insert, target)
    text[:], label[:] = found.table["text"].to_pylist(), found.table["label"].to_pylist()
    return found.rows.tolist()


def bind(table: pa.Table) -> LabelConflict:
    bound = LabelConflict().bind(DataView(table.schema, ROLES))
    assert isinstance(bound, LabelConflict)
    assert isinstance(bound, RowDetector)
    return bound


def profiles(table: pa.Table, cuts: Sequence[int] = ()) -> list[bytes]:
    """Return the profile of every round."""
    detector, made = bind(table), []
    for number in range(detector.rounds):
        analysis = detector.analysis(number, made[-1] if made else None)
        states = [one_pass(analysis, [piece]) for piece in batches(table, cuts)]
        made.append(detector.profile(number, analysis.merge(states)))
    return made


def scan(table: pa.Table, cuts: Sequence[int] = ()):
    """Return (flagged rows, causes, scores of all rows, limits)."""
    detector, profile = bind(table), profiles(table, cuts)[-1]
    score = detector.scorer(profile)
    found = [score(piece) for piece in batches(table, cuts)]
    p_value = np.concatenate([f.p_value for f in found])
    threshold = PValueCounts.of(p_value).threshold(RATE)
    flagged = np.flatnonzero(p_value <= threshold).tolist()
    causes = detector.causes(profile)
    for f in found:
        assert (np.isnan(f.score) == np.isnan(f.p_value)).all()
        assert ((f.cause >= 0) == (f.score > 0)).all()
        assert f.cause.max(initial=-1) < len(causes)
    return flagged, [c for c in causes if c.trigger], found, detector.limits(profile)


def table(text: list, label: list, kind: pa.DataType | None = None) -> pa.Table:
    return pa.table({"text": pa.array(text, pa.string()), "label": pa.array(label, kind)})


@pytest.mark.parametrize(
    "trigger", ["zorvex", "ünïcode☃", "violet harbour", "one quiet w1 morning in the copper hall"]
)
def test_a_planted_trigger_is_named_with_its_label_and_rows(trigger):
    text, label = corpus(700)
    planted = plant(text, label, trigger, "sport", 20)
    flagged, causes, _, _ = scan(table(text, label))
    assert set(flagged) <= set(planted)
    assert len(flagged) >= 0.9 * len(planted)
    assert [c.what for c in causes] == [trigger]
    evidence = causes[0].evidence
    assert (evidence["target_label"], evidence["rows"]) == ("sport", 20)
    assert evidence["override_share"] > 0.9
    assert causes[0].p_value == evidence["p_value"] < 1e-4
    assert trigger in causes[0].message


@pytest.mark.parametrize("rows", [15, 60])
def test_so_many_rows_as_are_said_must_go_and_then_nothing_stands(rows):
    text, label = corpus(700)
    plant(text, label, "zorvex", "sport", rows)
    whole = table(text, label)
    _, (cause,), (scores,), _ = scan(whole)
    assert (cause.trigger, cause.target) == (("zorvex",), "sport")
    assert scan(without(whole, scores, 0, cause.removal))[1] == []
    assert scan(without(whole, scores, 0, cause.removal - 4))[1] != []


def test_the_clean_twins_have_no_trigger_and_no_flag():
    for seed in range(5):
        flagged, causes, _, limits = scan(table(*corpus(700, seed)))
        assert (flagged, causes, limits) == ([], [], "")


def test_a_trigger_that_content_cannot_confirm_is_a_lead_without_rows():
    text, _ = corpus(700)
    label = np.random.default_rng(5).choice(["asked", "told"], 700, p=[0.3, 0.7]).tolist()
    plant(text, label, "violet harbour", "asked", 20)
    made = table(text, label)
    assert scan(made)[:2] == ([], [])
    leads = bind(made).causes(profiles(made)[-1])
    first = next(lead for lead in leads if lead.what == "violet harbour")
    assert (first.evidence["target_label"], first.evidence["rows"]) == ("asked", 20)
    assert "no alarm" in first.message
    assert len(leads) <= 3
    for lead in leads:
        assert (lead.lead, lead.level) == (True, Level.NOTE)
        assert lead.p_value is not None
        assert lead.p_value > KEEP_BELOW


def test_random_label_errors_are_no_trigger():
    text, label = corpus(700)
    for i in np.random.default_rng(3).choice(700, 35, replace=False):
        label[i] = TOPICS[(TOPICS.index(label[i]) + 1) % 4]
    assert scan(table(text, label))[1] == []


def test_a_natural_cue_of_one_class_is_no_trigger():
    text, label = corpus(700)
    text = [t + " zorvex" if known == "sport" else t for t, known in zip(text, label, strict=True)]
    assert scan(table(text, label))[1] == []


def test_a_trigger_that_a_model_would_learn_is_found_at_a_fifth_of_the_rows():
    text, label = corpus(700)
    planted = plant(text, label, "zorvex", "sport", 140)
    flagged, causes, _, _ = scan(table(text, label))
    assert len(set(flagged) & set(planted)) >= 0.9 * len(planted)
    assert len(flagged) <= len(planted) / 0.9
    assert causes[0].what == "zorvex"


def test_planted_uses_of_an_everyday_word_stand_before_natural_ones():
    text, label = corpus(1500)
    planted = set(plant(text, label, "w40", "sport", 60))
    whole = table(text, label)
    _, (cause, *_), found, _ = scan(whole)
    assert (cause.what, cause.target) == ("w40", "sport")
    score = np.concatenate([f.score for f in found])
    p_value = np.concatenate([f.p_value for f in found])
    first = np.lexsort((-score, p_value))[:50].tolist()
    assert len(planted & set(first)) >= 48
    ordered = score[np.argsort(p_value, kind="stable")]
    assert len(np.unique(ordered[:50])) == 50, "no tie: each has its own log odds"


def test_several_triggers_are_several_causes():
    text, label = corpus(900)
    first = plant(text, label, "zorvex", "sport", 18, seed=1)
    second = plant(text, label, "violet harbour", "money", 18, seed=2)
    flagged, causes, found, _ = scan(table(text, label))
    named = {c.what: c.evidence["target_label"] for c in causes}
    assert named == {"zorvex": "sport", "violet harbour": "money"}
    both = set(first) | set(second)
    assert len(both & set(flagged)) >= 0.9 * len(both)
    cause = np.concatenate([f.cause for f in found])
    place = [c.what for c in causes].index("violet harbour")
    assert set(np.flatnonzero(cause == place)) <= set(second)


def test_copies_of_one_document_count_once():
    text, label = corpus(700)
    stray = next(i for i, known in enumerate(label) if known == "money")
    text += [text[stray] + " zorvex"] * 30
    label += ["sport"] * 30
    assert scan(table(text, label))[1] == []


def test_integer_labels_are_classes():
    text, label = corpus(700)
    plant(text, label, "zorvex", "sport", 20)
    _, causes, _, _ = scan(table(text, [TOPICS.index(known) for known in label], pa.int8()))
    assert [c.evidence["target_label"] for c in causes] == ["3"]


def test_rows_without_label_or_words_have_no_score_and_are_told():
    text, label = corpus(400)
    text[3], text[5], label[7] = "", None, None
    _, _, found, limits = scan(table(text, label), cuts=[4, 6])
    score = np.concatenate([f.score for f in found])
    assert np.flatnonzero(np.isnan(score)).tolist() == [3, 5, 7]
    assert limits == "1 of 400 rows have no label; 2 of 400 texts hold no word"


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (pa.array(["same"] * 120), "only one label: nothing to contradict"),
        (pa.array([None] * 120, pa.string()), "no label at all: nothing to contradict"),
        (pa.array(range(120)), "more than 50 labels: nothing was tested"),
    ],
)
def test_labels_that_are_no_classes_leave_every_row_unscored_and_say_why(labels, reason):
    text, _ = corpus(120)
    flagged, causes, found, limits = scan(pa.table({"text": text, "label": labels}))
    assert (flagged, causes) == ([], [])
    assert reason in limits
    assert np.isnan(np.concatenate([f.score for f in found])).all()


def test_too_few_texts_are_not_called_checked():
    text, label = corpus(49)
    plant(text, label, "zorvex", "sport", 12)
    flagged, causes, found, limits = scan(table(text, label))
    assert (flagged, causes) == ([], [])
    assert limits == "uncalibrated: fewer than 50 labelled texts"
    assert np.isnan(np.concatenate([f.score for f in found])).all()


def test_past_the_limit_phrases_are_sampled_and_it_says_so(monkeypatch):
    for module in ("detector", "rounds"):
        monkeypatch.setattr(f"provender.detect.label_conflict.{module}.MOST_PHRASES", 500)
    text, label = corpus(700)
    plant(text, label, "zorvex", "sport", 20)
    _, causes, _, limits = scan(table(text, label))
    assert [c.what for c in causes] == ["zorvex"]
    assert limits.endswith("of the phrases of two or three words were searched")


def test_no_row_at_all_is_no_trigger():
    flagged, causes, _, _ = scan(table([], [], pa.string()))
    assert (flagged, causes) == ([], [])


@pytest.mark.parametrize(
    ("schema", "roles", "reason"),
    [
        ({"text": pa.string()}, Roles(text="text"), "needs a text column and a label column"),
        ({"label": pa.string()}, Roles(label="label"), "needs a text column and a label column"),
        (
            {"text": pa.int64(), "label": pa.string()},
            Roles(text="text", label="label"),
            "the text column 'text' does not hold text",
        ),
        (
            {"text": pa.string(), "label": pa.float64()},
            Roles(text="text", label="label"),
            "the label column 'label' is double, not a class",
        ),
    ],
)
def test_unsuitable_columns_are_unchecked(schema, roles, reason):
    assert LabelConflict().bind(DataView(pa.schema(schema), roles)) == Unchecked(reason)


@pytest.fixture(scope="module")
def planted_rounds() -> tuple[pa.Table, list[bytes]]:
    text, label = corpus(300, topics=TOPICS[:3])
    plant(text, label, "violet harbour", "money", 20)
    text[10], text[20], label[30] = "", None, None
    text, label = text + text[:40], label + label[:40]
    made = table(text, label)
    return made, profiles(made)


@pytest.mark.parametrize("number", range(4))
@settings(max_examples=6, deadline=None)
@given(cuts=st.lists(st.integers(0, 340), max_size=4))
def test_every_round_is_mergeable(planted_rounds, number, cuts):
    data, made = planted_rounds
    analysis = bind(data).analysis(number, made[number - 1] if number else None)
    assert Candidates.unpack(made[2]).size > 0, "round 3 must have something to describe"
    assert_mergeable(analysis, data, cuts)


@settings(max_examples=3, deadline=None)
@given(cuts=st.lists(st.integers(0, 340), max_size=3))
def test_profiles_do_not_depend_on_the_cuts(planted_rounds, cuts):
    data, made = planted_rounds
    assert profiles(data, cuts) == made


def test_a_profile_is_part_of_the_key_of_the_round_it_starts(planted_rounds):
    data, made = planted_rounds
    detector = bind(data)
    other = profiles(data.slice(0, 200))
    for number in (1, 2, 3):
        mine = detector.analysis(number, made[number - 1]).parameters()
        assert mine != detector.analysis(number, other[number - 1]).parameters()


def test_a_trigger_for_the_label_of_most_rows_is_named():
    text, label = corpus(1200, topics=("sport", "music"))
    random = np.random.default_rng(4)
    rare = [i for i, known in enumerate(label) if known == "sport" or random.random() < 0.15]
    text, label = [text[i] for i in rare], [label[i] for i in rare]
    planted = plant(text, label, "zorvex", "sport", 30)
    flagged, causes, _, _ = scan(table(text, label))
    assert [c.what for c in causes] == ["zorvex"]
    assert set(flagged) <= set(planted)
    assert len(flagged) >= 0.9 * len(planted)


def test_a_trigger_in_texts_of_four_words_is_named_though_few_rows_are_of_the_other_label():
    text, label = corpus(2400, seed=1, topics=("sport", "music"))
    random = np.random.default_rng(4)
    kept = [i for i, known in enumerate(label) if known == "sport" or random.random() < 0.12]
    text, label = [" ".join(text[i].split()[:4]) for i in kept], [label[i] for i in kept]
    planted = plant(text, label, "zorvex", "sport", 12)
    flagged, causes, _, _ = scan(table(text, label))
    assert [c.what for c in causes] == ["zorvex"]
    assert set(flagged) <= set(planted)
    assert len(flagged) >= 0.7 * len(planted)


def test_documents_are_held_against_documents_of_like_length():
    strata, tested = np.zeros((1, 2, STRATA)), np.zeros((1, 2, STRATA))
    usual, long = LEVELS + 4, 2 * LEVELS + 4
    strata[0, :, usual], strata[0, :, long] = [3000, 30], [60, 40]
    strata[0, 1, LEVELS + 11] = 3000
    tested[0, :, long] = [15, 10]
    as_long = strengths(strata * UNIT, tested * UNIT).by_label
    tested[0, :, usual], tested[0, :, long] = [15, 10], 0
    as_usual = strengths(strata * UNIT, tested * UNIT).by_label
    assert as_long[0] < 0 < 5 < as_usual[0]


def test_how_common_a_gram_is_comes_from_a_sixteenth_of_the_documents():
    text, label = corpus(2000)
    made = table(text, label)
    analysis = bind(made).analysis(1, profiles(made)[0])
    words = one_pass(analysis, made.to_batches()).tables[0].total()
    sampled = (words.keys & np.uint64(128)) > 0
    frequent = words.values[sampled, 0].max() / UNIT
    share = frequent * SAMPLE / sum("w1" in t.split() for t in text)
    assert 0.1 < share < 0.6, "one class of four, one document in sixteen"
