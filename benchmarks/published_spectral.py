"""Published spectral defences, stated from their papers on any feature matrix, for comparison only.

Each is a `Method`. The papers' rules need the poison share and are told it (``share``).
ART's two are the shipped code of adversarial-robustness-toolbox, when that is installed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

# (shards, pixels (rows, 64), labels (rows,), told share) -> scores (rows,), flagged (rows,)
Result = tuple[np.ndarray, np.ndarray]
Method = Callable[[list[pa.Table], np.ndarray, np.ndarray, float], Result]


def by_class(pixels: np.ndarray, labels: np.ndarray, one: Callable[[np.ndarray], Result]) -> Result:
    scores, flagged = np.zeros(len(labels)), np.zeros(len(labels), bool)
    for label in np.unique(labels):
        mine = labels == label
        scores[mine], flagged[mine] = one(pixels[mine])
    return scores, flagged


def top(scores: np.ndarray, count: int) -> np.ndarray:
    flagged = np.zeros(len(scores), bool)
    flagged[np.argsort(-scores, kind="stable")[:count]] = True
    return flagged


def spectral_signature(_: object, pixels: np.ndarray, labels: np.ndarray, share: float) -> Result:
    """Tran, Li & Madry 2018, algorithm 1: drops the top 1.5 eps of every class."""

    def one(x: np.ndarray) -> Result:
        centred = x - x.mean(0)
        scores = (centred @ np.linalg.svd(centred, full_matrices=False)[2][0]) ** 2
        return scores, top(scores, round(1.5 * share * len(x)))

    return by_class(pixels, labels, one)


def que(x: np.ndarray, k: int, share: float) -> np.ndarray:
    """QUE scores (alpha = 4) after whitening by a robust covariance of the top k directions."""
    centred = x - x.mean(0)
    z = centred @ np.linalg.svd(centred, full_matrices=False)[2][:k].T
    kept = z
    for _ in range(10):  # concentration steps stand for the paper's robust covariance filter
        mean, covariance = kept.mean(0), np.cov(kept.T)
        distance = np.einsum("ij,ij->i", z - mean, np.linalg.solve(covariance, (z - mean).T).T)
        kept = z[np.argsort(distance, kind="stable")[: round((1 - 1.5 * share) * len(z))]]
    values, vectors = np.linalg.eigh(np.cov(kept.T))
    white = (z - kept.mean(0)) @ vectors / np.sqrt(values)
    values, vectors = np.linalg.eigh(white.T @ white / len(white))
    weights = np.exp(4 * (values - values[-1]) / max(values[-1] - 1, 1e-9))
    return np.asarray((white @ vectors) ** 2 @ (weights / weights.sum()))


def spectre(_: object, pixels: np.ndarray, labels: np.ndarray, share: float) -> Result:
    """Hayase et al. 2021: k by the largest mean QUE; only the class with the largest is cut."""
    best: list[float] = []

    def one(x: np.ndarray) -> Result:
        tried = [que(x, k, share) for k in (2, 4, 8, 16, 32)]
        scores = max(tried, key=np.mean)
        best.append(float(np.mean(scores)))
        return scores, top(scores, round(1.5 * share * len(x)))

    scores, flagged = by_class(pixels, labels, one)
    return scores, flagged & (labels == np.unique(labels)[int(np.argmax(best))])


def activation_clustering(_: object, pixels: np.ndarray, labels: np.ndarray, __: float) -> Result:
    """Chen et al. 2018: 10 components, 2-means, the smaller cluster if under 35 % of the class."""
    from sklearn.cluster import KMeans

    def one(x: np.ndarray) -> Result:
        centred = x - x.mean(0)
        z = centred @ np.linalg.svd(centred, full_matrices=False)[2][:10].T
        fit = KMeans(2, n_init=10, random_state=0).fit(z)
        small = int(np.bincount(fit.labels_, minlength=2).argmin())
        distance = fit.transform(z)
        cluster = fit.labels_ == small
        return distance[:, 1 - small] - distance[:, small], cluster & (cluster.mean() < 0.35)

    return by_class(pixels, labels, one)


class _PixelsAsActivations:
    """What ART's defences ask of a classifier, with the pixels as the last layer."""

    nb_classes, layer_names = 10, ("pixels",)

    def get_activations(self, x: np.ndarray, **_: object) -> np.ndarray:
        return x


def art_spectral(_: object, pixels: np.ndarray, labels: np.ndarray, share: float) -> Result:
    from art.defences.detector.poison import SpectralSignatureDefense as Defense

    def one(x: np.ndarray) -> Result:
        return Defense.spectral_signature_scores(x)[:, 0], np.zeros(len(x), bool)

    defense = Defense(_PixelsAsActivations(), pixels, labels, expected_pp_poison=share)
    return by_class(pixels, labels, one)[0], ~np.array(defense.detect_poison()[1], bool)


def art_clustering(_: object, pixels: np.ndarray, labels: np.ndarray, __: float) -> Result:
    from art.defences.detector.poison import ActivationDefence

    np.random.seed(0)  # ART draws from numpy's global generator
    defence = ActivationDefence(_PixelsAsActivations(), pixels, labels)
    suspects = ~np.array(defence.detect_poison()[1], bool)
    return suspects.astype(float), suspects
