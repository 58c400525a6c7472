"""The local runner: constructed by name, opens no port, and gives our errors back."""

import apache_beam as beam
import psutil
import pytest

from provender.beam.progress import listening as listening_to
from provender.beam.runner import run
from provender.beam.transforms import CallEach, Fold, Grouped, Once, elements
from provender.errors import InputError, ProvenderError, UsageError
from provender.io.states import StateStore
from provender.work.fold import BLOCK, levels
from provender.work.wire import from_wire, to_wire

SEEN = []
CALLS = []


def note(value, extra):
    SEEN.append((value, extra))
    return value


def refuse(value):
    raise InputError("b.parquet", "cannot be decoded", "write it again")


def stumble(value):
    raise KeyError("x")


@pytest.fixture
def store(tmp_path):
    return StateStore(str(tmp_path))


def concatenated(block):
    group, number, messages = block
    CALLS.append(len(messages))
    return ((group, number, "".join(messages)),)


def text_of(grouped):
    SEEN.append(grouped)
    return


def placed(item):
    group, position = item
    return group, position, to_wire(f"{position},")


def listening():
    return [c for c in psutil.Process().net_connections("inet") if c.status == psutil.CONN_LISTEN]


def ports(value):
    return value, len(listening())


def keep(values):
    SEEN.extend(values)


def test_each_element_is_called_once_with_side_inputs(store):
    SEEN.clear()
    steps = []

    def build(root):
        total = root | "Total" >> beam.Create([7])
        _ = elements(root, "List", [3, 1, 2], store) | "Note" >> CallEach(
            note, beam.pvalue.AsSingleton(total), size=lambda v: v
        )

    with listening_to(steps.append):
        run(build)
    assert SEEN == [(3, 7), (2, 7), (1, 7)], "largest first"


def test_once_gathers_everything(store):
    SEEN.clear()

    def build(root):
        some = elements(root, "List", [1, 2], store)
        _ = root | "Gather" >> Once(keep, beam.pvalue.AsList(some))

    run(build)
    assert sorted(SEEN) == [1, 2]


def test_no_port_is_open_while_it_runs(store):
    SEEN.clear()
    before = len(listening())

    def build(root):
        _ = root | "Gather" >> Once(
            keep, beam.pvalue.AsList(elements(root, "List", [1], store) | "Look" >> CallEach(ports))
        )

    run(build)
    assert [from_wire(message) for message in SEEN] == [[1, before]]


def test_our_errors_come_back_as_they_were(store):
    with pytest.raises(InputError, match=r"^b\.parquet: cannot be decoded; write it again$"):
        run(lambda root: elements(root, "List", [1], store) | "Refuse" >> CallEach(refuse) and None)


def test_other_errors_become_one_line(store):
    with pytest.raises(ProvenderError, match="the pipeline failed") as caught:
        run(
            lambda root: (
                elements(root, "List", [1], store) | "Stumble" >> CallEach(stumble) and None
            )
        )
    assert "\n" not in str(caught.value)


def test_messages_of_a_group_are_given_in_order(store):
    SEEN.clear()
    items = [("a", 2), ("b", 0), ("a", 0), ("a", 1)]

    def build(root):
        _ = elements(root, "List", items, store) | beam.Map(placed) | Grouped(text_of)

    run(build)
    assert sorted(SEEN) == [("a", ("0,", "1,", "2,")), ("b", ("0,",))]


@pytest.mark.parametrize("count", [1, BLOCK, BLOCK + 1, BLOCK * BLOCK + 1])
def test_a_fold_keeps_the_order_and_no_call_sees_more_than_a_block(store, count):
    SEEN.clear()
    CALLS.clear()
    items = [("x", position) for position in range(count)][::-1]

    def build(root):
        folded = elements(root, "List", items, store) | beam.Map(placed)
        folded = folded | Fold(concatenated, count=count)
        _ = root | "Gather" >> Once(keep, beam.pvalue.AsList(folded))

    run(build)
    ((group, message),) = SEEN
    assert (group, from_wire(message)) == ("x", "".join(f"{i}," for i in range(count)))
    assert max(CALLS) <= BLOCK
    assert len(CALLS) == sum(-(-count // BLOCK**level) for level in range(1, levels(count) + 1))


def test_an_unknown_runner_is_named(store):
    with pytest.raises((UsageError, ProvenderError), match="NoSuchRunner"):
        run(lambda root: elements(root, "List", [1], store) and None, ["--runner=NoSuchRunner"])
