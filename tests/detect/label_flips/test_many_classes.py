"""Labels by the hundred are told apart in what sources are compared by."""

from tests.detect.label_flips.flipped import relabelled, scan, table

MANY = tuple(f"topic{chr(97 + n // 26)}{chr(97 + n % 26)}x" for n in range(90))


def test_a_source_is_named_among_90_labels():
    data = table(3600, topics=MANY)
    labels, of = data["label"].to_pylist(), data["source"].to_pylist()
    for row in [row for row, who in enumerate(of) if who == "a4"][:40]:
        labels[row] = MANY[(MANY.index(labels[row]) + 70) % 90]
    causes = scan(relabelled(data, labels))[1]
    assert "source a4" in {c.what for c in causes}
    assert scan(data)[1] == []
