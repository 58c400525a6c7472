"""How well scores order rows, and how uniform p-values are."""

from __future__ import annotations

import numpy as np


def auroc(scores: np.ndarray, positive: np.ndarray) -> float:
    """Return the area under the ROC curve; the lowest scores may be -inf, for rows not scored."""
    from sklearn.metrics import roc_auc_score

    finite = np.nan_to_num(scores, neginf=np.finfo(float).min)
    return float(roc_auc_score(positive, finite))


def precision(score: np.ndarray, truth: np.ndarray) -> float:
    """Return the share of true ones among as many highest scores as there are true ones."""
    return float(truth[np.argsort(-score, kind="stable")[: truth.sum()]].mean())


def distances(p_value: np.ndarray) -> tuple[float, float]:
    """Return the Kolmogorov-Smirnov distance from uniform, and how far p-values are too small."""
    ordered = np.sort(p_value[~np.isnan(p_value)])
    place = np.arange(1, len(ordered) + 1) / len(ordered)
    small = float(np.max(place - ordered, initial=0.0))
    large = float(np.max(ordered - place + 1 / len(ordered), initial=0.0))
    return max(small, large), small
