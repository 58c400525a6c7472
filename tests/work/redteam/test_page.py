"""The red team's part of a report: beside its own data only; damage is one clear line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from provender.core.digest import digest_of
from provender.core.manifest import Manifest
from provender.errors import InputError
from provender.io.outputs import OutputFolder, write_json
from provender.work.redteam.page import page_with, read_redteam
from tests.report.examples import documents
from tests.work.redteam.examples import document, plan


def scanned(folder: Path) -> Manifest:
    """Write the documents of a scan; return its manifest."""
    manifest, validation, findings, verdict = documents()
    whole = Manifest.from_json(manifest)
    verdict = verdict | {
        "rejecting": sorted({reason["rule"] for reason in verdict["reasons"]}),
        "manifest_digest": whole.digest,
        "findings_digest": digest_of(findings),
        "validation_digest": digest_of(validation),
    }
    found = {"manifest": manifest, "validation": validation, "findings": findings}
    for name, value in (found | {"verdict": verdict}).items():
        write_json(folder / f"{name}.json", value)
    return whole


def about(manifest: Manifest) -> dict[str, Any]:
    same = {"manifest_root": manifest.root, "multiset": f"sha256:{manifest.multiset}"}
    return document(plan()) | same


def test_a_scan_of_the_same_data_is_shown_with_it(tmp_path: Path) -> None:
    page = page_with(OutputFolder(tmp_path), about(scanned(tmp_path)))
    assert page is not None
    assert "How much poison would be found" in page
    assert "text/one" in page


@pytest.mark.parametrize("gone", ["verdict", "manifest", "findings"])
def test_no_report_is_made_without_a_whole_scan(tmp_path: Path, gone: str) -> None:
    manifest = scanned(tmp_path)
    (tmp_path / f"{gone}.json").unlink()
    assert page_with(OutputFolder(tmp_path), about(manifest)) is None


def test_no_report_is_made_of_other_data_or_of_changed_documents(tmp_path: Path) -> None:
    manifest = scanned(tmp_path)
    other = about(manifest) | {"manifest_root": "sha256:" + "0" * 64}
    assert page_with(OutputFolder(tmp_path), other) is None
    findings = json.loads((tmp_path / "findings.json").read_text())
    write_json(tmp_path / "findings.json", findings | {"fdr": 0.05})
    assert page_with(OutputFolder(tmp_path), about(manifest)) is None


def test_what_the_red_team_wrote_is_read_back(tmp_path: Path) -> None:
    assert read_redteam(OutputFolder(tmp_path)) is None
    write_json(tmp_path / "redteam.json", document(plan()))
    assert read_redteam(OutputFolder(tmp_path)) == document(plan())


@pytest.mark.parametrize(
    "damage",
    [
        b"{",
        b"[]",
        b"null",
        b'{"version": "provender-redteam/1"}',
        json.dumps(document(plan()) | {"version": "provender-redteam/9"}).encode(),
        json.dumps(document(plan()) | {"curves": [{}]}).encode(),
        json.dumps(document(plan()) | {"curves": 7}).encode(),
        json.dumps(document(plan()) | {"seeds": "many"}).encode(),
        json.dumps(document(plan()) | {"blind_spots": [None]}).encode(),
        b"[" * 100_000,
    ],
)
def test_damage_is_one_line_that_names_the_file(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "redteam.json").write_bytes(damage)
    with pytest.raises(InputError) as error:
        read_redteam(OutputFolder(tmp_path))
    assert str(tmp_path / "redteam.json") in str(error.value)
    assert "is not what the red team wrote" in str(error.value)
