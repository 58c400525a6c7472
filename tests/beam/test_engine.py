"""What is told of a pipeline on an engine: counters as they change, failures as one line."""

import logging
import threading

import apache_beam as beam
import grpc
import pytest
import requests
from apache_beam.metrics import Metrics
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from provender.beam.engine import Counters, quiet, unreachable
from provender.beam.progress import Step, listening
from provender.beam.runner import _own
from provender.errors import InputError, ProvenderError, StoreError


class _Count(beam.DoFn):
    def process(self, element):
        Metrics.counter("provender", "look done").inc()
        Metrics.counter("provender", "rows_read").inc(element)
        Metrics.counter("provender", "bytes_read").inc(10)
        Metrics.counter("others", "rows_read").inc(1000)


@pytest.fixture(scope="module")
def result():
    pipeline = beam.Pipeline(runner=FnApiRunner())
    _ = pipeline | beam.Create([3, 4]) | beam.ParDo(_Count())
    result = pipeline.run()
    result.wait_until_finish()
    return result


def test_counters_are_told_by_stage_and_only_when_they_change(result):
    told = []
    with listening(told.append):
        counters = Counters(result, "Engine")
        counters.tell_news()
        counters.tell_news(last=True)
    assert told == [Step("look", 0, 2, 7, 20)]


def test_an_engine_without_counters_is_said_to_give_none():
    class Silent:
        state = "RUNNING"

        def metrics(self):
            raise LookupError

    told = []
    with listening(told.append):
        counters = Counters(Silent(), "Engine")
        counters.tell_news()
        counters.tell_news()
        counters.tell_news(last=True)
    notes = [step.note for step in told]
    assert notes == ["running, no counters yet", "it gave no counters"]


def test_an_engine_that_is_not_there_is_one_line():
    with pytest.raises(requests.exceptions.ConnectionError) as refused:
        requests.get("http://127.0.0.1:9", timeout=5)
    said = unreachable(refused.value, "FlinkRunner")
    assert str(said).startswith("FlinkRunner: the engine does not answer, or not any more; ")
    with pytest.raises(grpc.FutureTimeoutError) as timeout:
        grpc.channel_ready_future(grpc.insecure_channel("127.0.0.1:9")).result(timeout=0.1)
    assert unreachable(timeout.value, "FlinkRunner") is None
    stub = grpc.insecure_channel("127.0.0.1:9").unary_unary("/any/Call")
    with pytest.raises(grpc.RpcError) as lost:
        stub(b"", timeout=5)
    assert unreachable(lost.value, "FlinkRunner") is not None


_JAVA = """java.util.concurrent.ExecutionException: Error received from SDK harness 4:
  File "x.py", line 7, in process
provender.errors.{error}

\tat java.base/java.util.concurrent.CompletableFuture.get(CompletableFuture.java:2096)
Caused by: java.lang.RuntimeException: Error received from SDK harness 4: Traceback
  File "x.py", line 7, in process
provender.errors.{error}

\t... 3 more
"""


@pytest.mark.parametrize("error", [InputError, StoreError])
def test_our_errors_come_back_out_of_a_stack_trace_of_java(error):
    text = f"{error.__name__}: b.parquet: is damaged: at 7; get it again [while running 'A/B']"
    own = _own(RuntimeError(_JAVA.replace("{error}", text)))
    assert type(own) is error
    assert str(own) == "b.parquet: is damaged: at 7; get it again"


def test_of_a_stack_trace_of_java_the_last_cause_is_said():
    text = (
        "java.io.IOException: no\n\tat a.B.c(B.java:1)\nCaused by: d.E: few buffers\n\t... 3 more\n"
    )
    assert "failed (d.E: few buffers)" in str(_own(RuntimeError(text)))
    assert "failed (java.io.IOException: no)" in str(_own(RuntimeError(text.split("Caused")[0])))
    assert isinstance(_own(RuntimeError(text)), ProvenderError)


def test_stack_traces_stay_off_stderr(capsys, monkeypatch):
    monkeypatch.delenv("PROVENDER_DEBUG", raising=False)
    told = []
    monkeypatch.setattr(threading, "excepthook", lambda args: told.append(args.thread.name))

    def stumble():
        raise ConnectionError

    for _ in range(2):
        with quiet():
            logging.getLogger("apache_beam").error("java.lang.Exception")
    for name in ("wait_until_finish_read", "own"):
        thread = threading.Thread(target=stumble, name=name)
        thread.start()
        thread.join()
    assert told == ["own"], "only Beam's thread is kept quiet, also when it ends after the run"
    assert "java.lang" not in capsys.readouterr().err
    assert logging.root.manager.disable < logging.CRITICAL
