"""How surprising it is that rows with a prompt gram have an answer in common.

Null: given how many prompts hold the gram and how many have the answer, the two meet at random,
but for odds that a natural cue may raise e-fold (``LEAN``): Fisher's noncentral hypergeometric
distribution, whose upper tail is exact at any size.

A link must also *be* one: most of the rows with the answer hold the gram, or most with the gram
have the answer (`mostly`, at the level ``DOUBT``).
"""

from __future__ import annotations

import numpy as np

#: Log odds that a natural cue may add.
LEAN = 1.0
#: Chance at which a share of one half would look like most.
DOUBT = 0.05


def log_tails(tested: np.ndarray, rows: int) -> np.ndarray:
    """Return float64 (pairs,): natural log of P(X >= both), at odds of e to the ``LEAN``.

    Args:
        tested: int64 (pairs, 3): rows with gram and answer, with the answer, with the gram.
        rows: all rows.
    """
    kinds, of = np.unique(tested, axis=0, return_inverse=True)
    found = np.array([_log_tail(both, answer, gram, rows) for both, answer, gram in kinds.tolist()])
    return found[of.reshape(-1)] if len(kinds) else np.zeros(0)


def _log_tail(both: int, answer: int, gram: int, rows: int) -> float:
    from scipy.special import gammaln, logsumexp

    x = np.arange(max(0, answer + gram - rows), min(answer, gram) + 1)
    weight = LEAN * x - sum(
        gammaln(n + 1) for n in (x, gram - x, answer - x, rows - gram - answer + x)
    )
    upper = weight[x >= both]
    return float(min(logsumexp(upper) - logsumexp(weight), 0.0)) if len(upper) else -np.inf


def mostly(tested: np.ndarray) -> np.ndarray:
    """Return bool (pairs,): more than half of one side, by a binomial test at ``DOUBT``.

    Args:
        tested: as in `log_tails`.
    """
    from scipy.special import bdtrc  # of scipy.stats, which takes half a second to import

    both, answer, gram = tested.T
    one = np.minimum(bdtrc(both - 1, answer, 0.5), bdtrc(both - 1, gram, 0.5))
    return np.asarray(one <= DOUBT)
