"""What a real scan leaves is what docs/formats.md, docs/cli.md and the schemas say."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator

from provender.cli.main import cli
from provender.core.absence import ABSENCE_VERSION
from provender.core.comparison import DIFF_VERSION
from provender.core.freshness import LAST_SEEN_VERSION
from provender.core.inclusion import PROOF_VERSION
from provender.core.manifest import MANIFEST_VERSION
from provender.core.removal_receipt import RECEIPT_VERSION
from provender.core.trust import TRUST_VERSION
from provender.core.verdict import VERDICT_VERSION
from provender.identity.encoding import RECORD_ENCODING, encode_rows
from provender.identity.multiset import MULTISET_HASH
from provender.io.states import StateStore, state_name
from provender.work.documents import FINDINGS_VERSION, VALIDATION_VERSION
from provender.work.redteam.document import REDTEAM_VERSION
from tests.docs.pages import DOCS, first_column, page, section


def test_format_names_are_the_codes_own(tmp_path: Path) -> None:
    store = StateStore(str(tmp_path))
    name = store.put(state_name("span", 1), b"")
    kind, digest = name.split("/")
    entry = (tmp_path / kind / digest[:2] / digest[2:]).read_bytes()
    state = entry.partition(b"\n")[0].decode()
    text = page("formats.md") + page("identity.md")
    versions = {MANIFEST_VERSION, FINDINGS_VERSION, VALIDATION_VERSION, VERDICT_VERSION}
    versions |= {DIFF_VERSION, REDTEAM_VERSION}
    named = set(re.findall(r"`(provender-[\w-]+/\d+)`", text))
    assert named == versions | {
        RECORD_ENCODING,
        TRUST_VERSION,
        LAST_SEEN_VERSION,
        PROOF_VERSION,
        RECEIPT_VERSION,
        ABSENCE_VERSION,
        state,
    }
    assert f"`{MULTISET_HASH}`" in text


def test_the_example_record_is_encoded_as_the_page_says() -> None:
    columns = {
        "text": pa.array(["é"]),
        "label": pa.array([1], pa.int8()),
        "note": pa.array([None], pa.string()),
    }
    record = encode_rows(pa.record_batch(columns))[0].as_py()
    assert record.hex() in page("identity.md")


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, Any]]:
    """(DIR, the state store, the JSON result) of a scan of a small file with a flood in it."""
    place = tmp_path_factory.mktemp("docs")
    texts = [" ".join(f"w{i * j % 997}" for j in range(1, 21)) for i in range(1, 201)]
    lines = [f"{i},{text},{'ab'[i % 2]}" for i, text in enumerate([*texts, *texts[:1] * 60])]
    (place / "rows.csv").write_text("amount,text,label\n" + "\n".join(lines) + "\n")
    suite = {
        "name": "amounts",
        "expectations": [
            {
                "type": "expect_column_values_to_be_between",
                "kwargs": {"column": "amount", "max_value": 250},
                "meta": {},
            },
            {
                "type": "expect_table_row_count_to_be_between",
                "kwargs": {"min_value": 1},
                "meta": {},
            },
        ],
        "meta": {},
    }
    (place / "suite.json").write_text(json.dumps(suite))
    out, cache, said = place / "out", place / "cache", io.StringIO()
    argv = ["scan", str(place / "rows.csv"), "--out", str(out), "--cache", str(cache)]
    argv += ["--suite", str(place / "suite.json"), "--scores", "--quarantine"]
    argv += ["--show-content", "--format", "json"]
    with contextlib.redirect_stdout(said):
        cli.main(argv, standalone_mode=False, obj=())
    return out, cache, json.loads(said.getvalue())


def test_a_scan_leaves_what_the_pages_list(scanned: tuple[Path, Path, dict[str, Any]]) -> None:
    out, cache, result = scanned
    names = {p.name + "/" * p.is_dir() for p in out.iterdir()}
    assert first_column(page("formats.md").split("## ")[0]) == names
    told = re.findall(r"`(\w+(?:\.\w+|/))`", section(page("cli.md"), "What DIR holds"))
    assert set(told) == names
    assert first_column(section(page("cli.md"), "JSON result of scan")) == set(result)
    apart = {p.name + "/" * p.is_dir() for p in (out / "quarantine").iterdir()}
    assert first_column(section(page("formats.md"), "quarantine/")) == apart
    kinds = first_column(section(page("formats.md"), "The state store"))
    assert {p.name for p in cache.iterdir()} <= kinds


def test_tables_of_rows_have_the_documented_columns(
    scanned: tuple[Path, Path, dict[str, Any]],
) -> None:
    out = scanned[0]
    text = section(page("formats.md"), "Tables of rows")
    told = re.findall(r"^\| `(\w+)` \| (\w+) \|", text, re.M)
    for path in [out / "suspects.parquet", out / "failing.parquet", *(out / "scores").iterdir()]:
        schema = pq.read_schema(path)
        assert [(f.name, str(f.type)) for f in schema] == told, path.name


@pytest.mark.parametrize("name", ["manifest", "validation", "findings", "verdict"])
def test_documents_of_a_scan_conform_to_their_schemas(
    name: str, scanned: tuple[Path, Path, dict[str, Any]]
) -> None:
    schema = json.loads((DOCS / "schemas" / f"{name}.schema.json").read_text("utf-8"))
    document = json.loads((scanned[0] / f"{name}.json").read_text("utf-8"))
    assert [e.message for e in Draft202012Validator(schema).iter_errors(document)] == []
