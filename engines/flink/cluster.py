"""One job manager and task managers as processes of their own, reachable on loopback only."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from engines.flink.install import flink_jars, runner_jar

REST_PORT = 8081
SLOTS = 2
_KEY = "PROVENDER_CACHE_KEY"
_UP_WITHIN, _DOWN_WITHIN = 180.0, 20.0
_MANAGERS = {
    "job": "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
    "task": "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
}
_HEAP = {"job": "768m", "task": "896m"}
#: Jobs of seconds on few cores: a compiler and a collector that take little of them.
_SHORT_LIVED = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
#: What Flink's own start scripts open of Java 17's modules.
_OPENED = (
    *("java.lang", "java.lang.invoke", "java.lang.reflect", "java.net", "java.io", "java.nio"),
    *("java.text", "java.time", "java.util", "java.util.concurrent"),
    *("java.util.concurrent.atomic", "java.util.concurrent.locks", "sun.net.util", "sun.nio.ch"),
)
# Task managers that are started without Flink's scripts need every memory figure by name.
_CONFIG = {
    "jobmanager.rpc.address": "127.0.0.1",
    "jobmanager.rpc.port": 6123,
    "jobmanager.bind-host": "127.0.0.1",
    "jobmanager.memory.process.size": "1024m",
    "taskmanager.host": "127.0.0.1",
    "taskmanager.bind-host": "127.0.0.1",
    "taskmanager.numberOfTaskSlots": SLOTS,
    "taskmanager.cpu.cores": SLOTS,
    "taskmanager.load-balance.mode": "SLOTS",
    "taskmanager.memory.task.heap.size": "768m",
    "taskmanager.memory.task.off-heap.size": "128m",
    "taskmanager.memory.managed.size": "256m",
    "taskmanager.memory.framework.heap.size": "128m",
    "taskmanager.memory.framework.off-heap.size": "128m",
    "taskmanager.memory.jvm-metaspace.size": "256m",
    "taskmanager.memory.jvm-overhead.min": "192m",
    "taskmanager.memory.jvm-overhead.max": "192m",
    "taskmanager.memory.network.min": "256m",
    "taskmanager.memory.network.max": "256m",
    # Each exchange of each slot takes as many buffers of 32 KiB, however little is exchanged; of
    # Flink's own 512 there were not enough in 128m for a detection at parallelism 4.
    "taskmanager.network.sort-shuffle.min-buffers": 64,
    "rest.address": "127.0.0.1",
    "rest.bind-address": "127.0.0.1",
    "rest.port": REST_PORT,
    "blob.server.port": "0",
    # A lost task manager is noticed within 8 s; until then an attempt may be given to it again.
    "heartbeat.interval": 2000,
    "heartbeat.timeout": 8000,
    "restart-strategy.type": "fixed-delay",
    "restart-strategy.fixed-delay.attempts": 10,
    # Longer than workers are kept: else each attempt is given the dead worker of the last again.
    "restart-strategy.fixed-delay.delay": "8 s",
    "classloader.check-leaked-classloader": "false",
}
#: Where Beam's runner comes with each job only, it ends its Python workers whenever a stage ends;
#: where the task manager's own class path has it, workers live through a job and some seconds on.
_KEEPS_WORKERS = {"classloader.resolve-order": "parent-first"}
_WORKERS_LIVE_MS = 5_000
_LOGGING = """rootLogger.level = INFO
rootLogger.appenderRef.console.ref = Console
appender.console.name = Console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss,SSS} %-5p %-40.40c{1} - %m%n
"""


@dataclass
class Cluster:
    """A cluster whose configuration, logs and process ids lie in ``folder``.

    Attributes:
        folder: made where it is not there; holds the state key too, readable by the user alone.
        task_managers: how many are started, each with SLOTS slots.
    """

    folder: Path
    task_managers: int = 2
    _started: dict[str, tuple[int, float]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.folder = self.folder.absolute()
        if self._record.exists():
            read = json.loads(self._record.read_text("utf-8"))
            self._started = {name: (pid, began) for name, (pid, began) in read.items()}

    def up(self) -> None:
        """Start all processes and wait until they know each other.

        Raises:
            SystemExit: when something answers already, or the cluster is not complete in time.
        """
        if answers():
            raise SystemExit(f"something listens on port {REST_PORT} already; stop it first")
        for name in ("conf", "log", "tmp"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        settings = {**_CONFIG, "io.tmp.dirs": str(self.folder / "tmp")}
        lines = "".join(f"{key}: {json.dumps(value)}\n" for key, value in settings.items())
        (self.folder / "conf" / "config.yaml").write_text(lines, "utf-8")
        (self.folder / "conf" / "log4j.properties").write_text(_LOGGING, "utf-8")
        self._write_key()
        self._write_worker()
        self.start_job_manager()
        for number in range(self.task_managers):
            self.start_task_manager(number)
        self.wait_complete()

    def down(self) -> None:
        """Stop every process that this cluster started, and the workers they started."""
        processes = [p for name in self._started for p in self._tree(name)]
        for process in processes:
            _quietly(process.terminate)
        _, alive = psutil.wait_procs(processes, _DOWN_WITHIN)
        for process in alive:
            _quietly(process.kill)
        psutil.wait_procs(alive, _DOWN_WITHIN)
        self._started.clear()
        self._record.unlink(missing_ok=True)

    def start_job_manager(self) -> None:
        """Start the job manager, for the first time or again."""
        self._start("job", "job", ())

    def start_task_manager(self, number: int) -> None:
        """Start task manager ``number``, for the first time or again."""
        name = f"task-{number}"
        settings = {"taskmanager.resource-id": name, **_KEEPS_WORKERS}
        given = [part for key, value in settings.items() for part in ("-D", f"{key}={value}")]
        self._start(name, "task", tuple(given))

    def kill(self, name: str) -> None:
        """Send SIGKILL to 'job' or 'task-N'; the workers that it started are left alone."""
        process = self._process(name)
        assert process is not None, f"{name} does not run"
        process.kill()
        process.wait(_DOWN_WITHIN)

    def workers(self, name: str) -> list[psutil.Process]:
        """Return the Python workers that task manager ``name`` started."""
        started = self._tree(name)
        return [
            p for p in started if "engines/flink/worker.py" in " ".join(_quietly(p.cmdline) or ())
        ]

    def wait_complete(self) -> None:
        """Wait until every task manager has registered.

        Raises:
            SystemExit: when that takes too long.
        """
        limit = time.monotonic() + _UP_WITHIN
        while time.monotonic() < limit:
            if answers() and rest("/overview")["taskmanagers"] == self.task_managers:
                return
            time.sleep(0.25)
        raise SystemExit(f"the cluster is not complete after {_UP_WITHIN:.0f} s; see {self.folder}")

    def key(self) -> str:
        """Return the key that states are authenticated with, as 64 hex digits."""
        return os.environ.get(_KEY) or (self.folder / "cache.key").read_text("ascii")

    def options(self, parallelism: int) -> list[str]:
        """Return Beam's options for this cluster: what stands behind '--'."""
        worker = json.dumps({"command": str(self.folder / "worker")}, separators=(",", ":"))
        return [
            "--runner=FlinkRunner",
            f"--flink_master=127.0.0.1:{REST_PORT}",
            "--flink_submit_uber_jar",
            f"--flink_job_server_jar={runner_jar()}",
            "--environment_type=PROCESS",
            f"--environment_config={worker}",
            f"--environment_cache_millis={_WORKERS_LIVE_MS}",
            f"--parallelism={parallelism}",
        ]

    @property
    def _record(self) -> Path:
        return self.folder / "processes.json"

    def _write_key(self) -> None:
        path = self.folder / "cache.key"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(32), "ascii")

    def _write_worker(self) -> None:
        """Write the command of environment type PROCESS, which takes no arguments of ours."""
        worker = Path(__file__).with_name("worker.py")
        path = self.folder / "worker"
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P "{worker}" "$@"\n', "utf-8")
        path.chmod(0o755)

    def _start(self, name: str, kind: str, arguments: tuple[str, ...]) -> None:
        opened = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED]
        logging = f"-Dlog4j.configurationFile={self.folder / 'conf' / 'log4j.properties'}"
        beam = [runner_jar()] if kind == "task" else []
        jars = ":".join(map(str, flink_jars() + beam))
        command = ["java", f"-Xmx{_HEAP[kind]}", *_SHORT_LIVED, logging, *opened]
        command += ["-cp", jars, _MANAGERS[kind]]
        command += ["--configDir", str(self.folder / "conf"), *arguments]
        # The key reaches workers through the task managers' environment: what stands in a job's
        # options can be read by everyone who can ask the job manager.
        environment = {**os.environ, _KEY: self.key()}
        with (self.folder / "log" / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
        self._started[name] = (process.pid, psutil.Process(process.pid).create_time())
        self._record.write_text(json.dumps(self._started), "utf-8")

    def _process(self, name: str) -> psutil.Process | None:
        """Return the process started under ``name``, unless its id is another's by now."""
        pid, began = self._started[name]
        try:
            process = psutil.Process(pid)
        except psutil.NoSuchProcess:
            return None
        return process if process.create_time() == began else None

    def _tree(self, name: str) -> list[psutil.Process]:
        """Return the process and all in its session, also when it is gone itself."""
        session, found = self._started[name][0], []
        for process in psutil.process_iter():
            try:
                if os.getsid(process.pid) == session and process.status() != "zombie":
                    found.append(process)
            except (OSError, psutil.Error):
                continue
        return found


def rest(path: str) -> Any:
    """Return what Flink's REST interface answers, as JSON values.

    Raises:
        OSError: when nobody answers.
    """
    with urllib.request.urlopen(f"http://127.0.0.1:{REST_PORT}{path}", timeout=5) as answer:
        return json.load(answer)


def answers() -> bool:
    """Return whether a job manager answers."""
    try:
        rest("/overview")
    except (OSError, ValueError):
        return False
    return True


def _quietly(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except psutil.Error:
        return None
