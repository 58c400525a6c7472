"""Which runner a pipeline runs on, and how its failures come back.

Locally that is Beam's FnApiRunner in its in-memory mode, constructed by name: the default
DirectRunner looks for a binary to download, and the runner's other modes open ports on every
network interface. docs/decisions.md has what was measured.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from provender import errors
from provender.errors import ProvenderError, UsageError

_OWN_ERROR = re.compile(
    r"provender\.errors\.(?P<kind>\w+): (?P<text>.*?)(?: \[while running '[^']*'\])?\s*$", re.S
)


def run(build: Callable[[Any], None], beam_options: Sequence[str] = ()) -> None:
    """Build a pipeline with ``build(pipeline)`` and run it to its end.

    Args:
        build: adds transforms to the pipeline it is given.
        beam_options: Beam's own options, such as '--runner=FlinkRunner'.

    Raises:
        ProvenderError: what a transform raised, as it was raised where that can be known.
        UsageError: for an option that Beam does not know.
    """
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

    try:
        options = PipelineOptions(list(beam_options))
        options.get_all_options(drop_default=True)
    except SystemExit as error:
        raise UsageError(
            "Beam options", f"Beam refuses {' '.join(beam_options)!r}", "see Beam's documentation"
        ) from error
    named = options.view_as(StandardOptions).runner
    runner: Any = named
    if named in (None, "", "DirectRunner", "FnApiRunner"):
        from apache_beam.runners.portability.fn_api_runner import FnApiRunner

        runner = FnApiRunner()
    try:
        pipeline = beam.Pipeline(runner=runner, options=options)
        build(pipeline)
        result = pipeline.run()
        result.wait_until_finish()
    except ProvenderError:
        raise
    except KeyboardInterrupt:
        raise
    except Exception as error:
        raise _own(error) from error


def _own(error: Exception) -> BaseException:
    """Return the product's own error inside what Beam raised, or one that names Beam's."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ProvenderError | KeyboardInterrupt):
            return seen
        seen = seen.__cause__ or seen.__context__
    text = str(error)
    if "KeyboardInterrupt" in text:
        return KeyboardInterrupt()
    matched = _OWN_ERROR.search(text)
    if matched:
        kind = getattr(errors, matched["kind"], ProvenderError)
        subject, _, rest = matched["text"].partition(": ")
        cause, _, mend = rest.rpartition("; ") if "; " in rest else (rest, "", "")
        own: ProvenderError = kind(subject, cause, mend)
        return own
    last = text.strip().splitlines()[-1] if text.strip() else type(error).__name__
    return ProvenderError(
        "the Beam runner", f"the pipeline failed ({last})", "see the log on stderr; run again"
    )

