"""What text/label-conflict needs, and what it says where it has not."""

import numpy as np
import pyarrow as pa
import pytest

from provender.core.shard import Roles
from provender.detect.base import DataView, Unchecked
from provender.detect.label_conflict.detector import LabelConflict
from tests.detect.label_conflict.labelled import TOPICS, corpus, plant, scan, table


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
        (pa.array(range(300)), "more than 256 labels: nothing was tested"),
    ],
)
def test_labels_that_are_no_classes_leave_every_row_unscored_and_say_why(labels, reason):
    text, _ = corpus(len(labels))
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
