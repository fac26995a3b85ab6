"""Do numbers rise along an order, network by network? Page's test, an effect size, a word."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import page_trend_test, rankdata


@dataclass(frozen=True)
class Trend:
    """A trend over ordered columns, where each row is a network of its own.

    Attributes
    ----------
    rho : float
        Mean over the networks of Spearman's correlation with the order: 1 if all networks rise at
        every step, -1 if all fall.
    rising, falling : float
        p-values of Page's test against either alternative.
    ratio : float
        Median over the networks of the last column divided by the first.
    share : float
        Share of the networks whose last column is above the first.
    """

    rho: float
    rising: float
    falling: float
    ratio: float
    share: float


def trend(values):
    """Return the trend of a table (networks, ordered columns).

    Page's L ranks the columns within each network, so that networks of different size count alike
    and no distribution is assumed; ties have mean ranks.
    """
    values = np.asarray(values, dtype=float)
    if not np.ptp(values, axis=1).any():
        return Trend(0.0, 1.0, 1.0, 1.0, 0.0)
    ranks = np.array([rankdata(row) for row in values])
    rising = page_trend_test(ranks, ranked=True, method="asymptotic").pvalue
    falling = page_trend_test(ranks[:, ::-1], ranked=True, method="asymptotic").pvalue
    order = np.arange(values.shape[1]) - (values.shape[1] - 1) / 2
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1) * np.linalg.norm(order)
    rho = np.divide(centred @ order, lengths, out=np.zeros(len(values)), where=lengths > 0)
    first, last = values[:, 0], values[:, -1]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = last / first
    ratio = np.nanmedian(ratios) if np.isfinite(ratios).any() else np.nan
    return Trend(rho.mean(), rising, falling, ratio, (last > first).mean())


def holm(pvalues):
    """Return p-values corrected for their number by Holm's method."""
    pvalues = np.asarray(pvalues, dtype=float)
    order = np.argsort(pvalues)
    steps = pvalues[order] * np.arange(len(pvalues), 0, -1)
    corrected = np.empty(len(pvalues))
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return corrected


def verdicts(trends, alpha=0.05):
    """Return "rises", "falls" or "neither" for each trend, after correction over all of them."""
    corrected = holm([p for t in trends for p in (t.rising, t.falling)]).reshape(-1, 2)
    words = []
    for rising, falling in corrected:
        words.append("rises" if rising < alpha else "falls" if falling < alpha else "neither")
    return words
