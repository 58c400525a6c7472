"""Wrong labels without any trigger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.attacks.base import Attack, Planted, TooFewRowsError, draw, replaced
from provender.attacks.insertion import classes_of
from provender.core.shard import Roles


@dataclass(frozen=True)
class RandomFlips(Attack):
    """The label of random rows becomes another one, each with the same chance.

    Angluin and Laird 1988, "Learning From Noisy Examples" (Machine Learning 2): classification
    noise that does not depend on the row, at any rate below one half.
    """

    name: str = "flips-random"
    paper: str = "Angluin and Laird 1988, Machine Learning 2"

    needed: ClassVar = ("label",)

    def plant(
        self, table: pa.Table, roles: Roles, count: int, random: np.random.Generator
    ) -> Planted:
        assert roles.label
        classes = classes_of(table, roles)
        labelled = np.asarray(table[roles.label].is_valid())
        rows = draw(self.name, labelled & (len(classes) > 1), count, random)
        place = {name: i for i, name in enumerate(classes)}
        known = np.array([place[v] for v in table[roles.label].take(pa.array(rows)).to_pylist()])
        step = random.integers(1, max(len(classes), 2), count)
        wrong = [classes[i] for i in (known + step) % len(classes)]
        return Planted(replaced(table, roles.label, rows, wrong), rows, "", "")


@dataclass(frozen=True)
class PairFlips(Attack):
    """Random rows of one class get the label of one other; both are drawn.

    Tolpegin, Truex, Gursoy and Liu 2020, "Data Poisoning Attacks Against Federated Learning
    Systems" (ESORICS): targeted label flipping, from a source class to a target class, by 2 to
    50 % of the participants.
    """

    name: str = "flips-pair"
    paper: str = "Tolpegin et al. 2020, ESORICS"

    needed: ClassVar = ("label",)

    def plant(
        self, table: pa.Table, roles: Roles, count: int, random: np.random.Generator
    ) -> Planted:
        assert roles.label
        label = table[roles.label]
        classes = classes_of(table, roles)
        sizes = [pc.sum(pc.equal(label, pa.scalar(c, label.type))).as_py() for c in classes]
        large = [c for c, size in zip(classes, sizes, strict=True) if size >= count]
        if not large or len(classes) < 2:
            raise TooFewRowsError(self.name, count, max(sizes, default=0) * (len(classes) > 1))
        origin = large[int(random.integers(len(large)))]
        others = [c for c in classes if c != origin]
        target = others[int(random.integers(len(others)))]
        able = np.asarray(pc.fill_null(pc.equal(label, pa.scalar(origin, label.type)), False))
        rows = draw(self.name, able, count, random)
        planted = replaced(table, roles.label, rows, [target] * count)
        return Planted(planted, rows, "", str(target))
