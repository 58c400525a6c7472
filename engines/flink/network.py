"""A network of the process' own, with nothing in it but loopback.

Beam's runner lets each task manager's workers connect to ports that listen on every interface,
without authentication, so a test keeps them out of everybody's reach where the system allows it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

_SET_FLAGS, _IS_UP = 0x8914, 0x1  # SIOCSIFFLAGS, IFF_UP of <linux/sockios.h>, <linux/if.h>
LOUD = "Beam's workers and its artifact staging listen on EVERY interface while jobs run"


def isolated(command: list[str]) -> list[str]:
    """Return ``command`` as one that runs in a network of its own, or itself with a loud line."""
    own = ["unshare", "--map-root-user", "--net"]
    if (
        shutil.which("unshare")
        and not subprocess.run([*own, "true"], check=False, stderr=subprocess.DEVNULL).returncode
    ):
        return [*own, sys.executable, "-m", "engines.flink.network", *command]
    print(f"WARNING: no network namespace here; {LOUD}", file=sys.stderr, flush=True)
    return command


def main() -> None:
    """Bring loopback up and become the command."""
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", _IS_UP))
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
