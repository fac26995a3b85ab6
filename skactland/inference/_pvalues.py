"""From a statistic and its null distribution to p-values, for one test or many at once."""

import numpy as np
from scipy.stats import false_discovery_control

from skactland._checks import check_option

# Values closer than this part of the largest are taken for equal: they differ by rounding.
_TIE = 1e-10

CORRECTIONS = ("fdr_bh", "holm", "max-t")


def check_correction(correction):
    """Return a way to correct for several tests, or None."""
    return None if correction is None else check_option(correction, "correction", CORRECTIONS)


def pvalues(observed, null, is_exact):
    """Return the part of the null distribution that is as large as what was observed, or larger.

    What was observed is one of all relabellings; to random ones it is added: (1 + b) / (1 + B).
    """
    scale = np.maximum(np.abs(observed), np.abs(null).max(axis=0))
    counts = np.count_nonzero(null >= observed - _TIE * scale, axis=0)
    return counts / len(null) if is_exact else (1 + counts) / (1 + len(null))


def corrected_pvalues(observed, null, is_exact, correction):
    """Return the p-values of several tests, corrected for their number."""
    if correction == "max-t":
        return _max_t(observed, null, is_exact)
    single = pvalues(observed, null, is_exact)
    if correction == "holm":
        return _holm(single)
    return false_discovery_control(single, method="bh") if correction == "fdr_bh" else single


def _holm(single):
    order = np.argsort(single)
    steps = single[order] * np.arange(len(single), 0, -1)
    adjusted = np.empty_like(single)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def _max_t(observed, null, is_exact):
    """Return p-values against the largest statistic of all tests (Westfall and Young, 1993).

    Each test is standardised over all labellings, the given one included, so that they are still
    exchangeable.
    """
    labellings = null if is_exact else np.vstack([observed, null])
    centre, spread = labellings.mean(axis=0), labellings.std(axis=0)
    scale = np.where(spread > _TIE * np.abs(labellings).max(axis=0), spread, np.inf)
    largest = ((null - centre) / scale).max(axis=1, keepdims=True)
    return pvalues((observed - centre) / scale, largest, is_exact)
