"""The p-values of the rows of causes that are as surprising as a whole: a trigger, a link."""

from __future__ import annotations

import numpy as np


def shared_out(p_value: np.ndarray, explained: np.ndarray, rows: int) -> np.ndarray:
    """Return the p-value of each cause's rows: the cause's, times the share of all rows that it
    and those as strong explain.

    It is the chance that a row drawn from clean data lies in so strong a cause. Flagging rows at a
    false discovery rate (Benjamini and Hochberg 1995) then flags a cause's rows when the cause's
    own p-value is at most that rate, whatever others flag. Rows that had the cause's p-value itself
    would pay for each other, though they stand or fall together. Were it multiplied by the cause's
    own share alone, a chance cause would stand on the discoveries of a planted one.

    Args:
        p_value: float64 (causes,), each over all that was tried (family-wise).
        explained: (causes,), how many rows are a cause's that are no stronger one's; no fewer than
            there are, or more than the rate may be false.
        rows: how many there are in all, no more than are tested.
    """
    order = np.argsort(p_value, kind="stable")
    up_to = np.searchsorted(p_value[order], p_value, side="right")
    as_strong = np.concatenate(([0], np.cumsum(explained[order])))[up_to]
    return np.asarray(p_value * np.minimum(as_strong / max(rows, 1), 1.0))
