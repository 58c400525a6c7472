"""A detector that is folded in parts finds what it finds in one."""

import shutil

import pytest

from pipelines.detect import detect, first_analyses
from pipelines.fingerprint import fingerprint, survey
from pipelines.run import Run
from provender.core.policy import Rates
from provender.core.shard import Roles
from provender.io.states import StateStore
from provender.work import rounds
from provender.work.mark import load_marks


@pytest.mark.parametrize("planted", ["duplicates", "contradictions"])
def test_findings_and_marks_do_not_depend_on_the_number_of_parts(
    samples, tmp_path, monkeypatch, planted
):
    adult = shutil.copytree(samples / "planted" / planted / "adult", tmp_path / "adult")
    run = Run(StateStore(str(tmp_path / "c")), 1)
    data = survey([str(adult)], Roles(label="income", source="source"), run)
    manifest, _ = fingerprint(data, run, first_analyses(data))
    whole = detect(data, manifest, run, Rates())
    monkeypatch.setattr(rounds, "ROWS_PER_PART", 1500)
    parts = detect(data, manifest, run, Rates())
    assert whole.document["findings"]
    assert parts.document == whole.document
    tables = [[load_marks(run.store, name) for _, name in d.marks] for d in (whole, parts)]
    assert tables[0] == tables[1]
