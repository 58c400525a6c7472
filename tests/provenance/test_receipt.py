"""Receipts beside seals: who may sign them, and what they are held against."""

from __future__ import annotations

from pathlib import Path

import pytest

from provender.core.breach import BreachKind
from provender.errors import InputError
from provender.provenance.reading.opening import sealed_data
from provender.provenance.receipt import receipt_findings, write_receipt
from tests.provenance.sealing import Place


def kinds(place: Place, receipt: Path, all_read: bool = False) -> list[str]:
    found = receipt_findings(receipt, place.load(), all_read)
    return [breach.kind.value for breach in found.breaches]


@pytest.fixture
def receipt(place: Place) -> Path:
    """Of a training that read one shard and the first chunk of another."""
    sealed, logs = place.load(), place.folder / "reads"
    data = sealed_data(sealed, [str(place.data)], str(logs))
    data.open("one.jsonl").read()
    data.open("big.parquet").read(10)
    write_receipt(place.folder / "receipt.dsse.json", logs, sealed, place.signer("alice"))
    return place.folder / "receipt.dsse.json"


def test_it_tells_what_was_read(place: Place, receipt: Path) -> None:
    found = receipt_findings(receipt, place.load())
    assert found.breaches == ()
    assert found.to_json() == {
        "whole": 1,
        "partial": {"big.parquet": [[1, 4]]},
        "unread": ["test/two.jsonl", "three.arrow"],
        "unsealed": [],
    }
    assert kinds(place, receipt, all_read=True) == [
        BreachKind.RECEIPT_UNREAD,
        BreachKind.RECEIPT_UNREAD,
        BreachKind.RECEIPT_PARTIAL,
    ]


def test_a_key_that_may_not_speak_of_training_is_not_believed(place: Place, receipt: Path) -> None:
    sealed = place.load()
    write_receipt(receipt, place.folder / "reads", sealed, place.signer("mallory"))
    assert kinds(place, receipt) == ["receipt"]
    assert receipt_findings(receipt, sealed).to_json() is None
    write_receipt(receipt, place.folder / "reads", sealed, place.signer("alice"))
    assert kinds(place, receipt) == []


def test_a_changed_receipt_is_not_believed(place: Place, receipt: Path) -> None:
    text = receipt.read_text()
    at = text.index('"payload"') + 60
    receipt.write_text(text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :])
    assert kinds(place, receipt) == ["receipt"]
    receipt.write_text("{}")
    assert kinds(place, receipt) == ["receipt"]
    receipt.unlink()
    assert kinds(place, receipt) == ["unreadable"]


def test_a_receipt_under_another_seal_names_what_is_no_longer_there(
    place: Place, receipt: Path
) -> None:
    (place.data / "one.jsonl").write_text('{"n": 1}\n')
    place.write_seal(place.make_manifest(), sequence=2)
    found = receipt_findings(receipt, place.load())
    assert [(b.kind.value, b.shard) for b in found.breaches] == [
        ("receipt", None),
        ("receipt-unsealed", "one.jsonl"),
    ]


def test_logs_of_what_cannot_have_been_read_make_no_receipt(place: Place, receipt: Path) -> None:
    [log] = (place.folder / "reads").iterdir()
    clean = log.read_text()
    for line in ('["nowhere", 0]\n', '["one.jsonl", 9]\n', '["one.jsonl", -1]\n'):
        log.write_text(clean + line)
        with pytest.raises(InputError):
            write_receipt(receipt, log.parent, place.load(), place.signer("alice"))
