"""From evidence and its null distribution to p-values, for one test or many at once."""

from numbers import Real

import numpy as np
from scipy.stats import false_discovery_control

from skactland._checks import check_option
from skactland.inference._statistic import TIE

CORRECTIONS = ("fdr_bh", "holm", "max-t")


def check_correction(correction):
    """Return a way to correct for several tests, or None."""
    return None if correction is None else check_option(correction, "correction", CORRECTIONS)


def check_alpha(alpha):
    """Return a level between 0 and 1."""
    if not isinstance(alpha, Real) or not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha!r}.")
    return float(alpha)


def pvalues(least, null, is_exact):
    """Return the part of the null distribution that is as large as what was observed, or larger.

    What was observed is one of all relabellings; to random ones it is added: (1 + b) / (1 + B).

    Parameters
    ----------
    least : array of shape (n_tests,)
        The least evidence that equals what was observed, but for rounding.
    null : array of shape (n_relabellings, n_tests) or (n_relabellings, 1)
        The evidence under relabelling.
    is_exact : bool
        Whether these are all relabellings.
    """
    counts = np.count_nonzero(null >= least, axis=0)
    return counts / len(null) if is_exact else (1 + counts) / (1 + len(null))


def corrected_pvalues(observed, least, null, is_exact, correction):
    """Return the p-values of several tests, corrected for their number."""
    if correction == "max-t":
        return _max_t(observed, least, null, is_exact)
    single = pvalues(least, null, is_exact)
    if correction == "holm":
        return _holm(single)
    return false_discovery_control(single, method="bh") if correction == "fdr_bh" else single


def _holm(single):
    order = np.argsort(single)
    steps = single[order] * np.arange(len(single), 0, -1)
    adjusted = np.empty_like(single)
    # A test is not more significant than one whose own p-value is smaller.
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def _max_t(observed, least, null, is_exact):
    """Return p-values against the largest evidence of all tests (Westfall and Young, 1993).

    Each test is standardised over all labellings, the given one included, so that they are still
    exchangeable. One whose evidence is constant but for rounding says nothing: it becomes zero.
    """
    labellings = null if is_exact else np.vstack([observed, null])
    centre, spread = labellings.mean(axis=0), labellings.std(axis=0)
    scale = np.where(spread > TIE * np.abs(labellings).max(axis=0), spread, np.inf)
    largest = ((null - centre) / scale).max(axis=1, keepdims=True)
    return pvalues((least - centre) / scale, largest, is_exact)
