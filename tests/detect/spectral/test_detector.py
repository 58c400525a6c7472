"""spectral/class-signature: a trigger's common direction is found, clean classes are spared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.core.shard import Roles
from provender.detect.base import DataView, Unchecked
from provender.detect.embedding import Embedding
from provender.detect.spectral.detector import ClassSignature
from tests.detect.row_runs import bound, flagged, run
from tests.laws import assert_mergeable


def digits(target: int | None = None, share: float = 0.05) -> tuple[pa.Table, np.ndarray]:
    """Return (table, planted rows): BadNets, a bright corner on other classes' images."""
    from sklearn.datasets import load_digits

    data = load_digits()
    images, labels = data.images.copy(), data.target.copy()
    planted = np.zeros(len(labels), bool)
    if target is not None:
        rng = np.random.default_rng(1)
        count = round(share * (labels == target).sum())
        planted[rng.choice(np.flatnonzero(labels != target), count, replace=False)] = True
        images[planted, -2:, -2:] = 16
        labels[planted] = target
    return table_of(images.reshape(len(labels), -1), labels), planted


def table_of(vectors: np.ndarray, labels: np.ndarray) -> pa.Table:
    cells = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
    return pa.table({"v": cells, "y": pa.array(labels)})


def blobs(seed: int, rows: int = 900, draw: str = "standard_normal") -> pa.Table:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, rows)
    noise = getattr(rng, draw)((rows, 6)) @ rng.standard_normal((6, 6))
    return table_of(noise + 3 * rng.standard_normal((3, 6))[labels], labels)


def detector_for(table: pa.Table) -> Any:
    return bound(ClassSignature(), table, label="y", embedding="v")


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 9), st.lists(st.integers(0, 900), min_size=1, max_size=4))
def test_all_three_rounds_merge(seed: int, cuts: list[int]) -> None:
    table = blobs(seed)
    detector = detector_for(table)
    profile = None
    for number in range(3):
        analysis = detector.analysis(number, profile)
        packed = assert_mergeable(analysis, table, cuts)
        profile = detector.profile(number, analysis.unpack(packed))


@pytest.mark.parametrize("target", [0, 7, 8])
def test_a_patch_is_found_and_hardly_any_other_row(target: int) -> None:
    table, planted = digits(target)
    detector = detector_for(table)
    scores, profile = run(detector, table, (400, 401))
    hits = flagged(scores)
    assert (hits & planted).sum() >= 0.9 * planted.sum()
    assert (hits & ~planted).sum() <= 1
    causes = detector.causes(profile)
    named = causes[scores.cause[np.flatnonzero(planted)[0]]]
    assert named.what == str(target)
    evidence = named.evidence
    assert evidence["top_eigenvalue"] > 2 * evidence["median_top_eigenvalue_of_classes"]


def test_clean_digits_are_left_alone() -> None:
    table, _ = digits()
    assert flagged(run(detector_for(table), table)[0]).sum() <= 1


@pytest.mark.parametrize("draw", ["standard_normal", "standard_exponential"])
def test_p_values_are_conservative_under_the_null(draw: str) -> None:
    table = blobs(4, rows=15_000, draw=draw)
    scores, _ = run(detector_for(table), table)
    assert not flagged(scores).any()
    for alpha in (0.05, 0.01, 0.001):
        assert (scores.p_value <= alpha).mean() <= 1.5 * alpha


def test_scores_do_not_depend_on_batches() -> None:
    table = blobs(2)
    whole = run(detector_for(table), table)[0]
    cut = run(detector_for(table), table, (1, 300, 301))[0]
    assert np.array_equal(whole.score, cut.score)


def test_rows_without_label_or_vector_say_nothing() -> None:
    table = blobs(3)
    vectors = table["v"].to_pylist()
    labels = table["y"].to_pylist()
    vectors[0], vectors[1], vectors[2], vectors[3] = None, [np.nan] * 6, [0.0] * 6, [np.inf] * 6
    labels[4] = None
    odd = pa.table({"v": pa.array(vectors, pa.list_(pa.float64())), "y": labels})
    detector = detector_for(odd)
    scores, profile = run(detector, odd)
    assert np.flatnonzero(np.isnan(scores.p_value)).tolist() == [0, 1, 2, 3, 4]
    assert "5 of 900 rows" in detector.limits(profile)


@pytest.mark.parametrize("rows", [0, 900])
def test_without_a_second_class_nothing_is_said(rows: int) -> None:
    table = blobs(1).slice(0, rows)
    table = table.set_column(1, "y", pa.array(["only"] * rows, pa.string()))
    detector = detector_for(table)
    scores, profile = run(detector, table)
    assert np.isnan(scores.p_value).all()
    assert (detector.limits(profile) != "") == (rows > 0)


def test_constant_vectors_are_not_flagged() -> None:
    table = table_of(np.ones((600, 4)), np.arange(600) % 2)
    assert not flagged(run(detector_for(table), table)[0]).any()


def test_text_is_embedded_where_nothing_else_is_given() -> None:
    rng = np.random.default_rng(0)
    words = np.array([f"word{i}" for i in range(400)])
    texts = [" ".join(rng.choice(words[100 * (i % 3) :], 40)) for i in range(900)]
    table = pa.table({"t": texts, "y": [str(i % 3) for i in range(900)]})
    detector = bound(ClassSignature(), table, label="y", text="t")
    scores, _ = run(detector, table, (100,))
    assert np.isfinite(scores.score).all()
    assert not flagged(scores).any()


def test_large_images_are_averaged_and_other_long_vectors_projected() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 600)
    for roles in ({"image": "v"}, {"embedding": "v"}):
        table = table_of(rng.integers(0, 255, (600, 784)), labels)
        detector = bound(ClassSignature(), table, label="y", **roles)
        scores, _ = run(detector, table)
        assert np.isfinite(scores.score).all()
        assert not flagged(scores).any()


@pytest.mark.parametrize(("side", "channels", "width"), [(28, 1, 196), (64, 3, 192), (30, 3, 192)])
def test_images_are_cut_to_the_finest_blocks_that_fit(side: int, channels: int, width: int) -> None:
    table = table_of(np.ones((3, side * side * channels)), np.arange(3))
    [(length, rows, features)] = Embedding("v", "image").blocks(table.to_batches()[0])
    assert length == side * side * channels
    assert rows.tolist() == [0, 1, 2]
    assert features.shape == (3, width)


@pytest.mark.parametrize("roles", [Roles(embedding="v"), Roles(label="y")])
def test_missing_roles_are_told(roles: Roles) -> None:
    schema = pa.schema({"y": pa.string(), "n": pa.int64()})
    if roles.embedding:
        schema = schema.append(pa.field("v", pa.list_(pa.float32())))
    assert isinstance(ClassSignature().bind(DataView(schema, roles)), Unchecked)
