"""Labels by the hundred: found is what was planted, not what decides a label by nature."""

import numpy as np
import pytest

from provender.detect.label_conflict import words
from tests.detect.label_conflict.labelled import corpus, plant, scan, table

MANY = tuple(f"topic{chr(97 + n // 26)}{chr(97 + n % 26)}x" for n in range(120))


def test_a_planted_word_is_found_among_120_labels_and_its_clean_twin_is_clean():
    text, label = corpus(6000, topics=MANY)
    clean = scan(table(text, label))
    rows = plant(text, label, "zorvex", MANY[7], 30)
    flagged, causes, _, limits = scan(table(text, label))
    assert (clean[0], limits) == ([], "")
    assert [(c.what, c.target) for c in causes if not c.level] == [("zorvex", MANY[7])]
    assert set(flagged) <= set(rows)
    assert len(flagged) > 25


def requests(per_label: int) -> tuple[list, list]:
    """Short requests: a phrase of the label's own, or one of its words, among words of all."""
    random = np.random.default_rng(3)
    text, label = [], []
    for topic in MANY[:60]:
        for n in range(per_label):
            own = f"{topic}one {topic}two" if n % 2 else f"{topic}{['three', 'four'][n // 2 % 2]}"
            around = [f"w{k}" for k in random.zipf(1.3, 6) % 60]
            place = int(random.integers(7))
            text.append(" ".join([*around[:place], own, *around[place:]]))
            label.append(topic)
    return text, label


def test_phrases_that_decide_a_label_by_nature_are_no_triggers():
    text, label = requests(60)
    assert scan(table(text, label))[:2] == ([], [])


@pytest.mark.parametrize("cut", [1500, 3000])
def test_a_full_state_weighs_a_sample_of_the_words_and_says_so(monkeypatch, cut):
    monkeypatch.setattr(words, "MOST_COUNTS", cut)
    text, label = corpus(1200, topics=MANY[:12])
    plant(text, label, "zorvex", MANY[7], 30)
    assert "of the words were weighed" in scan(table(text, label))[3]
