"""Sorted records: the same root and proofs as in memory, however many parts there are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.fingerprint import fingerprint, survey
from pipelines.run import Run
from provender.core.audit_path import Levels
from provender.core.manifest import Manifest
from provender.core.merkle import leaf_hash
from provender.core.shard import Roles
from provender.errors import InputError, IntegrityError, UsageError
from provender.io.discover import named_files, shard_ref
from provender.io.states import StateStore
from provender.provenance.proof import read_digests
from provender.work import sorted_records
from provender.work.sorted_records import SortedRecords


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, Manifest]:
    """Two shards of 300 records, some of them copies."""
    data = tmp_path / "data"
    data.mkdir()
    for name, first in (("a", 0), ("b", 250)):
        lines = [json.dumps({"n": (first + i) % 500}) for i in range(300)]
        (data / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
    run = Run(StateStore(str(tmp_path / "states")), workers=1)
    return data, fingerprint(survey([str(data)], Roles(), run), run)[0]


@pytest.mark.parametrize("part_rows", [1 << 18, 70])
def test_root_and_proofs_are_those_of_all_records_sorted(
    made: tuple[Path, Manifest], part_rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, manifest = made
    monkeypatch.setattr(sorted_records, "_PART_ROWS", part_rows)
    files = named_files([str(data)])
    every = sorted(d for n, where in files.items() for d in read_digests(shard_ref(n, *where)))
    found = SortedRecords(manifest, [str(data)], tmp_path)
    root = Levels(every).root.hex()
    assert found.root() == root
    for record in (bytes(32), b"\xff" * 32, *(leaf_hash(bytes([i])) for i in range(9))):
        found.absence(record).check(root, 600)
    for record in (every[0], every[300], every[-1]):
        with pytest.raises(UsageError, match="is among the data"):
            found.absence(record)


def test_changed_and_missing_data_are_not_sorted(
    made: tuple[Path, Manifest], tmp_path: Path
) -> None:
    data, manifest = made
    path = data / "b.jsonl"
    path.write_text(path.read_text().replace("499", "498"))
    with pytest.raises(IntegrityError, match="not as it was sealed"):
        SortedRecords(manifest, [str(data)], tmp_path)
    path.unlink()
    with pytest.raises(InputError, match="no such file"):
        SortedRecords(manifest, [str(data)], tmp_path)
