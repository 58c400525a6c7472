"""Evidence is bound to the sealed data and to the policy (case 32), and conforms to in-toto."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest
from google.protobuf import json_format
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement

from provender.core.envelope import Envelope
from provender.core.finding import Level
from provender.core.freshness import SealVersion
from provender.core.statement import STATEMENT_PAYLOAD_TYPE, SealStatement, seal_statement
from provender.errors import IntegrityError
from provender.io.outputs import write_json
from provender.provenance.dsse import signed
from provender.provenance.evidence import evidence_breaches, evidence_file
from provender.provenance.keys import load_signer, new_key
from provender.work.baseline import read_manifest
from provender.work.deciding import load_policy
from provender.work.evidence import Evidence, evidence_of
from tests.provenance.conftest import Scanned
from tests.work.redteam.examples import document, plan

VERSION = SealVersion("digits", 1, None, datetime.date(2027, 12, 31))


def sealed(scanned: Scanned) -> tuple[Path, SealStatement]:
    """(folder, statement) of a seal with the scan's evidence beside it."""
    manifest = read_manifest(scanned.out)
    found = evidence_of(scanned.out, manifest)
    folder = scanned.out.parent / "sealed"
    folder.mkdir(exist_ok=True)
    for one in found:
        write(folder, one.entry.name, one.payload)
    return folder, seal_statement(manifest, VERSION, tuple(e.entry for e in found))


def write(folder: Path, name: str, payload: bytes) -> None:
    key = folder / "k.key"
    if not key.exists():
        new_key(folder, "k", None)
    envelope = signed(Envelope(payload, STATEMENT_PAYLOAD_TYPE), load_signer(key, bytes))
    (folder / evidence_file(name)).write_bytes(envelope.to_bytes())


def by_name(found: tuple[Evidence, ...]) -> dict[str, Evidence]:
    return {one.entry.name: one for one in found}


def test_evidence_that_lies_beside_its_seal_holds(scanned: Scanned) -> None:
    folder, statement = sealed(scanned)
    policy = load_policy(str(scanned.policy)).digest
    assert evidence_breaches(folder, statement) == []
    assert evidence_breaches(folder, statement, policy) == []


def test_statements_conform_to_in_toto(scanned: Scanned) -> None:
    found = by_name(evidence_of(scanned.out, read_manifest(scanned.out)))
    for one in found.values():
        read = json_format.Parse(one.payload, statement_pb2.Statement())
        Statement.copy_from_pb(read).validate()
    verdict = json.loads(found["verdict"].payload)["predicate"]
    assert verdict["verificationResult"] == "PASSED"
    digests = {i["uri"]: i["digest"]["sha256"] for i in verdict["inputAttestations"]}
    for name in ("validation", "detection"):
        assert f"sha256:{digests[f'{name}.dsse.json']}" == found[name].entry.digest


def test_what_was_found_and_not_checked_is_in_the_results(scanned: Scanned) -> None:
    before = by_name(evidence_of(scanned.out, read_manifest(scanned.out)))
    scanned.find("new", Level.ERROR)
    after = by_name(evidence_of(scanned.out, read_manifest(scanned.out)))
    assert before["verdict"].entry.result == "PASSED"
    assert after["verdict"].entry.result == "FAILED"
    assert "rows/bad" in json.loads(after["detection"].payload)["predicate"]["warnedTests"]
    assert before["detection"].entry.digest != after["detection"].entry.digest


def attacked(scanned: Scanned, **other: str) -> None:
    """Put a red team's findings beside the scan."""
    manifest = read_manifest(scanned.out)
    same = {"manifest_root": manifest.root, "multiset": f"sha256:{manifest.multiset}"}
    write_json(scanned.out / "redteam.json", document(plan()) | same | other)


