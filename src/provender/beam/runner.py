"""Which runner a pipeline runs on, and how its failures come back.

Locally that is Beam's FnApiRunner in its in-memory mode, constructed by name: the default
DirectRunner looks for a binary to download, and the runner's other modes open ports on every
network interface. docs/decisions.md has what was measured.
"""

from __future__ import annotations

import contextlib
import io
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from provender import errors
from provender.beam.engine import quiet, unreachable, watched
from provender.errors import ProvenderError, UsageError

#: Our own error inside a traceback; where that lies in Java's stack trace, it ends with its line.
_OWN_ERROR = re.compile(
    r"provender\.errors\.(?P<kind>\w+): (?P<text>.*?)\s*(?:\n\s*\n|\n\s*at |\n\s*\.\.\. |$)", re.S
)
_CAUSED_BY = re.compile(r"^Caused by: (.*)$", re.M)
#: What Beam adds to the first argument of an exception, wherever that stands in a message.
_STEP = re.compile(r" \[while running '[^']*'\]")
_LOCAL = (None, "", "DirectRunner", "FnApiRunner")
_BEAM_DOCS = "Beam's documentation lists its options and runners"


def run(build: Callable[[Any], None], beam_options: Sequence[str] = ()) -> None:
    """Build a pipeline with ``build(pipeline)`` and run it to its end.

    Args:
        build: adds transforms to the pipeline it is given.
        beam_options: Beam's own options, such as '--runner=FlinkRunner'.

    Raises:
        ProvenderError: what a transform raised, as it was raised where that can be known.
        UsageError: for an option or a runner that Beam does not know.
    """
    import apache_beam as beam
    from apache_beam.options.pipeline_options import StandardOptions

    options = _options(beam_options)
    named = options.view_as(StandardOptions).runner
    runner = _runner(named)
    try:
        with _silent_beam() if named in _LOCAL else quiet():
            pipeline = beam.Pipeline(runner=runner, options=options)
            build(pipeline)
            result = pipeline.run()
            with contextlib.nullcontext() if named in _LOCAL else watched(result, named):
                result.wait_until_finish()
    except Exception as error:
        own = (named not in _LOCAL and unreachable(error, named)) or _own(error)
        raise own from (None if own is error else error)


def is_local(beam_options: Sequence[str]) -> bool:
    """Return whether the pipeline runs in this process, where a pool of workers helps."""
    from apache_beam.options.pipeline_options import StandardOptions

    return _options(beam_options).view_as(StandardOptions).runner in _LOCAL


def _options(given: Sequence[str]) -> Any:
    """Return Beam's options; nothing that was typed is ignored.

    An engine may know options that Beam's Python side does not, so there only a stray word, such
    as a second data folder behind '--', is refused.
    """
    from apache_beam.options.pipeline_options import StandardOptions

    from provender.beam.options import RememberedOptions

    options = RememberedOptions(list(given))
    unknown: list[str] = []
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            options.get_all_options(
                add_extra_args_fn=lambda p: unknown.extend(p.parse_known_args(list(given))[1]),
                retain_unknown_options=True,
            )
    except SystemExit as error:
        last = said.getvalue().strip().rpartition("error: ")[2] or "it is a request for help"
        raise UsageError(f"Beam options {' '.join(given)}", last, _BEAM_DOCS) from error
    if unknown and unknown[0].startswith("-"):
        local = options.view_as(StandardOptions).runner in _LOCAL
        unknown = unknown if local else []
    if unknown:
        raise UsageError(
            f"Beam option {unknown[0]}",
            "what stands behind '--' is Beam's; it has none such",
            _BEAM_DOCS,
        )
    return options


def _runner(named: str | None) -> Any:
    if named in _LOCAL:
        from apache_beam.runners.portability.fn_api_runner import FnApiRunner

        return FnApiRunner()
    from apache_beam.runners.runner import create_runner

    try:
        return create_runner(named)
    except (ValueError, ImportError, AttributeError) as error:
        cause = "there is no such runner" if isinstance(error, ValueError) else str(error)
        raise UsageError(f"Beam option --runner={named}", cause, _BEAM_DOCS) from error


@contextlib.contextmanager
def _silent_beam() -> Iterator[None]:
    """Keep Beam from logging, with its traceback, the exception that it also raises."""
    logger = logging.getLogger("apache_beam")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _own(error: Exception) -> BaseException:
    """Return the product's own error inside what Beam raised, or one that names Beam's."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ProvenderError):
            # Beam adds the step to an exception's first argument.
            seen.subject = _STEP.sub("", seen.subject)
            return seen
        if isinstance(seen, KeyboardInterrupt):
            return seen
        seen = seen.__cause__ or seen.__context__
    text = _STEP.sub("", str(error))
    if "KeyboardInterrupt" in text:
        return KeyboardInterrupt()
    matched = _OWN_ERROR.search(text)
    if matched:
        kind = getattr(errors, matched["kind"], ProvenderError)
        subject, _, rest = matched["text"].partition(": ")
        cause, _, mend = rest.rpartition("; ") if "; " in rest else (rest, "", "")
        own: ProvenderError = kind(subject, cause, mend)
        return own
    return ProvenderError(
        "the Beam runner",
        f"the pipeline failed ({_gist(text) or type(error).__name__})",
        "see its log, or set PROVENDER_DEBUG=1 for the traceback",
    )


def _gist(text: str) -> str:
    """Return the line that says most: Java's last cause or its first line, Python's last line."""
    causes = _CAUSED_BY.findall(text)
    lines = text.strip().splitlines() or [""]
    java = any(line.lstrip().startswith("at ") for line in lines)
    return str(causes[-1] if causes else lines[0] if java else lines[-1])
