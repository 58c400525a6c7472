"""Labelled texts with flips, and how the rule is run on them."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from provender.core.shard import Roles
from provender.detect.base import Cause, RowScores
from provender.detect.label_flips.detector import LabelFlips
from tests.detect.label_conflict.labelled import TOPICS, corpus
from tests.detect.row_runs import bound, run

ROLES = Roles(text="text", label="label")


def table(rows: int = 800, seed: int = 0, topics: Sequence[str] = TOPICS) -> pa.Table:
    text, label = corpus(rows, seed, topics)
    names = [f"a{i}" for i in np.random.default_rng([seed, 1]).integers(10, size=rows)]
    return pa.table({"text": text, "label": label, "source": names})


def relabelled(data: pa.Table, labels: Sequence[str | None]) -> pa.Table:
    return data.set_column(1, "label", pa.array(labels, pa.string()))


def scan(
    data: pa.Table, cuts: Sequence[int] = (), source: bool = True, annotator: bool = False
) -> tuple[RowScores, list[Cause], str]:
    roles = {"text": "text", "label": "label"} | ({"source": "source"} if source else {})
    roles |= {"annotator": "annotator"} if annotator else {}
    detector = bound(LabelFlips(), data, **roles)
    scores, profile = run(detector, data, cuts)
    return scores, detector.causes(profile), detector.limits(profile)
