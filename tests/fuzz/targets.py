"""What is fuzzed: a line for each parser, and documents to start from.

A parser takes hostile bytes and either returns or raises a ProvenderError; it opens nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from provender.core.entries import Entries, ShardEntry
from provender.core.manifest import Manifest
from provender.core.merkle import CompactRange
from provender.provenance.dvc.config import read_config
from provender.provenance.dvc.dotdvc import read_dotdvc
from provender.provenance.dvc.ignore import hiding_rule, read_rules
from provender.provenance.dvc.lock import read_lock
from provender.provenance.dvc.manifest import parse_manifest
from provender.provenance.dvc.pipeline import read_pipeline
from provender.provenance.dvc.tree import read_tree

MD5 = "05faf946d829522f95d90a5e96669bce"


@dataclass(frozen=True)
class Target:
    """A parser, and documents it accepts."""

    name: str
    parse: Callable[[bytes], Any]
    seeds: tuple[bytes, ...]


_DVC = f"""\
outs:
- md5: {MD5}.dir
  size: 4
  nfiles: 3
  hash: md5
  path: data
- md5: {MD5}
  size: 9
  path: one.csv
  cache: false
  push: true
  remote: Store
  files:
  - {{relpath: a.csv, md5: {MD5}, size: 4}}
  - {{relpath: sub/b.csv, md5: {MD5}}}
deps:
- path: ../other
  md5: {MD5}
- path: data.xml
  repo: {{url: https://example.org/x, rev_lock: f31f5c4}}
wdir: sub
frozen: true
meta: {{any: [1, 2.5, null]}}
"""
_LOCK = f"""\
schema: '2.0'
stages:
  train@1:
    cmd: python train.py
    deps:
    - path: data
      hash: md5
      md5: {MD5}.dir
      size: 18
      nfiles: 4
    params:
      params.yaml:
        lr: 0.1
    outs:
    - path: model/m.npz
      hash: md5
      md5: {MD5}
      size: 9
"""
_YAML = """\
vars: &v
  - data: data
stages:
  train:
    foreach: [1, 2]
    do:
      cmd: python train.py ${item}
      wdir: sub
      deps: [data]
      outs:
        - ${data}/model-${item}.npz: {cache: false, push: false, remote: s}
        - plain.txt
      metrics: [m.json]
  other: {cmd: x, outs: [y], vars: *v}
"""
_TREE = json.dumps(
    [{"md5": MD5, "relpath": name} for name in ("a.csv", "sub/é.csv", 'z}{\\"[].csv')]
)
_CONFIG = """\
[core]
    remote = store
[cache]
    dir = ../cache
['remote "store"']
    url = ../../remote
['remote "s3"']
    url = s3://bucket/path
    endpointurl = "http://localhost:1/#x,y"
"""
_IGNORE = "# comment\n*.tmp\n/data/**/x?[a-z]*.csv\n!data/keep.csv\nfolder/\n**\n\\#hash\n"


def _manifest() -> bytes:
    root = CompactRange.of_leaves(0, [b"\1" * 32]).root().hex()
    schema = (("a", "int64"), ("b", "string"))
    shards = (
        ShardEntry("a.csv", 9, "0" * 64, root, 2, "1" * 64, "2" * 64, schema, b"\1" * 32),
        ShardEntry("b/c.csv", 0, "0" * 64, "", 0, "1" * 64, "2" * 64, schema),
    )
    empty = CompactRange.of_leaves(0, []).root().hex()
    shards = (shards[0], replace(shards[1], chunk_root=empty))
    made = {"chunk_bytes": 2**22}
    return json.dumps(Manifest(Entries(shards), 2, "3" * 64, made).to_json()).encode()


TARGETS = (
    Target(".dvc", lambda raw: read_dotdvc(raw, "sub/x.dvc"), (_DVC.encode(),)),
    Target("dvc.lock", lambda raw: read_lock(raw, "sub/dvc.lock", {}), (_LOCK.encode(),)),
    Target("dvc.yaml", lambda raw: read_pipeline(raw, "sub/dvc.yaml"), (_YAML.encode(),)),
    Target(".dir", lambda raw: read_tree(raw, "x.dir"), (_TREE.encode(), b"[]")),
    Target("config", lambda raw: read_config([(".dvc/config", raw)]), (_CONFIG.encode(),)),
    Target(
        ".dvcignore",
        lambda raw: hiding_rule(read_rules(raw, ".dvcignore"), "data/sub/" + "ab" * 100 + ".csv"),
        (_IGNORE.encode(),),
    ),
    Target("manifest", lambda raw: parse_manifest(raw, "manifest.json"), (_manifest(),)),
)
