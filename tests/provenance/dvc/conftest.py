"""A repository for each test alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.provenance.dvc.repository import Repository, copy_repository, make_repository


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return make_repository(tmp_path_factory.mktemp("audited"))


@pytest.fixture
def repository(_made: Repository, tmp_path: Path) -> Repository:
    """A copy for one test alone; its remote is its own too."""
    return copy_repository(_made, tmp_path / "copy")
