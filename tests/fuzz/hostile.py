"""Hostile documents: known ones changed at random, from a seed, and bombs."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable

from tests.fuzz.targets import MD5, Target

#: What parsers stumble over: other types, other encodings, other files' syntax, paths, bounds.
WORDS = [
    *b"{ } [ ] ( ) , : \" ' # & * ! | > % @ ` ~ - ? \\ / = $ \n \t \r \0".split(b" "),
    *b"""null true false yes on .nan .inf NaN Infinity -0 1e999 0x1F 2.0 '2.0' 9999999999999999999
    <<: &a *a !!python/object/apply:os.system !!binary !!float !!set %YAML --- ... ? |2- >+
    ../ ../../../../etc/passwd /etc/passwd /proc/self/mem /dev/zero ~root/ C:\\x file:///etc s3://
    memory:// http://localhost:1/ simplecache::file:///etc/passwd reference:// ${a} ${ %(a)s
    md5 path outs deps stages schema relpath hash size files cache push remote wdir url .dir
    version shards sha256 chunk_root chunks rows made chunk_bytes schemas root name
    """.split(),
    *(b'"relpath": "../x"', b'"md5": "x"', b"\\u0000", b"\\ud800", b"\\u202e", b"e\\u0301"),
    *("é e\u0301 \u202e \U0001f600 \u2028 \ufeff İ ß".encode().split(b" ")),
    *(b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80", b"\x1b[2J", b"\x80\x04\x95", b"\x89HDF", b"PK"),
    *(b"a" * 256, b"*a" * 50, b"[" * 200, b"{" * 200, b"- " * 200, b"a: " * 100, b"9" * 5000),
    MD5.encode(),
    MD5.encode() + b".dir",
]
_TOKEN = re.compile(rb"[\w.]+|\s+|.", re.S)


def hostile(target: Target, seed: int) -> bytes:
    """Return a document for ``target``; the same seed gives the same one."""
    chance = random.Random(f"{target.name} {seed}")
    raw = bytearray(chance.choice(target.seeds))
    if seed % 50 == 0:
        raw = bytearray(chance.randbytes(chance.randrange(200)))
    for _ in range(chance.choice((1, 1, 1, 2, 3, 5, 20))):
        _change(raw, chance)
    if seed % 5000 == 0:  # large now and then
        raw = bytearray((bytes(raw) or b"x") * (2**19 // (len(raw) or 1)))
    return bytes(raw)


def _change(raw: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(raw) + 1)
    end = min(len(raw), at + int(chance.expovariate(0.1)) + 1)
    kind = chance.randrange(8)
    if kind == 0 and at < len(raw):
        raw[at] ^= 1 << chance.randrange(8)
    elif kind == 1:
        raw[at:at] = chance.choice(WORDS)
    elif kind == 2:
        raw[at:end] = chance.choice(WORDS)
    elif kind == 3:
        del raw[at:end]
    elif kind == 4:
        raw[at:at] = raw[at:end] * chance.choice((1, 1, 2, 30))
    elif kind == 5:
        del raw[at:]
    else:  # a whole word for another, which keeps the syntax more often
        tokens = [m.span() for m in _TOKEN.finditer(raw)]
        if tokens:
            start, stop = chance.choice(tokens)
            first, last = chance.choice(tokens)
            raw[start:stop] = chance.choice((chance.choice(WORDS), bytes(raw[first:last])))


Bomb = tuple[str, Callable[[int], bytes]]


def bombs() -> list[Bomb]:
    """Return documents made to cost memory or time: name, and how it is made of some bytes."""
    flat = b'{"md5":"%s","relpath":"%%07d"}' % MD5.encode()
    long = b'{"md5": "%s", "relpath": "%s"}' % (MD5.encode(), b"a" * 60_000)
    return [
        ("nothing", lambda _: b""),
        ("lists in lists", lambda most: b"[" * most),
        ("mappings in mappings", lambda most: b'{"a":' * (most // 5)),
        ("block lists in lists", lambda most: b"- " * min(most // 2, 2**21 - 1)),
        ("empty lists", lambda most: b"[" + b"[]," * (most // 3)),
        ("empty mappings", lambda most: b"[" + b"{}," * (most // 3)),
        ("numbers", lambda most: b"[" + b"1," * (most // 2 - 1)),
        ("one number", lambda most: b"9" * min(most, 2**22)),
        ("one text", lambda most: b'"' + b"x" * (most - 2) + b'"'),
        ("wide characters", lambda most: b'["' + "\U0001f600".encode() * (most // 4 - 2) + b'"]'),
        ("escapes", lambda most: b'["' + b"\\ud83d\\ude00" * (most // 12 - 1) + b'"]'),
        ("an open text", lambda most: b'[{"' + b"\\" * most),
        ("white space", lambda most: b"[" + b" " * (most - 2)),
        ("line breaks", lambda most: b"\n" * min(most, 2**22)),
        ("a billion laughs", lambda _: _laughs()),
        ("many keys", lambda _: b"".join(b"k%d: 1\n" % n for n in range(300_000))),
        ("many empty stages", lambda _: b"stages: {%s}" % b",".join(_numbers(200_000))),
        ("many files", lambda _: b"[%s]" % b",".join(flat % n for n in range(100_000))),
        ("long names", lambda _: b"[%s]" % b",".join([long] * 1000)),
        ("wild patterns", lambda _: b"*a" * 400 + b"b\n" + b"**/" * 300 + b"x\n" + b"[" * 900),
        ("many patterns", lambda _: b"*a*b*c*d*e*f*g\n**/a/**/b/**\n" * 100_000),
        ("many sections", lambda _: b"".join(b"[s%s]\na = 1\n" % n for n in _numbers(20_000))),
        ("shared outputs", lambda _: _shared()),
    ]


def _numbers(count: int) -> list[bytes]:
    return [b"%d" % n for n in range(count)]


def _laughs() -> bytes:
    """Nine lists of nine lists, 24 deep, by aliases."""
    letters = [bytes([n]) for n in range(ord("a"), ord("z"))]
    lines = [b"a: &a [x,x,x,x,x,x,x,x,x]\n"]
    for before, name in itertools.pairwise(letters):
        lines.append(name + b": &" + name + b" [" + b",".join([b"*" + before] * 9) + b"]\n")
    return b"".join(lines)


def _shared() -> bytes:
    """5,000 stages that are one, with 5,000 outputs."""
    first = b"stages:\n  a: &a\n    outs: [" + b"x, " * 5000 + b"]\n"
    return first + b"".join(b"  b%s: *a\n" % n for n in _numbers(5000))
