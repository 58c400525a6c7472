"""Cases of DVC repositories, caches, remotes and databases (13 to 17, 19, 35)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tests.tamper.case import Case, Named
from tests.tamper.repositories import (
    COLLIDING,
    A,
    B,
    add_first_of_two,
    add_ignored,
    collide,
    corrupt_cache,
    corrupt_remote,
    drop_listed,
    edit_with_records,
    escape,
    flip,
    forge_state,
    renew_edited,
    restore_stale,
    shorten_remote,
    swap,
    swap_listed,
)
from tests.tamper.verbs import AUDIT


def _objects(*places: tuple[str, str], md5: str) -> tuple[Named, ...]:
    return tuple((kind, f"{place}:files/md5/{md5[:2]}/{md5[2:]}") for kind, place in places)


def _list_md5(**names: str) -> str:
    """The MD5 of DVC's list of data/, where ``names`` are called otherwise."""
    contents = {
        "a.csv": b"1,2\n3,4\n",
        "b.csv": b"5,6\n7,8\n",
        "empty.csv": b"",
        "sub/c.csv": b"9,0\n",
    }
    entries = [
        {"md5": hashlib.md5(data).hexdigest(), "relpath": names.get(name, name)}
        for name, data in contents.items()
    ]
    return hashlib.md5(json.dumps(entries, sort_keys=True).encode()).hexdigest() + ".dir"


ONE_MD5 = hashlib.md5(b"alone\n").hexdigest()
FIRST_MD5 = hashlib.md5(b"1,2\n3,4\n").hexdigest()
EDITED_MD5 = hashlib.md5(b"0,0\n").hexdigest()
COLLIDING_MD5 = hashlib.md5(bytes.fromhex(COLLIDING[0])).hexdigest()
LIST_MD5 = _list_md5()
ESCAPING_MD5 = _list_md5(**{"a.csv": "../../escaped.csv"})


def _case(number: int, variant: str, what: str, tamper: Any, *says: Named, **more: Any) -> Case:
    return Case(number, variant, what, tamper, AUDIT, 5, says, scene="dvc", **more)


CASES = (
    _case(
        1, "dvc", "a bit flipped in a DVC workspace", flip, ("changed", A), ("manifest-changed", A)
    ),
    _case(
        2,
        "dvc",
        "contents swapped in a DVC workspace",
        swap,
        ("changed", A),
        ("changed", B),
        ("manifest-changed", A),
        ("manifest-changed", B),
    ),
    _case(
        7,
        "dvc",
        "a file added under .dvcignore",
        add_ignored,
        ("ignored", "data/more.csv"),
        ("manifest-added", "data/more.csv"),
    ),
    _case(
        13,
        "cache",
        "a corrupt, read-only object in DVC's cache, checked out",
        corrupt_cache,
        ("changed", "one.csv"),
        *_objects(("cache", "cache"), md5=ONE_MD5),
    ),
    _case(
        14,
        "remote",
        "a corrupt object in the remote, pulled",
        corrupt_remote,
        ("changed", "one.csv"),
        *_objects(("cache", "cache"), ("remote", "store"), md5=ONE_MD5),
    ),
    _case(
        14,
        "remote-short",
        "a short object in the remote",
        shorten_remote,
        *_objects(("remote", "store"), md5=ONE_MD5),
    ),
    _case(
        15,
        "swapped",
        "an entry swapped in the remote's list of files",
        swap_listed,
        *_objects(("remote", "store"), md5=LIST_MD5),
    ),
    _case(
        15,
        "dropped",
        "an entry dropped from the remote's list of files",
        drop_listed,
        *_objects(("remote", "store"), md5=LIST_MD5),
    ),
    _case(
        15,
        "dots",
        "a list of files that leads out of the repository",
        escape,
        ("changed", "data"),
        *_objects(("name", "cache"), ("name", "store"), md5=ESCAPING_MD5),
    ),
    _case(
        16,
        "md5",
        "another file of the same MD5",
        collide,
        ("manifest-changed", "data/collide.csv"),
        *_objects(("manifest-changed", "cache"), md5=COLLIDING_MD5),
        twin=add_first_of_two,
        twin_what="the first of the two files",
    ),
    _case(
        17,
        "records",
        "data and all of DVC's records edited together",
        edit_with_records,
        ("manifest-changed", A),
        *_objects(("manifest-changed", "cache"), md5=EDITED_MD5),
        twin=renew_edited,
        twin_what="edited, with the manifest",
    ),
    _case(19, "database", "DVC's database rewritten", forge_state, ("changed", "one.csv")),
    _case(
        35,
        "dvc",
        "a stale verdict restored by `dvc checkout`",
        restore_stale,
        ("stale", A),
        *_objects(("manifest-changed", "cache"), md5=FIRST_MD5),
        twin=renew_edited,
        twin_what="a verdict of the data as they are",
    ),
)
