"""Why a finding is there, from real processes: a planted word, its rows, clean ones like them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cli.process import provender

RULE = "text/label-conflict"


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> dict[bool, Path]:
    """Return the output folder of a scan without and with content, of one store."""
    place, found = tmp_path_factory.mktemp("explain"), {}
    for show in (False, True):
        found[show] = place / str(show)
        words = ["detect", samples / "planted" / "label-conflict" / "mail", "--out", found[show]]
        words += ["--cache", place / "states", "--workers", 1, *["--show-content"] * show]
        assert provender(*words)[0] == 0
    return found


def test_it_names_trigger_label_rows_to_remove_and_clean_rows_of_the_other_label(
    scanned: dict[bool, Path],
) -> None:
    code, out, _ = provender("explain", RULE, "--findings", scanned[True], fresh=True)
    assert code == 0
    assert "cannot see" in out
    told = " ".join(out.split())
    assert "trigger “cfvortex”" in told
    assert "target label ham" in told
    assert "of the 24 flagged rows, the highest scores first" in told
    assert "⟦cfvortex⟧" in told
    assert "label spam" in told.partition("like it")[2]
    assert max(map(len, out.splitlines())) <= 80
    assert "own-words" not in out
    assert "sources/own-words cannot see" in provender("explain", "--findings", scanned[True])[1]


def test_json_is_what_the_document_holds(scanned: dict[bool, Path]) -> None:
    document = json.loads((scanned[False] / "findings.json").read_text("utf-8"))
    code, out, _ = provender("explain", "--findings", scanned[False], "--format", "json")
    told = json.loads(out)
    assert code == 0
    assert sorted(map(str, told["findings"])) == sorted(map(str, document["findings"]))
    assert {rule["id"] for rule in told["rules"]} == {f["rule"] for f in document["findings"]}


def test_the_rows_of_a_finding_are_those_of_its_rule_and_subject(
    scanned: dict[bool, Path],
) -> None:
    document = json.loads((scanned[False] / "findings.json").read_text("utf-8"))
    suspects = pq.read_table(scanned[False] / "suspects.parquet").to_pylist()
    flagged = [f for f in document["findings"] if f["rows"]]
    assert flagged
    for finding in flagged:
        mine = [s for s in suspects if (s["rule"], s["what"]) == (finding["rule"], finding["what"])]
        assert len(mine) == finding["rows"]
        assert 0 < finding["removal"]["rows"] <= finding["rows"]


def test_no_text_of_a_row_is_told_without_being_asked_for(scanned: dict[bool, Path]) -> None:
    hidden, shown = (
        json.loads((scanned[show] / "findings.json").read_text("utf-8")) for show in (False, True)
    )
    assert (hidden["redacted"], shown["redacted"]) == (True, False)
    for closed, open_ in zip(hidden["findings"], shown["findings"], strict=True):
        for one, other in zip(closed["examples"], open_["examples"], strict=True):
            assert "text" not in one
            assert set(one.get("context", {})) <= {"column", "word", "words"}
            assert all("text" not in near for near in one.get("nearest", []))
            assert len(one.get("nearest", [])) == len(other.get("nearest", []))
    grave = [f for f in shown["findings"] if f["level"] != "note"]
    assert all(near["text"] for f in grave for e in f["examples"] for near in e["nearest"])


def test_what_cannot_be_explained_is_said(scanned: dict[bool, Path], tmp_path: Path) -> None:
    code, _, said = provender("explain")
    assert (code, "name a rule" in said) == (4, True)
    code, _, said = provender("explain", "--findings", tmp_path)
    assert (code, "holds no findings.json" in said) == (4, True)
    (tmp_path / "findings.json").write_text('{"version": "provender-findings/1", "findings": [1]}')
    code, _, said = provender("explain", "--findings", tmp_path)
    assert (code, "is damaged" in said) == (2, True)
    code, out, _ = provender("explain", "duplicates/exact-row", "--findings", scanned[False])
    assert (code, "No finding of duplicates/exact-row." in out) == (0, True)
