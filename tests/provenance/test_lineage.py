"""From a model back to its data: the chain holds, or the broken link is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from provender.errors import InputError
from provender.provenance.lineage import lineage_breaches, lineage_file, record_training
from tests.provenance.sealing import Place


@pytest.fixture
def model(place: Place) -> Path:
    path = place.folder / "model.npz"
    path.write_bytes(b"weights")
    record_training(path, place.load(), place.signer("alice"))
    return path


def why(place: Place, model: Path) -> list[str]:
    found = lineage_breaches(model, place.load())
    assert {breach.kind.value for breach in found} <= {"lineage"}
    return [breach.message for breach in found]


def test_a_model_leads_back_to_the_seal_it_was_trained_on(place: Place, model: Path) -> None:
    assert why(place, model) == []
    elsewhere = lineage_file(model).rename(place.folder / "elsewhere.json")
    assert lineage_breaches(model, place.load(), elsewhere) == []


def test_a_model_of_other_bytes_does_not(place: Place, model: Path) -> None:
    model.write_bytes(b"other weights")
    [message] = why(place, model)
    assert "other bytes" in message


def test_a_model_trained_on_other_data_does_not(place: Place, model: Path) -> None:
    place.write_seal(place.load().manifest, sequence=2)
    [message] = why(place, model)
    assert "names other data: mail 1" in message


def test_a_lineage_by_somebody_else_does_not_count(place: Place, model: Path) -> None:
    record_training(model, place.load(), place.signer("mallory"))
    [message] = why(place, model)
    assert "not signed by who may" in message


def test_a_trainer_may_sign_lineage_and_not_seal(place: Place, model: Path) -> None:
    place.write_trust(trainers=place.public("bob"))
    assert len(why(place, model)) == 1
    record_training(model, place.load(), place.signer("bob"))
    assert why(place, model) == []


@pytest.mark.parametrize("text", [None, "", "{", "[]"])
def test_a_lineage_that_is_gone_or_damaged_is_named(
    place: Place, model: Path, text: str | None
) -> None:
    lineage_file(model).unlink()
    if text is not None:
        lineage_file(model).write_text(text)
    assert len(why(place, model)) == 1


def test_a_seal_is_no_lineage(place: Place, model: Path) -> None:
    lineage_file(model).write_bytes(place.seal.read_bytes())
    assert len(why(place, model)) == 1


def test_a_missing_model_is_no_broken_lineage(place: Place, model: Path) -> None:
    model.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        why(place, model)
