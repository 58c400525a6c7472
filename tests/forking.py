"""Commands in processes of their own, forked from one that has imported what they import.

Imports take a command seconds before it begins. A server, one of each program for each process of
tests, imports them once and does nothing else, so that a command finds there modules and no state:
folder, environment and streams are those it is given. Where start-up, limits, signals or memory
are the matter, a test starts an interpreter.

A program is named by a module with ``import_all()``, which imports, and ``main()``, which is the
program: it reads ``sys.argv`` and may raise SystemExit.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_LONGEST = 2**17


def run(
    program: str,
    words: Sequence[str],
    folder: Path,
    environment: dict[str, str],
    timeout: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run ``program`` with ``words``; stdin is empty, stdout and stderr are files."""
    asked = {"words": words, "folder": str(folder), "environment": environment}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        code = _server(program).run(asked, (out.fileno(), err.fileno()), timeout)
        said = [(stream.seek(0), stream.read().decode())[1] for stream in (out, err)]
    return subprocess.CompletedProcess(words, code, *said)


class _Server:
    """This process' end of the line."""

    def __init__(self, program: str) -> None:
        self._line, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            number = other.fileno()
            code = f"from tests.forking import serve; serve({program!r}, {number})"
            self._process = subprocess.Popen(
                [sys.executable, "-c", code],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[number],
            )
        atexit.register(self.close)

    def close(self) -> None:
        self._line.close()
        self._process.wait()

    def run(self, asked: dict[str, Any], streams: Sequence[int], timeout: float | None) -> int:
        """Return the exit code; of a process that a signal ended, minus the signal's number."""
        self._line.settimeout(None)  # the server may still be importing
        socket.send_fds(self._line, [json.dumps(asked).encode()], streams)
        child = int(self._line.recv(_LONGEST))
        self._line.settimeout(timeout)
        try:
            return int(self._line.recv(_LONGEST))
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
                os.kill(child, signal.SIGKILL)
            self._line.settimeout(None)
            self._line.recv(_LONGEST)
            raise subprocess.TimeoutExpired(asked["words"], timeout or 0) from None


_server = functools.cache(_Server)


def serve(program: str, number: int) -> None:
    """Fork a process for each command that comes, one at a time, until the socket closes."""
    line = socket.socket(fileno=number)
    module = importlib.import_module(program)
    module.import_all()
    gc.collect()
    gc.freeze()  # else every command would write to, and so copy, all of these pages at its end
    while True:
        message, streams, _, _ = socket.recv_fds(line, _LONGEST, 2)
        if not message:
            return
        child = os.fork()
        if not child:
            line.close()
            _surround(json.loads(message), streams)
            module.main()
            return
        for stream in streams:
            os.close(stream)
        line.send(str(child).encode())
        line.send(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())


def _surround(asked: dict[str, Any], streams: list[int]) -> None:
    """Give the command its surroundings: nothing of the server's is left but modules."""
    for stream, number in zip(streams, (1, 2), strict=True):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv[1:] = asked["words"]
