"""What others do: Z-TOKEN, implemented here as published, and cleanlab's label issues."""

from __future__ import annotations

import warnings
from importlib.util import find_spec

import numpy as np
import pyarrow as pa

from benchmarks.text.judged import Judged
from provender.core.shard import Roles
from provender.stats.grams import words_of

FOLDS = 5
DEVIATIONS = 18.0


def z_token(table: pa.Table, roles: Roles) -> Judged | None:
    """He, Xu, Wang, Xu and others 2023, "Mitigating Backdoor Poisoning Attacks through the Lens of
    Spurious Correlation" (EMNLP): z of a label's share among the texts that hold a word.

    A row's score is the largest z of its words for its label; flagged above 18 deviations.
    """
    if roles.text is None or roles.label is None:
        return None
    words = words_of(table[roles.text].combine_chunks())
    text, code = words.distinct()
    classes, label = np.unique(table[roles.label].to_pylist(), return_inverse=True)
    holds = np.zeros((len(words.vocabulary), len(classes)))
    np.add.at(holds, (code, label[text]), 1)
    base = np.bincount(label) / len(label)
    count = np.maximum(holds.sum(axis=1, keepdims=True), 1)
    z = (holds / count - base) / np.sqrt(base * (1 - base) / count)
    score = np.full(table.num_rows, -np.inf)
    np.maximum.at(score, text, z[code, label[text]])
    top = np.argsort(-z.max(axis=1), kind="stable")[:1000]
    flagged, named = score > DEVIATIONS, words.vocabulary.take(pa.array(top)).to_pylist()
    return Judged(score, flagged, bool(flagged.any()), named)


def cleanlab(table: pa.Table, roles: Roles) -> Judged | None:
    """Label issues as cleanlab 2 finds them, from TF-IDF and logistic regression out of fold.

    Northcutt, Jiang and Chuang 2021, "Confident Learning" (JAIR). Scores are 1 - label quality,
    flags those of ``find_label_issues`` with its defaults.
    """
    if roles.text is None or roles.label is None or not has_cleanlab():
        return None
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    _, label = np.unique(table[roles.label].to_pylist(), return_inverse=True)
    proba = out_of_fold(table[roles.text].to_pylist(), label)
    flagged = np.asarray(find_label_issues(label, proba, n_jobs=1))
    return Judged(1.0 - get_label_quality_scores(label, proba), flagged, bool(flagged.any()))


def has_cleanlab() -> bool:
    """Return whether cleanlab is installed: it is no requirement of the product."""
    return find_spec("cleanlab") is not None


def out_of_fold(texts: list[str], label: np.ndarray) -> np.ndarray:
    """Return float64 (rows, classes): probabilities by a model that has not seen the row."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(
        TfidfVectorizer(min_df=2, sublinear_tf=True), LogisticRegression(max_iter=300)
    )
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        proba = cross_val_predict(model, texts, label, cv=folds, method="predict_proba")
    return np.asarray(proba)
