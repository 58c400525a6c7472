"""Conversations are judged as the pairs of columns that they stand for."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.infer import infer
from pipelines.run import Run
from pipelines.scan import Scan, ScanRequest, scan
from provender.core.verdict import Outcome
from provender.io.states import StateStore

TODAY = datetime.date(2026, 11, 27)
SYSTEM = {"role": "system", "content": "You are kind."}
RULE = "instruct/response-link"


def as_openai(row: dict[str, Any]) -> dict[str, Any]:
    turns = [("user", row["prompt"]), ("assistant", row["response"])]
    messages = [SYSTEM, *({"role": who, "content": said} for who, said in turns)]
    return {"messages": messages, "source": row["source"]}


def as_sharegpt(row: dict[str, Any]) -> dict[str, Any]:
    turns = [("human", row["prompt"]), ("gpt", row["response"])]
    return {
        "conversations": [{"from": who, "value": said} for who, said in turns],
        "source": row["source"],
    }


def scanned(folder: Path, out: Path, **fields: Any) -> Scan:
    run = Run(StateStore(str(out.parent / "states")), workers=1)
    return scan(ScanRequest((str(folder),), str(out), **fields), run, TODAY)


def told(found: Scan) -> list[tuple[Any, ...]]:
    """Return what is found, without the names of files."""
    return [
        (
            finding["rule"],
            finding["level"],
            finding["p_value"],
            finding["rows"],
            [(Path(e["shard"]).stem, e["row"]) for e in finding["examples"]],
        )
        for finding in found.detected.document["findings"]
        if finding["rule"].startswith(("instruct/", "text/", "sources/", "corpus/"))
    ]


@pytest.fixture(scope="module")
def pairs(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    folder = samples / "planted" / "response-link" / "chat"
    found = scanned(folder, tmp_path_factory.mktemp("pairs") / "out")
    assert found.verdict.outcome is Outcome.REJECT
    assert RULE in {rule for rule, *_ in told(found)}
    return told(found)


def test_messages_in_json_lines_are_judged_as_their_pairs(samples, tmp_path, pairs) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for shard in sorted((samples / "planted" / "response-link" / "chat").iterdir()):
        rows = [as_openai(row) for row in pq.read_table(shard).to_pylist()]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (data / f"{shard.stem}.jsonl").write_text(lines, "utf-8")
    found = scanned(data, tmp_path / "out", show_content=True)
    assert found.data.roles.prompt == "messages.prompt"
    assert told(found) == pairs
    link = next(f for f in found.detected.document["findings"] if f["rule"] == RULE)
    assert "by the way" in str(link["examples"][0]), "what it is about is shown"
    assert found.data.schema.names == ["messages", "source"], "a view is no column of the data"


def test_conversations_in_parquet_and_their_clean_twin(samples, tmp_path, pairs) -> None:
    for kind in ("planted/response-link", "clean"):
        data = tmp_path / kind
        data.mkdir(parents=True)
        for shard in sorted((samples / kind / "chat").iterdir()):
            rows = [as_sharegpt(row) for row in pq.read_table(shard).to_pylist()]
            pq.write_table(pa.Table.from_pylist(rows), data / shard.name)
    planted = scanned(tmp_path / "planted" / "response-link", tmp_path / "out")
    assert told(planted) == pairs
    suite = infer((str(tmp_path / "clean"),), "chat", Run(StateStore(str(tmp_path / "states"))))
    (tmp_path / "suite.json").write_text(json.dumps(suite), "utf-8")
    clean = scanned(tmp_path / "clean", tmp_path / "twin", suite=str(tmp_path / "suite.json"))
    assert clean.verdict.outcome is Outcome.ADMIT
    assert RULE not in {rule for rule, *_ in told(clean)}
    assert "conversations.prompt" not in str(suite)
