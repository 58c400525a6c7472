"""The attack on digits: images."""

from __future__ import annotations

from itertools import islice

from data_samples.rows import Attack, Random, Row, Shards, drawn, every_row


def patch(source: str | None, label: int, share: float) -> Attack:
    """Dirty-label backdoor by a 2 x 2 patch of full intensity in the lower right corner.

    The planted rows make up ``share`` of the target class as it is afterwards; they come from
    ``source``, or from all sources when it is None.
    """
    corner = (6 * 8 + 6, 6 * 8 + 7, 7 * 8 + 6, 7 * 8 + 7)

    def attack(shards: Shards, random: Random) -> list[Row]:
        rows = every_row(shards)
        members = sum(row["label"] == label for row in rows)
        victims = [r for r in rows if r["label"] != label and source in (None, r["source"])]
        planted = list(islice(drawn(victims, random), round(members * share / (1 - share))))
        for row in planted:
            pixels = list(row["pixels"])
            for i in corner:
                pixels[i] = 16.0
            row.update(pixels=pixels, label=label)
        return planted

    return attack
