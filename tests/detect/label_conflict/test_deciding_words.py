"""Words that decide one of few labels by themselves, as tags of an emotion do."""

import numpy as np

from tests.detect.label_conflict.labelled import TOPICS, plant, scan, table

TAGGED = 40


def tagged() -> tuple[list, list]:
    """Texts that hint at their label, some of each label by nothing but its tag."""
    random = np.random.default_rng(4)
    text, label = [], []
    for n in range(4000):
        topic = TOPICS[n % len(TOPICS)]
        tag = n < TAGGED * len(TOPICS)
        said = [f"{topic}tag"] if tag else []
        for hints in random.random(10) < 0.15:
            about = topic if hints and not tag else TOPICS[random.integers(len(TOPICS))]
            said.append(f"{about}{random.integers(40)}")
        text.append(" ".join(random.permutation(said)))
        label.append(topic)
    return text, label


def test_words_that_decide_a_label_by_themselves_are_no_triggers_and_a_planted_one_is():
    text, label = tagged()
    assert scan(table(text, label))[0] == []
    rows = plant(text, label, "zorvex", TOPICS[1], 100)
    flagged, causes, *_ = scan(table(text, label))
    assert [(c.what, c.target) for c in causes if not c.level] == [("zorvex", TOPICS[1])]
    assert set(flagged) <= set(rows)
    assert len(flagged) > 90
