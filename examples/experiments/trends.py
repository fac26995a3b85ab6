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
        Two-sided, from exchanging the steps within networks; not corrected.
    ratio : float
        Median over the networks of the complexity at the last step divided by that at the first;
        inf if it was zero in all of them.
    share : float
        Share of the networks whose complexity is higher at the last step than at the first.
    """

    rho: float
    pvalue: float
    ratio: float
    share: float


def find_trends(series, *, n_resamples=9999, random_state=0):
    """Return the trend of each of several complexities over the steps of each network.

    Parameters
    ----------
    series : dict of str to array of shape (n_networks, n_steps)
        Complexities. Those of one shape are tested on the same exchanges of steps.
    n_resamples, random_state
        Of the test.

    Returns
    -------
    dict of str to Trend
    """
    found = {}
    for shape in {values.shape for values in series.values()}:
        alike = {key: values for key, values in series.items() if values.shape == shape}
        constant = {key: v for key, v in alike.items() if not np.ptp(v, axis=1).any()}
        found |= {key: Trend(0.0, 1.0, 1.0, 0.0) for key in constant}
        moving = {key: values for key, values in alike.items() if key not in constant}
        if moving:
            result = trend_test(
                _table(list(moving.values())),
                np.tile(np.arange(shape[1]), shape[0]),
                columns="column",
                blocks=np.repeat(np.arange(shape[0]), shape[1]),
                n_resamples=n_resamples,
                rng=random_state,
                correction=None,
            )
            tested = zip(moving.items(), result.statistic, result.pvalue, strict=True)
            for (key, values), rho, pvalue in tested:
                found[key] = Trend(float(rho), float(pvalue), *_change(values))
    return {key: found[key] for key in series}


def _table(arrays):
    """Return a table of diagrams of one bar each, which has the complexity asked for."""
    table = np.empty((arrays[0].size, len(arrays)), dtype=object)
    for j, values in enumerate(arrays):
        for i, value in enumerate(values.ravel()):
            table[i, j] = np.array([[0.0, np.cbrt(12 * value**2)]])
    return table


def _change(values):
    first, last = values[:, 0], values[:, -1]
    grown = last[first > 0] / first[first > 0]
    return float(np.median(grown)) if len(grown) else np.inf, float((last > first).mean())


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
    corrected = holm([t.pvalue for t in trends.values()])
    return {
        key: "neither" if p >= alpha else "rises" if t.rho > 0 else "falls"
        for (key, t), p in zip(trends.items(), corrected, strict=True)
    }


def trend_table(trends, words, rows, columns):
    """Return a text table of trends: a sign for the verdict, rho, and the ratio of last to first.

    Parameters
    ----------
    trends, words : dict of (row, column) to Trend and to verdict
        What is missing is left blank.
    rows, columns : list of str
    """
    width = max(len(row) for row in rows) + 1
    lines = [" " * width + "".join(f"{column:>17}" for column in columns)]
    for row in rows:
        cells = []
        for key in ((row, column) for column in columns):
            text = ""
            if key in trends:
                sign = {"rises": "+", "falls": "-", "neither": "0"}[words[key]]
                text = f"{sign} {trends[key].rho:+.2f} x{trends[key].ratio:.2g}"
            cells.append(f"{text:>17}")
        lines.append(f"{row:<{width}}" + "".join(cells))
    return "\n".join(line.rstrip() for line in lines)
