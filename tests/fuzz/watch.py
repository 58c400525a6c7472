"""One input at a time, watched: what it raises, opens and takes."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from provender.errors import ProvenderError
from tests.fuzz.targets import Target

MOST_SECONDS = 1.0
MOST_MEGABYTES = 500
_EVENTS = ("open", "os.listdir", "os.scandir", "subprocess.Popen", "socket.connect", "import")
_opened: list[tuple[str, object]] = []
_watching = False


@dataclass
class Tally:
    """What many inputs did.

    Attributes:
        slowest: CPU seconds of the slowest input.
        wrong: inputs that broke a promise, a line each.
    """

    inputs: int = 0
    accepted: int = 0
    slowest: float = 0.0
    wrong: tuple[str, ...] = ()

    def merge(self, other: Tally) -> Tally:
        return Tally(
            self.inputs + other.inputs,
            self.accepted + other.accepted,
            max(self.slowest, other.slowest),
            self.wrong + other.wrong,
        )


def limit_memory() -> None:
    """Let this process take MOST_MEGABYTES more than it has; beyond, MemoryError is raised."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MOST_MEGABYTES * 10**6
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def watch_files() -> None:
    """Note what is opened while an input is read. Cannot be undone: for a process alone."""

    def note(event: str, given: tuple[object, ...]) -> None:
        if _watching and event in _EVENTS:
            _opened.append((event, given[0]))

    sys.addaudithook(note)


def fed(
    target: Target,
    raw: bytes,
    name: str,
    most_seconds: float = MOST_SECONDS,
    strays: Callable[[list[tuple[str, object]]], list[str]] = lambda o: [f"{e} {p}" for e, p in o],
) -> Tally:
    """Give one input to a parser and return what it did.

    Args:
        name: of the input, for messages.
        most_seconds: CPU time it may take.
        strays: what of the files that were opened may not be (default: all).
    """
    global _watching
    tally, said = Tally(1), ""
    _opened.clear()
    began = time.thread_time()
    _watching = True
    try:
        target.parse(raw)
        tally.accepted = 1
    except ProvenderError as error:
        if len(str(error)) > 10_000 or "\n" in str(error):
            said = "says more than a line"
    except BaseException as error:
        said = f"raised {type(error).__name__}: {str(error)[:200]}"
    finally:
        _watching = False
    tally.slowest = time.thread_time() - began
    if outside := strays(_opened):
        said = f"opened {outside[0]}"
    elif tally.slowest > most_seconds and not said:
        said = f"took {tally.slowest:.1f} s"
    if said:
        tally.wrong = (f"{target.name} {name}: {said}",)
    return tally
