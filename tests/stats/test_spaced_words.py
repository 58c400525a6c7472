import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given
from hypothesis import strategies as st

from provender.stats.cell_hash import cell_hashes
from provender.stats.spaced_words import UNSPACED, spaced

#: Of one and more bytes; quotes, scripts with and without spaces, beyond the first plane.
SOME = st.text("aZ .ßéж’“…नक我か ไກខမ་ꀀ々😀𠀀𛀀 ", max_size=12)


@given(st.lists(st.none() | SOME))
def test_words_are_those_of_the_regular_expression_however_they_are_found(
    rows: list[str | None],
) -> None:
    texts = pa.array(rows, pa.large_string())
    apart = pc.replace_substring_regex(pc.utf8_lower(texts), f"([{UNSPACED}])", r" \1 ")
    expected = pc.utf8_split_whitespace(pc.utf8_trim_whitespace(apart))
    split = [row for words in spaced(texts) for row in words.split.to_pylist()]
    assert split == expected.to_pylist()
    words = [word for row in split for word in row or [] if word]
    parts = list(spaced(texts))
    assert [w for p in parts for w in p.coded[0].take(pa.array(p.coded[1])).to_pylist()] == words
    assert [h for p in parts for h in p.hashes] == cell_hashes(
        pa.array(words, pa.string())
    ).tolist()
    assert [int(c) for p in parts for c in p.coded[2]] == [
        len([*filter(None, r or [])]) for r in split
    ]
