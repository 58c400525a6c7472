"""The verbs that cases are asked of, run in this process unless their memory counts."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

from provender.cli.main import main
from tests.provenance.dvc.repository import Repository
from tests.provenance.sealing import Place
from tests.tamper.case import Answer, Verb

#: Prints the peak memory in kB; ru_maxrss would be that of the process which started this one.
_MEASURED = (
    "import re, sys; from pathlib import Path; from provender.cli.main import main\n"
    "try: main(sys.argv[1:])\n"
    "finally: print(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1],"
    " file=sys.stderr)\n"
)


def provender(*words: object) -> tuple[int, str, str]:
    """Run a command; return its exit code, stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main([str(word) for word in words])
        except SystemExit as ended:
            return int(ended.code or 0), out.getvalue(), err.getvalue()
    raise AssertionError("main always exits")


def verify_words(place: Place, *more: object) -> tuple[object, ...]:
    sealed = ("--seal", place.seal, "--trust", place.trust)
    return ("verify", *(more or (place.data,)), *sealed, "--format", "json")


def answer_of(code: int, out: str, err: str) -> Answer:
    """Read what verify, enforce or dvc-audit printed."""
    document = json.loads(out)
    found = document["findings" if "findings" in document else "failures"]
    named = frozenset((f["kind"], f["shard"] if "shard" in f else f["path"]) for f in found)
    return Answer(code, named, err + " ".join(f["message"] for f in found))


def verify(place: Place, *more: object) -> Answer:
    return answer_of(*provender(*verify_words(place, *more)))


def bounded(*words: object) -> tuple[int, str, str]:
    """Run a command in a process of its own, which must stay within 500 MB."""
    command = [sys.executable, "-c", _MEASURED, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    *said, kilobytes = done.stderr.splitlines()
    assert int(kilobytes) < 500_000, f"{kilobytes} kB"
    return done.returncode, done.stdout, "\n".join(said)


def verify_bounded(place: Place) -> Answer:
    return answer_of(*bounded(*verify_words(place)))


def last_seen(place: Place) -> Path:
    return place.folder / "seen.json"


def seal(place: Place, *more: object, run: Any = provender) -> Answer:
    """Seal the data anew, beside the seal there is; nothing may be left of what is refused."""
    words = ("seal", place.data, "--key", place.folder / "alice.key", "--series", "mail")
    with mock.patch.dict(os.environ, PROVENDER_PASSPHRASE="secret"):
        code, _, err = run(*words, "--out", place.folder / "again/seal.dsse.json", *more)
    assert (place.folder / "again").exists() is (code == 0)
    return Answer(code, frozenset(), err)


def diff(place: Place) -> Answer:
    """Compare with the data as they were sealed, which the scene keeps."""
    words = ("diff", place.folder / "before", place.data, "--exit-code", "--format", "json")
    code, out, err = provender(*words)
    document = json.loads(out)
    named = frozenset((document["kind"], shard) for shard in document.get("changed", ()))
    return Answer(code, named, out + err)


def audit_words(repository: Repository) -> tuple[object, ...]:
    manifest = ("--manifest", repository.base / "manifest.json", "--data", "data")
    return ("dvc-audit", repository.folder, *manifest, "--format", "json")


def audit(repository: Repository) -> Answer:
    return answer_of(*provender(*audit_words(repository)))


def seal_bounded(place: Place) -> Answer:
    return seal(place, run=bounded)


VERIFY = Verb("provender verify", verify)
VERIFY_BOUNDED = Verb("provender verify", verify_bounded)
SEAL_BOUNDED = Verb("provender seal", seal_bounded)
SEAL = Verb("provender seal", seal)
DIFF = Verb("provender diff --exit-code", diff)
AUDIT = Verb("provender dvc-audit", audit)
