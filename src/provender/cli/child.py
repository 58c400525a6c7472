"""Running a command as a child that receives our signals, and whose end is our end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import FrameType

from provender.errors import InputError

_FORWARDED = (
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
#: What a terminal sends to all processes in its foreground: the child has it already.
_FROM_TERMINAL = (signal.SIGINT, signal.SIGQUIT)
_KILLED = 128


def run_child(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run ``command`` to its end; return its exit code, 128 + N where signal N ended it.

    Raises:
        InputError: when it cannot be started.
    """
    waiting: list[int] = []
    child: subprocess.Popen[bytes] | None = None

    def forward(number: int, _: FrameType | None) -> None:
        if child is None:
            waiting.append(number)
        elif number not in _FROM_TERMINAL or not _in_foreground():
            child.send_signal(number)

    before = {number: signal.signal(number, forward) for number in _FORWARDED}
    try:
        sys.stdout.flush()
        child = subprocess.Popen(command, env=dict(environment))
        for number in waiting:
            forward(number, None)
        code = child.wait()
    except OSError as error:
        cause = f"cannot be started ({error.strerror or error})"
        raise InputError(command[0], cause, "check the command behind ` -- `") from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else _KILLED - code


def _in_foreground() -> bool:
    """Return whether our group is the one that a terminal sends its signals to."""
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError, AttributeError):
        return False
