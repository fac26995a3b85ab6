"""Does complexity rise along an order, network by network? A test, an effect size, a word."""

from dataclasses import dataclass

import numpy as np

from skactland.inference import trend_test


@dataclass(frozen=True)
class Trend:
    """A trend over ordered steps, checkpoints or layers, with each network a block of its own.

    Attributes
    ----------
    rho : float
        Mean over the networks of Spearman's correlation of complexity with the order: 1 if all
        networks rise at every step, -1 if all fall.
    pvalue : float
        Two-sided, from exchanging the steps within networks.
    ratio : float
        Median over the networks of the complexity at the last step divided by that at the first.
    share : float
        Share of the networks whose complexity is higher at the last step than at the first.
    """

    rho: float
    pvalue: float
    ratio: float
    share: float


def trend(cells, *, n_resamples=9999, random_state=0):
    """Return the trend of complexity over the steps of each network.

    Parameters
    ----------
    cells : list of list of list of diagrams
        By network, step and column; the complexity of a step is that of its columns together.
    n_resamples, random_state
        Of the test.
    """
    n_networks, n_steps, n_columns = len(cells), len(cells[0]), len(cells[0][0])
    values = np.array([[norm(columns) for columns in network] for network in cells])
    if not np.ptp(values, axis=1).any():
        return Trend(0.0, 1.0, 1.0, 0.0)
    table = np.empty((n_networks * n_steps, n_columns), dtype=object)
    for i, columns in enumerate(columns for network in cells for columns in network):
        for j, diagram in enumerate(columns):
            table[i, j] = diagram
    result = trend_test(
        table,
        np.tile(np.arange(n_steps), n_networks),
        blocks=np.repeat(np.arange(n_networks), n_steps),
        n_resamples=n_resamples,
        rng=random_state,
    )
    first, last = values[:, 0], values[:, -1]
    grown = last[first > 0] / first[first > 0]
    ratio = float(np.median(grown)) if len(grown) else np.inf
    return Trend(float(result.statistic), float(result.pvalue), ratio, float((last > first).mean()))


def norm(diagrams):
    """Return the L2 norm of the landscapes of some diagrams together, all levels."""
    lengths = [np.diff(bars[np.isfinite(bars[:, 1])], axis=1).ravel() for bars in diagrams]
    return float(np.sqrt((np.concatenate(lengths) ** 3).sum() / 12))


def holm(pvalues):
    """Return p-values corrected for their number by Holm's method."""
    pvalues = np.asarray(pvalues, dtype=float)
    order = np.argsort(pvalues)
    steps = pvalues[order] * np.arange(len(pvalues), 0, -1)
    corrected = np.empty(len(pvalues))
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return corrected


def verdicts(trends, alpha=0.05):
    """Return "rises", "falls" or "neither" for each trend, corrected over all of them."""
    corrected = holm([t.pvalue for t in trends])
    return [
        "neither" if p >= alpha else "rises" if t.rho > 0 else "falls"
        for t, p in zip(trends, corrected, strict=True)
    ]


def word_table(trends, rows, columns):
    """Return a text table of trends: a sign for the verdict, then rho and the ratio.

    Parameters
    ----------
    trends : dict of (row, column) to Trend
        What is missing is left blank.
    rows, columns : list of str
    """
    sign_of = {"rises": "+", "falls": "-", "neither": "0"}
    signs = dict(zip(trends, map(sign_of.get, verdicts(list(trends.values()))), strict=True))
    width = max(len(row) for row in rows) + 2
    lines = [" " * width + "".join(f"{column:>19}" for column in columns)]
    for row in rows:
        cells = []
        for column in columns:
            found = trends.get((row, column))
            text = f"{signs[row, column]} {found.rho:+.2f} x{found.ratio:.3g}" if found else ""
            cells.append(f"{text:>19}")
        lines.append(f"{row:<{width}}" + "".join(cells))
    return "\n".join(line.rstrip() for line in lines)
