"""A record is shown to be among sealed data to somebody who has neither data nor manifest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provender.core.breach import BrokenTrustError
from provender.core.canonical import canonical_json
from provender.errors import InputError, IntegrityError, UsageError
from provender.provenance.proof import proof_breaches, prove, read_proof
from provender.provenance.sealed import trusted_statement
from tests.provenance.conftest import flip_bit
from tests.provenance.sealing import DAY, Place


@pytest.fixture
def proof(place: Place) -> Path:
    made = prove(place.load(), [str(place.data)], "test/two.jsonl", 321)
    path = place.folder / "proof.json"
    path.write_bytes(canonical_json(made.to_json()))
    return path


def why(place: Place, proof: Path, record: dict[str, int] | None = None) -> list[str]:
    statement = trusted_statement(place.seal, place.trust, today=DAY).statement
    path = None
    if record is not None:
        path = place.folder / "record.jsonl"
        path.write_text(json.dumps(record) + "\n")
    try:
        found = proof_breaches(read_proof(proof), statement, None, path)
    except BrokenTrustError as error:
        found = list(error.breaches)
    assert {breach.kind.value for breach in found} <= {"proof"}
    return [breach.message for breach in found]


def test_a_proof_holds_without_data_and_manifest(place: Place, proof: Path) -> None:
    place.manifest.unlink()
    assert why(place, proof) == []
    assert why(place, proof, {"n": 10**6 + 321}) == []


def test_a_proof_of_another_record_is_told(place: Place, proof: Path) -> None:
    [message] = why(place, proof, {"n": 10**6 + 322})
    assert "another record" in message


def test_a_proof_reveals_no_other_record(place: Place, proof: Path) -> None:
    value = json.loads(proof.read_text())
    assert len(value["row_path"]) == 9
    assert len(value["shard_path"]) <= 3
    assert "1000322" not in proof.read_text()


def test_a_proof_from_other_data_does_not_lead_here(place: Place, proof: Path) -> None:
    (place.data / "one.jsonl").unlink()
    place.write_seal(place.make_manifest(), sequence=2)
    assert len(why(place, proof)) == 1


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": "provender-proof/9"}'])
def test_what_is_no_proof_is_told(place: Place, proof: Path, text: str) -> None:
    proof.write_text(text)
    assert len(why(place, proof)) == 1


def test_changed_data_prove_nothing(place: Place) -> None:
    flip_bit(place.data / "one.jsonl", 6)
    with pytest.raises(IntegrityError, match="not as it was sealed"):
        prove(place.load(), [str(place.data)], "one.jsonl", 0)


def test_what_is_not_there_cannot_be_proven(place: Place) -> None:
    for shard, row in (("nothing", 0), ("one.jsonl", 500)):
        with pytest.raises(UsageError):
            prove(place.load(), [str(place.data)], shard, row)


def test_a_file_of_two_records_is_no_record(place: Place, proof: Path) -> None:
    path = place.folder / "two.jsonl"
    path.write_text('{"n": 1}\n{"n": 2}\n')
    statement = trusted_statement(place.seal, place.trust, today=DAY).statement
    with pytest.raises(InputError, match="holds 2 records"):
        proof_breaches(read_proof(proof), statement, None, path)
