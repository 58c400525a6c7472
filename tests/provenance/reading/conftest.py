"""Sealed data that are opened as users open them: by the clock, in every process anew."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from provender import open_verified
from provender.provenance.reading.opening import VerifiedData
from tests.provenance.sealing import Place, make_place

FAR = datetime.date(2099, 12, 31)


@pytest.fixture(scope="session")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Not to be changed: `lasting` is a copy."""
    place = make_place(tmp_path_factory.mktemp("lasting"))
    place.write_trust(expires=FAR)
    place.write_seal(place.load().manifest, expires=FAR)
    return place


@pytest.fixture
def lasting(sealed: Place, tmp_path: Path) -> Place:
    """A copy of sealed data whose seal counts for a long time, for one test alone."""
    return sealed.copy(tmp_path / "place")


def opened(place: Place, receipt: Path | None = None) -> VerifiedData:
    data: VerifiedData = open_verified(place.data, place.seal, place.trust, receipt=receipt)
    return data


@pytest.fixture
def data(lasting: Place) -> VerifiedData:
    return opened(lasting)
