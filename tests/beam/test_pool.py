"""Worker processes: results in completion order; a lost one ends the run."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from provender.beam.pool import in_completion_order, worker_pool
from provender.errors import InputError, WorkerLostError


def doubled(value):
    return os.getpid(), value * 2


def killed(value):
    os.kill(os.getpid(), signal.SIGKILL)


def failing(value):
    raise InputError("a.parquet", "is broken", "mend it")


def calls(function, count=4):
    return [(function, (i,)) for i in range(count)]


def test_work_is_done_in_other_processes():
    with worker_pool(2):
        results = dict(in_completion_order(calls(doubled)))
    assert {i: value for i, (_, value) in results.items()} == {0: 0, 1: 2, 2: 4, 3: 6}
    assert os.getpid() not in {pid for pid, _ in results.values()}


def test_without_a_pool_work_is_done_here():
    assert {pid for _, (pid, _) in in_completion_order(calls(doubled))} == {os.getpid()}


def test_a_killed_worker_is_an_error_and_not_a_hang():
    with worker_pool(2), pytest.raises(WorkerLostError, match="killed or ran out of memory"):
        list(in_completion_order(calls(killed)))


def test_an_error_keeps_its_type_and_words():
    with worker_pool(2), pytest.raises(InputError, match=r"a\.parquet: is broken; mend it"):
        list(in_completion_order(calls(failing)))


def test_a_caller_may_be_any_thread():
    def work():
        with worker_pool(2):
            return sorted(value for _, (_, value) in in_completion_order(calls(doubled, 2)))

    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(work).result() == [0, 2]


def variable(_):
    return os.environ.get("PROVENDER_TEST_VARIABLE")


def test_workers_have_the_environment_of_now(monkeypatch):
    for value in ("one", "two"):
        monkeypatch.setenv("PROVENDER_TEST_VARIABLE", value)
        with worker_pool(2):
            assert {found for _, found in in_completion_order(calls(variable))} == {value}
