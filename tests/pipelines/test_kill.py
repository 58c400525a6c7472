"""A scan killed with SIGKILL loses nothing, leaves nothing half-written and no process behind."""

import shutil

import pytest

from tests.pipelines.kill_case import killed, undisturbed


@pytest.fixture(scope="module")
def case(samples, tmp_path_factory):
    scratch = tmp_path_factory.mktemp("kill")
    data = shutil.copytree(samples / "clean" / "adult", scratch / "data")
    return undisturbed(data, scratch)


@pytest.mark.parametrize(
    ("share", "over_earlier"), [(0.5, True), (0.7, False), (0.85, True)], ids=str
)
def test_a_killed_scan_is_taken_up_again(case, share, over_earlier, tmp_path):
    kill = killed(case, share * case.seconds, over_earlier, tmp_path / "run")
    assert kill.sound, kill
