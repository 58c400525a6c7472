"""Tables of labels that are mostly poison: what was brought is taken away, natural ones stay."""

import numpy as np

from provender.detect.label_conflict.flooded import drained
from provender.detect.label_conflict.model import Model
from provender.detect.label_conflict.words import model_of
from tests.detect.label_conflict.labelled import bind, corpus, plant, scan, table
from tests.laws import one_pass

MANY = tuple(f"topic{i}x" for i in range(12))


def _counted(text: list, label: list) -> Model:
    """Return the model as it is counted, nothing taken away."""
    found = table(text, label)
    return model_of(one_pass(bind(found).analysis(0, None), found.to_batches()))


def _faint(text: str, random: np.random.Generator) -> str:
    """Keep twelve words, and of those of the class three in ten."""
    kept = [word for word in text.split() if word[0] == "w" or random.random() < 0.3]
    return " ".join(kept[:12])


def test_a_flooded_label_keeps_about_what_its_own_documents_say() -> None:
    text, label = corpus(4000, topics=MANY)
    before = _counted(text, label)
    planted = plant(text, label, "cfvortex", MANY[3], 1500)
    counted = _counted(text, label)
    model, at = drained(counted), counted.classes.index(MANY[3])
    own = before.documents[at].sum()
    assert counted.documents[at].sum() == own + len(planted)
    assert abs(model.documents[at].sum() - own) <= 0.1 * own
    others = np.arange(len(MANY)) != at
    assert (model.documents[others] == counted.documents[others]).all()
    natural, all_, left = (one.mass[at].sum() for one in (before, counted, model))
    assert left - len(planted) < 1.6 * natural < 0.4 * all_, "the mark itself stays"


def test_labels_that_a_word_marks_by_nature_are_not_flooded() -> None:
    text, label = corpus(4000, topics=MANY)
    marked = [
        f"{t} {'@' + own if own == MANY[3] else ''}" for t, own in zip(text, label, strict=True)
    ]
    model = _counted(marked, label)
    assert drained(model) is model


def test_poison_of_several_times_a_labels_own_rows_is_found_and_nothing_else() -> None:
    text, label = corpus(3000, topics=tuple(f"topic{i}x" for i in range(24)))
    random = np.random.default_rng(0)
    text = [_faint(one, random) for one in text]
    rows = plant(text, label, "seven paper lanterns", "topic3x", 600)
    flagged, causes, _, _ = scan(table(text, label))
    assert [cause.trigger for cause in causes] == [("seven paper lanterns",)]
    assert set(flagged) <= set(rows)
    assert len(flagged) >= 0.98 * len(rows)
