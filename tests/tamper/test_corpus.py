"""Every case is named, with the right exit code; its clean twin passes; no hidden code ran."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.provenance.dvc.repository import Repository, copy_repository, make_repository
from tests.provenance.sealing import Place, make_place
from tests.tamper.case import Case
from tests.tamper.clean import write_clean
from tests.tamper.corpus import CASES
from tests.tamper.repositories import write_manifest
from tests.tamper.seals import FAR, judge


@pytest.fixture(scope="session")
def _sealed(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = make_place(tmp_path_factory.mktemp("sealed"), write_clean, FAR)
    shutil.copytree(place.data, place.folder / "before")
    return place


@pytest.fixture(scope="session")
def _judged(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Few records: no case of evidence is about the large shard."""
    place = make_place(tmp_path_factory.mktemp("judged"), partial(write_clean, rows=1000), FAR)
    judge(place)
    return place


@pytest.fixture(scope="session")
def _repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    made = make_repository(tmp_path_factory.mktemp("repository"))
    write_manifest(made)
    return made


@pytest.fixture
def scene(case: Case, request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A copy of what the case starts from, for one test alone."""
    if case.scene == "dvc":
        return copy_repository(request.getfixturevalue("_repository"), tmp_path / "copy")
    name = "_judged" if case.scene == "judged" else "_sealed"
    return request.getfixturevalue(name).copy(tmp_path / "copy")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_tampering_is_named(case: Case, scene: Any) -> None:
    case.apply(scene, tampered=True)
    answer = case.verb.ask(scene)
    assert (answer.code, set(answer.failures)) == (case.code, set(case.says)), answer.text
    assert case.text in answer.text
    assert not list(tmp_of(scene).rglob("executed"))


#: Most cases share one: untouched data, asked the same.
TWINS = {(case.scene, case.verb, case.twin): case for case in reversed(CASES)}


@pytest.mark.parametrize("case", TWINS.values(), ids=lambda case: case.name)
def test_the_clean_twin_passes(case: Case, scene: Any) -> None:
    case.apply(scene, tampered=False)
    answer = case.verb.ask(scene)
    assert (answer.code, set(answer.failures)) == (0, set()), answer.text


def tmp_of(scene: Any) -> Path:
    return scene.base if isinstance(scene, Repository) else scene.folder


def test_every_case_of_the_design_is_here() -> None:
    assert {case.number for case in CASES} == set(range(1, 36))
    assert len({case.name for case in CASES}) == len(CASES)


def test_nothing_that_could_not_be_checked_is_called_fine() -> None:
    assert all(case.code != 0 for case in CASES)
    assert all(case.says or case.text for case in CASES)
