"""A scan beside trusted data: what it tells, what it refuses, the same for any workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.detect import detect, first_analyses
from pipelines.fingerprint import fingerprint, survey
from pipelines.run import Run
from pipelines.trusted import trust
from provender.beam.progress import Step
from provender.core.policy import Rates
from provender.core.shard import Roles
from provender.errors import IntegrityError, UsageError
from provender.io.states import StateStore
from provender.work.dataset import DataSet
from provender.work.trusted import Trusted, TrustRequest

RULE = "trusted/outliers"


def written(folder: Path, seed: int, planted: int = 0, **others: Any) -> Path:
    """Numbers in three shards; of a tenth or more no body would call them odd by itself."""
    value = np.random.default_rng(seed).normal(size=3000)
    value[:planted] = 40.0
    folder.mkdir()
    whole = pa.table({"value": value, **others})
    for shard in range(3):
        pq.write_table(whole.slice(1000 * shard, 1000), folder / f"{shard}.parquet")
    return folder


def trusting(
    data: Path, trusted: Path | None, root: str | None = None, workers: int = 1
) -> tuple[Run, DataSet, Trusted | None]:
    run = Run(StateStore(str(data.with_suffix(f".states{workers}"))), workers, span_bytes=2**13)
    surveyed = survey((str(data),), Roles(), run)
    asked = TrustRequest.of([str(trusted)] if trusted else [], root)
    return run, surveyed, trust(asked, surveyed, run)


def found(data: Path, trusted: Path | None, *more: Any, **options: Any) -> dict[str, Any]:
    run, surveyed, known = trusting(data, trusted, *more, **options)
    manifest, _ = fingerprint(surveyed, run, first_analyses(surveyed, known))
    return detect(surveyed, manifest, run, Rates(), trusted=known).document


def test_rows_beyond_the_trusted_ones_are_found_and_the_document_says_what_was_trusted(
    tmp_path: Path,
) -> None:
    data, trusted = written(tmp_path / "data", 1, planted=400), written(tmp_path / "trusted", 2)
    document = found(data, trusted)
    (finding,) = [f for f in document["findings"] if f["rule"] == RULE and f["rows"]]
    assert finding["what"] == "value"
    assert 400 <= finding["rows"] <= 410
    root = document["trusted"]["root"]
    assert document["trusted"] == {"root": root, "rows": 3000, "shards": 3, "pinned": False}
    pinned = found(data, trusted, root)
    assert pinned["trusted"]["pinned"]
    pinned["trusted"]["pinned"] = False
    assert pinned == document
    assert found(data, trusted, workers=2) == document


def test_progress_tells_the_trusted_data_apart(tmp_path: Path) -> None:
    steps: list[Step] = []
    run = Run(StateStore(str(tmp_path / "states")), 1, listener=steps.append)
    surveyed = survey((str(written(tmp_path / "data", 1)),), Roles(), run)
    before = {step.stage for step in steps}
    trust(TrustRequest.of([str(written(tmp_path / "trusted", 2))], None), surveyed, run)
    stages = {step.stage for step in steps} - before
    assert stages
    assert all(stage.startswith("trusted: ") for stage in stages)


def test_clean_rows_are_spared(tmp_path: Path) -> None:
    document = found(written(tmp_path / "data", 1), written(tmp_path / "trusted", 2))
    assert not [f for f in document["findings"] if f["rule"] == RULE]
    (check,) = [c for c in document["checks"] if c["id"] == RULE]
    assert (check["status"], check["rows"]) == ("checked", 3000)


def test_without_trusted_data_the_rules_say_that_nothing_was_compared(tmp_path: Path) -> None:
    document = found(written(tmp_path / "data", 1), None)
    assert document["trusted"] is None
    (check,) = [c for c in document["checks"] if c["id"] == RULE]
    assert check["status"] == "not_applicable"
    assert "--trusted" in check["reason"]


def test_data_that_are_not_those_named_are_not_trusted(tmp_path: Path) -> None:
    data, trusted = written(tmp_path / "data", 1), written(tmp_path / "trusted", 2)
    _, _, known = trusting(data, trusted)
    assert known is not None
    (trusted / "2.parquet").unlink()
    with pytest.raises(IntegrityError, match="do not trust them"):
        found(data, trusted, known.root)


def test_data_cannot_vouch_for_themselves(tmp_path: Path) -> None:
    data, trusted = written(tmp_path / "data", 1), written(tmp_path / "trusted", 2)
    (data / "1.parquet").rename(trusted / "9.parquet")
    (data / "1.parquet").write_bytes((trusted / "9.parquet").read_bytes())
    with pytest.raises(UsageError, match=r"9\.parquet has the bytes of 1\.parquet"):
        found(data, trusted)


def test_trusted_data_of_another_form_are_refused(tmp_path: Path) -> None:
    data = written(tmp_path / "data", 1, other=["x"] * 3000)
    with pytest.raises(UsageError, match="no column 'other'"):
        found(data, written(tmp_path / "trusted", 2))
    with pytest.raises(UsageError, match="'other' is int64 there and string in DATA"):
        found(data, written(tmp_path / "numbers", 2, other=np.arange(3000)))


@pytest.mark.parametrize(
    ("inputs", "root", "says"),
    [([], "sha256:" + "0" * 64, "no data are named"), (["x"], "5", "is no root of a manifest")],
)
def test_a_root_must_be_one_and_of_something(inputs: list[str], root: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        TrustRequest.of(inputs, root)
