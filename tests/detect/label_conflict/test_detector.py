"""What text/label-conflict finds, and what it must let be."""

import numpy as np
import pytest

from provender.calibrate.fdr import KEEP_BELOW
from provender.core.finding import Level
from tests.detect.label_conflict.labelled import TOPICS, bind, corpus, plant, profiles, scan, table
from tests.detect.row_runs import without


@pytest.mark.parametrize(
    "trigger",
    ["zorvex", "ünïcode☃", "紫罗兰", "violet harbour", "one quiet w1 morning in the copper hall"],
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
