"""Progress on stderr: a bar in a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from provender.beam.progress import Step

_PLAIN_EVERY = 5.0


@dataclass
class _Stage:
    began: float
    done: int = 0
    rows: int = 0
    bytes: int = 0

    def line(self, total: int) -> str:
        if not total:  # an engine tells of much at once: a rate would be none
            read = f"  {self.rows:,} rows" * bool(self.rows)
            return f"{self.done:,} done{read}" + f"  {self.bytes / 1e6:,.1f} MB" * bool(self.bytes)
        spent = max(time.monotonic() - self.began, 1e-6)
        left = spent / self.done * (total - self.done) if self.done else 0.0
        parts = [f"{self.done:,}/{total:,}"]
        if self.bytes:
            parts.append(f"{self.bytes / spent / 1e6:,.1f} MB/s")
        if self.rows:
            parts.append(f"{self.rows / spent:,.0f} rows/s")
        return "  ".join([*parts, f"{left:,.0f} s left"])


@contextlib.contextmanager
def progress() -> Iterator[Callable[[Step], None]]:
    """Yield a listener that shows each stage with bytes and rows per second and time left."""
    if sys.stderr.isatty():
        with _bars() as listener:
            yield listener
    else:
        yield _lines()


@contextlib.contextmanager
def _bars() -> Iterator[Callable[[Step], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("{task.description:>12}"), BarColumn(), TextColumn("{task.fields[line]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        stages: dict[str, tuple[_Stage, int]] = {}

        def listen(step: Step) -> None:
            name = step.stage
            if name not in stages:
                task = shown.add_task(name, total=step.total, line="")
                stages[name] = (_Stage(time.monotonic()), int(task))
            stage, task_id = stages[name]
            _count(stage, step)
            shown.update(
                task_id,  # type: ignore[arg-type]
                completed=stage.done,
                total=step.total or None,
                line=step.note or stage.line(step.total),
            )

        yield listen


def _lines() -> Callable[[Step], None]:
    stages: dict[str, _Stage] = {}
    last = time.monotonic()

    def listen(step: Step) -> None:
        nonlocal last
        stage = stages.setdefault(step.stage, _Stage(time.monotonic()))
        _count(stage, step)
        # What an engine tells comes seldom enough.
        if not step.total or time.monotonic() - last >= _PLAIN_EVERY:
            last = time.monotonic()
            said = step.note or stage.line(step.total)
            print(f"{step.stage}: {said}", file=sys.stderr, flush=True)

    return listen


def _count(stage: _Stage, step: Step) -> None:
    stage.done += step.done
    stage.rows += step.rows
    stage.bytes += step.bytes
