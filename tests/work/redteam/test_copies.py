"""Copies with poison in them: what was planted is there, all else is as it was."""

import json
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.fingerprint import survey
from pipelines.run import Run
from provender.core.shard import Roles
from provender.errors import InputError
from provender.io.states import StateStore
from provender.stats.census import as_text
from provender.work.redteam import copies
from provender.work.redteam.copies import lay_base, lay_copy
from provender.work.redteam.trial import ANNOTATOR, CLEAN, HALF, SOURCE, SPREAD, Trial
from tests.pipelines.redteam_data import write_corpus


def laid(folder, tmp_path, roles=Roles()):  # noqa: B008
    run = Run(StateStore(str(tmp_path / "cache")), workers=1)
    data = survey((str(folder),), roles, run)
    return lay_base(data, run.store, tmp_path / "base")


@pytest.fixture
def base(tmp_path):
    return laid(write_corpus(tmp_path / "data"), tmp_path)


def rows_of(folder):
    return pa.concat_tables(pq.read_table(p) for p in sorted(folder.iterdir()))


def test_the_base_is_the_data_and_the_pool_all_of_it(base, tmp_path):
    data = rows_of(tmp_path / "data")
    assert rows_of(base.folder / "shards").equals(data)
    assert pq.read_table(base.folder / "pool.parquet").equals(data)
    assert base.starts == (0, 100, 200, 300)


def test_other_formats_and_folder_columns_become_the_same_rows(tmp_path):
    data = tmp_path / "data"
    for part in ("a", "b"):
        (data / f"source={part}").mkdir(parents=True)
        lines = [{"text": f"{part} {i}", "label": i % 2} for i in range(5)]
        (data / f"source={part}" / "x.jsonl").write_text("\n".join(map(json.dumps, lines)))
    found = rows_of(laid(data, tmp_path).folder / "shards")
    assert Counter(found["source"].to_pylist()) == {"a": 5, "b": 5}
    assert found["text"].to_pylist() == [f"{part} {i}" for part in "ab" for i in range(5)]


def test_conversations_carry_poison_as_the_pairs_they_are_read_as(tmp_path):
    turns = [("user", "what is {0} like"), ("assistant", "like {0}")]
    lines = [
        {"messages": [{"role": who, "content": text.format(i)} for who, text in turns]}
        for i in range(60)
    ]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    base = laid(tmp_path / "data", tmp_path)
    before = rows_of(base.folder / "shards")
    assert before["messages.prompt"][7].as_py() == "what is 7 like"
    truth = lay_copy(base, Trial("fixed-response", SPREAD, 5, 3), tmp_path / "copy")
    after = rows_of(tmp_path / "copy")
    assert len({after["messages.response"][i].as_py() for i in truth.rows.tolist()}) == 1
    assert all(truth.trigger in after["messages.prompt"][i].as_py() for i in truth.rows.tolist())
    again = laid(tmp_path / "copy", tmp_path / "again")
    assert rows_of(again.folder / "shards").equals(after), "what was planted is read, not the view"


def test_a_copy_differs_in_the_planted_rows_alone(base, tmp_path):
    truth = lay_copy(base, Trial("rare-word", SPREAD, 12, 3), tmp_path / "copy")
    before, after = rows_of(base.folder / "shards"), rows_of(tmp_path / "copy")
    changed = [i for i in range(300) if before.slice(i, 1) != after.slice(i, 1)]
    assert changed == truth.rows.tolist()
    assert len(changed) == 12
    assert all(truth.trigger in after["text"][i].as_py() for i in changed)
    assert {after["label"][i].as_py() for i in changed} == {truth.target}


def test_shards_without_planted_rows_are_the_bases_own_bytes(base, tmp_path):
    truth = lay_copy(base, Trial("rare-word", SPREAD, 1, 3), tmp_path / "copy")
    touched = int(truth.rows[0]) // 100
    for number, path in enumerate(sorted((tmp_path / "copy").iterdir())):
        same = path.read_bytes() == (base.folder / "shards" / path.name).read_bytes()
        assert same == (number != touched)


