"""The local runner: constructed by name, opens no port, and gives our errors back."""

import apache_beam as beam
import psutil
import pytest

from provender.beam.runner import run
from provender.beam.transforms import CallEach, Once, elements
from provender.errors import InputError, ProvenderError, UsageError

SEEN = []


def note(value, extra):
    SEEN.append((value, extra))
    return value


def refuse(value):
    raise InputError("b.parquet", "cannot be decoded", "write it again")


def stumble(value):
    raise KeyError("x")


def listening():
    return [c for c in psutil.Process().net_connections("inet") if c.status == psutil.CONN_LISTEN]


def ports(value):
    return value, len(listening())


def keep(values):
    SEEN.extend(values)


def test_each_element_is_called_once_with_side_inputs():
    SEEN.clear()

    def build(root):
        total = root | "Total" >> beam.Create([7])
        _ = elements(root, "List", [3, 1, 2]) | "Note" >> CallEach(
            note, beam.pvalue.AsSingleton(total), size=lambda v: v
        )

    run(build)
    assert SEEN == [(3, 7), (2, 7), (1, 7)], "largest first"


def test_once_gathers_everything():
    SEEN.clear()

    def build(root):
        some = elements(root, "List", [1, 2])
        _ = root | "Gather" >> Once(keep, beam.pvalue.AsList(some))

    run(build)
    assert sorted(SEEN) == [1, 2]


def test_no_port_is_open_while_it_runs():
    SEEN.clear()
    before = len(listening())

    def build(root):
        _ = root | "Gather" >> Once(
            keep, beam.pvalue.AsList(elements(root, "List", [1]) | "Look" >> CallEach(ports))
        )

    run(build)
    assert [(1, before)] == SEEN


def test_our_errors_come_back_as_they_were():
    with pytest.raises(InputError, match=r"^b\.parquet: cannot be decoded; write it again$"):
        run(lambda root: elements(root, "List", [1]) | "Refuse" >> CallEach(refuse) and None)


def test_other_errors_become_one_line():
    with pytest.raises(ProvenderError, match="the pipeline failed") as caught:
        run(lambda root: elements(root, "List", [1]) | "Stumble" >> CallEach(stumble) and None)
    assert "\n" not in str(caught.value)


def test_an_unknown_runner_is_named():
    with pytest.raises((UsageError, ProvenderError), match="NoSuchRunner"):
        run(lambda root: elements(root, "List", [1]) and None, ["--runner=NoSuchRunner"])
