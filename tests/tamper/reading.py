"""Tampering around the time of reading: after the check, in a copy, behind a URL (24, 25, 33)."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from provender.errors import IntegrityError
from provender.io.chunks import VerifiedFile
from tests.provenance.conftest import flip_bit
from tests.provenance.sealing import Place
from tests.tamper.case import Answer, Case, Verb, nothing
from tests.tamper.clean import BIG, ONE, THREE, TWO
from tests.tamper.content import edit
from tests.tamper.seals import FAR
from tests.tamper.verbs import verify


def cached(place: Place) -> Path:
    return place.folder / "cached"


def copy_to_cache(place: Place) -> None:
    """Copy the data as a library that caches downloads does."""
    shutil.copytree(place.data, cached(place))


def change_cached(place: Place) -> None:
    copy_to_cache(place)
    edit(cached(place))


def verify_cached(place: Place) -> Answer:
    return verify(place, cached(place))


def change_after_check(place: Place) -> None:
    """Let verification pass, then change the data before they are read."""
    assert verify(place).code == 0
    flip_bit(place.data / BIG, 10_000)


def read_sealed(place: Place) -> Answer:
    """Read every shard through the file object that checks what it serves against the seal."""
    said = []
    for entry in place.load().manifest.shards:
        try:
            with contextlib.closing((place.data / entry.name).open("rb")) as raw:
                VerifiedFile(raw, entry.size, entry.chunks, entry.name).read()
        except IntegrityError as error:
            said.append(((type(error).__name__, entry.name), error))
    code = said[0][1].exit_code if said else 0
    return Answer(code, frozenset(name for name, _ in said), " ".join(str(e) for _, e in said))


# --- behind a URL (33) --------------------------------------------------------------------------


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder; yield its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def verify_url(place: Place) -> Answer:
    """Verify what a web server gives now, file by file, as a list of links does."""
    with served(place.data) as address:
        return verify(place, *(f"{address}/{name}" for name in (ONE, TWO, THREE)))


def _of_three(place: Place) -> None:
    """Seal three small shards only: those that are served."""
    for name in (BIG, "train/none.parquet"):
        (place.data / name).unlink()
    place.write_seal(place.make_manifest(), expires=FAR)


def after_sealing(change: Any) -> Any:
    def act(place: Place) -> None:
        _of_three(place)
        change(place.data)

    return act


def reencode_three(data: Path) -> None:
    lines = (data / ONE).read_text().splitlines()
    (data / ONE).write_text("".join(line.replace(": ", ":") + "\n" for line in lines))


def replace(data: Path) -> None:
    """Let the owner of the address be another: a page of advertising comes back."""
    (data / ONE).write_text("<!DOCTYPE html><title>for sale</title>\n")


URL = Verb("provender verify URL...", verify_url)
CACHED = Verb("provender verify COPY", verify_cached)
READ = Verb("the sealed reader", read_sealed)
CASES = (
    Case(
        24,
        "after-check",
        "a shard changed between verify and read",
        change_after_check,
        READ,
        5,
        (("IntegrityError", BIG),),
        "bytes changed",
        scene="sealed",
    ),
    Case(
        25,
        "copy",
        "a cached local copy changed",
        change_cached,
        CACHED,
        5,
        (("shard-edited", ONE),),
        twin=copy_to_cache,
        twin_what="the copy untouched",
        scene="sealed",
    ),
    Case(
        33,
        "reencoded",
        "a URL's content re-encoded after sealing",
        after_sealing(reencode_three),
        URL,
        5,
        (("shard-reencoded", ONE),),
        twin=after_sealing(nothing),
        scene="sealed",
    ),
    Case(
        33,
        "changed",
        "a URL's content changed after sealing",
        after_sealing(edit),
        URL,
        5,
        (("shard-edited", ONE),),
        twin=after_sealing(nothing),
        scene="sealed",
    ),
    Case(
        33,
        "replaced",
        "a URL's content replaced by a web page",
        after_sealing(replace),
        URL,
        5,
        (("shard-changed", ONE),),
        twin=after_sealing(nothing),
        scene="sealed",
    ),
)