@pytest.mark.parametrize("arm", [SOURCE, ANNOTATOR])
def test_all_arms_share_their_rows_and_one_gives_them_one_contributor(tmp_path, arm):
    base = laid(write_corpus(tmp_path / "data", annotator=True), tmp_path)
    spread = lay_copy(base, Trial("sentence", SPREAD, 15, 1), tmp_path / "spread")
    one = lay_copy(base, Trial("sentence", arm, 15, 1), tmp_path / "one")
    assert spread.rows.tolist() == one.rows.tolist()
    assert (spread.contributor, spread.trigger) == (None, one.trigger)
    before, after = (rows_of(tmp_path / name) for name in ("spread", "one"))
    role, name = one.contributor
    assert role == arm
    assert {after[arm][i].as_py() for i in one.rows.tolist()} == {name}
    assert len({before[arm][i].as_py() for i in one.rows.tolist()}) > 1
    assert after.drop_columns(arm).equals(before.drop_columns(arm))


def test_a_contributor_has_the_name_that_findings_give_it(tmp_path):
    folder = write_corpus(tmp_path / "data", shards=1, source=False)
    path = folder / "0.parquet"
    who = pa.array([i % 3 + 0.0 for i in range(100)])
    pq.write_table(pq.read_table(path).append_column("source", who), path)
    base = laid(folder, tmp_path, Roles(text="text", label="label", source="source"))
    truth = lay_copy(base, Trial("flips-random", SOURCE, 5, 0), tmp_path / "copy")
    assert truth.contributor in {("source", name) for name in as_text(who).to_pylist()}


def test_planted_rows_come_from_the_pool_where_the_data_are_larger(tmp_path, monkeypatch):
    monkeypatch.setattr(copies, "POOL_ROWS", 40)
    base = laid(write_corpus(tmp_path / "data"), tmp_path)
    data = rows_of(tmp_path / "data")
    pool = pq.read_table(base.folder / "pool.parquet")
    assert pool.equals(data.take(pa.array(base.pool)))
    truth = lay_copy(base, Trial("flips-random", SPREAD, 30, 0), tmp_path / "copy")
    assert set(truth.rows.tolist()) <= set(base.pool.tolist())
    with pytest.raises(InputError, match="needs 41 rows and 40 can carry it"):
        lay_copy(base, Trial("flips-random", SPREAD, 41, 0), tmp_path / "more")


def test_the_zero_arm_is_the_data_and_halves_of_them(base, tmp_path):
    truth = lay_copy(base, Trial("", CLEAN, 0, 0), tmp_path / "clean")
    data = rows_of(base.folder / "shards")
    assert rows_of(tmp_path / "clean").equals(data)
    assert len(truth.rows) == 0
    halves = []
    for seed in (0, 1):
        lay_copy(base, Trial("", HALF, 0, seed), tmp_path / f"half{seed}")
        halves.append(rows_of(tmp_path / f"half{seed}"))
        assert 100 < halves[-1].num_rows < 200
    assert halves[0] != halves[1]


def test_a_source_column_that_names_none_is_refused(tmp_path):
    folder = write_corpus(tmp_path / "data", shards=1, source=False)
    path = folder / "0.parquet"
    table = pq.read_table(path)
    pq.write_table(table.append_column("source", pa.nulls(100, pa.string())), path)
    base = laid(folder, tmp_path)
    with pytest.raises(InputError, match="names no source"):
        lay_copy(base, Trial("flips-random", SOURCE, 5, 0), tmp_path / "copy")


def test_rows_are_int64_and_ascending(base, tmp_path):
    truth = lay_copy(base, Trial("template", SPREAD, 20, 9), tmp_path / "copy")
    assert truth.rows.dtype == np.int64
    assert (np.diff(truth.rows) > 0).all()