def test_what_a_red_team_found_is_sealed_and_changes_no_verdict(scanned: Scanned) -> None:
    before = by_name(evidence_of(scanned.out, read_manifest(scanned.out)))
    attacked(scanned)
    after = by_name(evidence_of(scanned.out, read_manifest(scanned.out)))
    assert set(after) - set(before) == {"redteam"}
    assert after["verdict"] == before["verdict"]
    predicate = json.loads(after["redteam"].payload)["predicate"]
    assert predicate["passedTests"] == ["rare-word/source", "rare-word/spread"]
    assert predicate["warnedTests"] == ["template/source", "template/spread"]
    assert after["redteam"].entry.result == "WARNED"
    folder, statement = sealed(scanned)
    assert evidence_breaches(folder, statement) == []
    (folder / evidence_file("redteam")).unlink()
    assert "redteam.dsse.json" in str(evidence_breaches(folder, statement))


@pytest.mark.parametrize("field", ["manifest_root", "multiset"])
def test_what_a_red_team_found_in_other_data_is_not_sealed(scanned: Scanned, field: str) -> None:
    attacked(scanned, **{field: "sha256:" + "0" * 64})
    with pytest.raises(IntegrityError, match="about other data"):
        evidence_of(scanned.out, read_manifest(scanned.out))


def test_evidence_about_other_data_is_not_sealed(scanned: Scanned) -> None:
    manifest = read_manifest(scanned.out)
    scanned.edit("verdict", lambda v: v.update(manifest_root="sha256:" + "0" * 64))
    with pytest.raises(IntegrityError, match="other data"):
        evidence_of(scanned.out, manifest)


def test_a_scan_of_other_data_is_not_sealed(scanned: Scanned, tmp_path: Path) -> None:
    from dataclasses import replace

    manifest = read_manifest(scanned.out)
    other = replace(manifest, shards=manifest.shards[:1])
    with pytest.raises(IntegrityError, match="evidence about other data"):
        evidence_of(scanned.out, other)
    with pytest.raises(IntegrityError, match=r"verdict\.json is missing"):
        evidence_of(tmp_path, manifest)


def test_a_verdict_swapped_for_one_of_other_data_is_named(scanned: Scanned) -> None:
    folder, statement = sealed(scanned)
    found = by_name(evidence_of(scanned.out, read_manifest(scanned.out)))
    about_other = json.loads(found["verdict"].payload)
    about_other["subject"][0]["digest"]["sha256"] = "0" * 64
    write(folder, "verdict", json.dumps(about_other).encode())
    [breach] = evidence_breaches(folder, statement)
    assert (breach.kind.value, "not the one" in breach.message) == ("evidence", True)


def test_a_sealed_verdict_of_other_data_is_named_though_the_seal_lists_it(
    scanned: Scanned,
) -> None:
    from dataclasses import replace

    folder, statement = sealed(scanned)
    other = replace(statement, manifest_sha256="0" * 64)
    assert {b.message for b in evidence_breaches(folder, other)} == {
        f"{name}.dsse.json: is about other data" for name in ("validation", "detection", "verdict")
    }


def test_a_verdict_under_another_policy_is_named(scanned: Scanned) -> None:
    folder, statement = sealed(scanned)
    scanned.policy.write_text("version: 1\nreject_at: error\n")
    [breach] = evidence_breaches(folder, statement, load_policy(str(scanned.policy)).digest)
    assert breach.kind.value == "policy"
    bare = seal_statement(read_manifest(scanned.out), VERSION)
    [breach] = evidence_breaches(folder, bare, load_policy(str(scanned.policy)).digest)
    assert breach.message == "no verdict is sealed"


@pytest.mark.parametrize("name", ["validation", "detection", "verdict"])
def test_evidence_that_was_taken_away_is_named(scanned: Scanned, name: str) -> None:
    folder, statement = sealed(scanned)
    (folder / evidence_file(name)).unlink()
    [breach] = evidence_breaches(folder, statement)
    assert (breach.kind.value, breach.message) == (
        "evidence",
        f"{name}.dsse.json: no such file",
    )
    (folder / evidence_file(name)).write_text("{")
    assert [b.kind.value for b in evidence_breaches(folder, statement)] == ["evidence"]


def test_a_verdict_made_without_a_suite_is_sealed_too(scanned: Scanned) -> None:
    (scanned.out / "validation.json").unlink()
    scanned.decide()
    folder, statement = sealed(scanned)
    assert evidence_breaches(folder, statement) == []
