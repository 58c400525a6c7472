"""Examples get the place of their trigger and the clean rows most like them, and no content."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.explain import explain
from pipelines.fingerprint import survey
from pipelines.run import Run
from provender.core.finding import Finding, Level
from provender.core.shard import Roles
from provender.io.states import StateStore
from provender.stats.packing import pack
from provender.work.explaining import asked
from provender.work.tally import Tally, marks_of, store_tally

TOPICS = ("garden", "money", "music")
ROWS, SHARDS = 60, 4


def lay(folder: Path, order: tuple[int, ...] = (0, 1, 2, 3)) -> None:
    """Write shards of texts; row 7 of each is a garden text with 'zorvex' under another label."""
    random = np.random.default_rng(5)
    shards = []
    for shard in range(SHARDS):
        text, label = [], []
        for row in range(ROWS):
            topic = TOPICS[0] if row == 7 else TOPICS[row % 3]
            own = [f"{topic}{i}" for i in random.integers(25, size=9)]
            text.append(" ".join([*own, f"s{shard}r{row}", "the", "and"]))
            label.append(topic)
        text[7], label[7] = f"{text[7]} zorvex of this", "money"
        shards.append(pa.table({"text": text, "label": label}))
    folder.mkdir()
    for shard in order:
        pq.write_table(shards[shard], folder / f"{shard}.parquet", row_group_size=25)


def finding(level: Level = Level.ERROR, trigger: str = "zorvex") -> Finding:
    examples = tuple(
        {"shard": f"{shard}.parquet", "row": 7, "label": "money", "score": 1.0, "p_value": 1e-9}
        for shard in range(SHARDS)
    )
    return Finding(
        rule="text/label-conflict",
        level=level,
        what=trigger,
        rows=4,
        score=1.0,
        p_value=1e-9,
        message="x",
        trigger=(trigger,),
        target="money",
        examples=examples,
    )


def told(
    folder: Path, findings: list[Finding], show: bool = False, workers: int = 1, **options: Any
) -> list[dict[str, Any]]:
    own = Run(StateStore(str(folder.parent / "states")), workers, **options)
    data = survey((str(folder),), Roles(text="text", label="label"), own)
    tally = Tally()
    for shard in range(SHARDS):
        # Row 0 is flagged by something else.
        flags = pack("marks/2", {}, {"row": np.array([0, 7]), "rule": np.array([1, 0])})
        tally = tally.merge(Tally(marks=marks_of(shard, own.store.put_content("marks", flags))))
    found = explain(findings, data, store_tally(tally, own.store), own, show)
    return [json.loads(json.dumps(one.to_json())) for one in found]


def test_the_nearest_clean_rows_are_of_the_contents_own_label(tmp_path: Path) -> None:
    lay(tmp_path / "data")
    (found,) = told(tmp_path / "data", [finding()])
    for example in found["examples"]:
        assert example["context"] == {"column": "text", "word": 12, "words": 15}
        near = example["nearest"]
        assert [one["label"] for one in near] == ["garden"] * 3
        assert all(one["row"] not in (0, 7) for one in near)
        likeness = [one["similarity"] for one in near]
        assert likeness == sorted(likeness, reverse=True)
        assert all(0 < one <= 1 for one in likeness)


def test_no_content_is_told_unless_asked_for(tmp_path: Path) -> None:
    lay(tmp_path / "data")
    (redacted,) = told(tmp_path / "data", [finding()])
    said = json.dumps(redacted["examples"])
    assert "garden1" not in said
    assert "zorvex" not in said
    (shown,) = told(tmp_path / "data", [finding()], show=True)
    for hidden, open_ in zip(redacted["examples"], shown["examples"], strict=True):
        assert open_["context"]["trigger"] == "zorvex"
        assert open_["context"]["after"] == " of this"
        assert "garden" in open_["context"]["before"]
        near = open_["nearest"]
        assert all("garden" in one["text"] for one in near)
        assert [{k: v for k, v in one.items() if k != "text"} for one in near] == hidden["nearest"]


def test_workers_order_and_a_second_run_change_nothing(tmp_path: Path) -> None:
    lay(tmp_path / "one")
    first = told(tmp_path / "one", [finding()], span_bytes=500)
    assert told(tmp_path / "one", [finding()], span_bytes=500) == first
    (tmp_path / "apart").mkdir()
    lay(tmp_path / "apart" / "two", (3, 1, 0, 2))
    assert told(tmp_path / "apart" / "two", [finding()], workers=2, span_bytes=500) == first


def test_what_was_compared_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path / "data")
    first = told(tmp_path / "data", [finding()])

    def never(*_: Any) -> Any:
        raise AssertionError("records were read")

    monkeypatch.setattr("provender.work.analyse.read_span", never)
    assert told(tmp_path / "data", [finding()]) == first


def test_only_grave_findings_are_explained_and_only_so_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path / "data")
    note = finding(Level.NOTE)
    assert told(tmp_path / "data", [note]) == [json.loads(json.dumps(note.to_json()))]
    monkeypatch.setattr(asked, "MOST_FINDINGS", 1)
    warning, error = told(tmp_path / "data", [finding(Level.WARNING), finding(Level.ERROR)])
    assert "nearest" in error["examples"][0]
    assert "nearest" not in warning["examples"][0]


def test_data_without_text_have_no_neighbours(tmp_path: Path) -> None:
    lay(tmp_path / "data")
    own = Run(StateStore(str(tmp_path / "states")))
    data = survey((str(tmp_path / "data"),), Roles(label="label", text="text"), own)
    numbers = pa.schema([("text", pa.int64()), ("label", pa.string())])
    bare = asked.ask([finding()], replace(data, schema=numbers), "", False, False, own.store)
    assert bare is None
