"""P-values against plain double loops in exact arithmetic, at every scale.

Diagrams of small integers have many ties: identical landscapes, equal partitions under other names,
equal sums. Rounding must break none of them, and must make none.
"""

from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import combinations, pairwise, permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skactland.inference import (
    _groups,
    _independence,
    _trend,
    confidence_band,
    independence_test,
    mean_difference_band,
    permutation_test,
    trend_test,
)

# Few relabellings do for most tests, with which no p-value is small after correction.
pytestmark = pytest.mark.filterwarnings("ignore:No p-value of")

SCALES = [1.0, 0.1, 1000.0, 3e-150, 7e150, 2.0**-300, 1e-106, 1e104]
END = 6


def level_values(diagram, t):
    """All levels at t."""
    return sorted((max(min(t - b, d - t), Fraction(0)) for b, d in diagram), reverse=True)


def squared_distance(one, other):
    """The squared L2 distance of two landscapes, of which the bars have integer ends.

    Levels bend at multiples of a half alone.
    """
    total = Fraction(0)
    depth = max(len(one), len(other))
    nodes = [Fraction(i, 2) for i in range(2 * END + 1)]
    values = [[level_values(d, t) + [0] * (depth - len(d)) for t in nodes] for d in (one, other)]
    for k in range(depth):
        gaps = [a[k] - b[k] for a, b in zip(*values, strict=True)]
        total += sum((a * a + a * b + b * b) / 6 for a, b in pairwise(gaps))
    return total


def matrix(diagrams):
    return [[squared_distance(one, other) for other in diagrams] for one in diagrams]


def decimal(number):
    return Decimal(number.numerator) / Decimal(number.denominator)


def mean_of(values, rows, others):
    return sum(values[i][j] for i in rows for j in others) / Decimal(len(rows) * len(others))


def groups_of(labels):
    return [[i for i, label in enumerate(labels) if label == g] for g in sorted(set(labels))]


def discrepancy(values, labels):
    """The squared distance of group means under a kernel, over all pairs of groups."""
    return sum(
        mean_of(values, g, g) + mean_of(values, h, h) - 2 * mean_of(values, g, h)
        for g, h in combinations(groups_of(labels), 2)
    )


def anova(values, labels):
    """F, infinite where nothing lies within the groups, and 0 where nothing differs at all."""
    every, groups = range(len(labels)), groups_of(labels)
    total = mean_of(values, every, every) * len(labels) / 2
    within = sum(mean_of(values, g, g) * len(g) / 2 for g in groups)
    if abs(within) < Decimal("1e-40"):
        return Decimal("Infinity") if total else Decimal(0)
    return (total - within) / within


def median(numbers):
    ordered = sorted(numbers)
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    positive = [number for number in ordered if number]
    return middle or (sum(positive) / len(positive) if positive else Decimal(1))


def gaussian(squares):
    width = median([squares[i][j] for i, j in combinations(range(len(squares)), 2)])
    return [[(-square / width).exp() for square in row] for row in squares]


def times(matrix, factor):
    return [[factor * value for value in row] for row in matrix]


def roots(matrix):
    return [[value.sqrt() for value in row] for row in matrix]


GROUP_DEFINITIONS = {
    "anova": lambda squares: squares,
    "energy": lambda squares: times(roots(squares), -1),
    "mean_distance": lambda squares: times(squares, Decimal("-0.5")),
    "mmd": gaussian,
}


def exact_pvalue(observed, null, tie):
    """The p-value where values count as equal that differ by less than a part of the largest."""
    finite = [abs(value) for value in (observed, *null) if not value.is_infinite()]
    tolerance = Decimal(tie) * max(finite, default=Decimal(0))
    least = observed if observed.is_infinite() else observed - tolerance
    return sum(value >= least for value in null) / len(null)


def test_every_statistic_is_held_to_its_definition():
    assert set(GROUP_DEFINITIONS) == set(_groups._STATISTICS)
    assert set(_independence._STATISTICS) == {"dcov", "hsic"}
    assert set(_trend._STATISTICS) == {"page", "spearman"}


bar = st.tuples(st.integers(0, END - 1), st.integers(1, END)).filter(lambda ends: ends[0] < ends[1])
diagram = st.lists(bar, min_size=1, max_size=2)
scale = st.sampled_from(SCALES)
LAYOUTS = ["0011", "00111", "001111", "000111", "001122", "0011122"]


@st.composite
def grouped(draw):
    """Diagrams and their labels."""
    labels = draw(st.sampled_from(LAYOUTS).flatmap(st.permutations))
    n = len(labels)
    return draw(st.lists(diagram, min_size=n, max_size=n)), [int(label) for label in labels]


@st.composite
def measured(draw):
    """Diagrams and a number for each."""
    rows = draw(st.lists(diagram, min_size=3, max_size=5))
    others = (draw(st.integers(-2, 2)) for _ in rows[2:])
    return rows, draw(st.permutations([-2, 1, *others]))


def table_of(rows, scale):
    return [scale * np.array(row, dtype=float) for row in rows]


@pytest.mark.parametrize("statistic", sorted(GROUP_DEFINITIONS))
@settings(max_examples=40)  # the examples are what has failed once
@given(case=grouped(), scale=scale)
@example(case=([[(0, 2)]] * 4 + [[(0, 4)]] * 4, [0, 0, 0, 1, 1, 1, 1, 0]), scale=1.0)
@example(case=([[(0, 2)]] * 3 + [[(0, 4)]] * 3, [0, 0, 0, 1, 1, 1]), scale=1e104)
@example(case=([[(0, 2)]] * 5 + [[(0, 4)]], [0, 0, 1, 1, 2, 2]), scale=1e-106)
@example(
    case=([[(0, 1)], [(0, 1)], [(0, 4)], [(4, 5)], [(0, 1)], [(1, 2)]], [0, 0, 0, 1, 1, 1]),
    scale=1.0,
)
def test_groups_by_a_plain_loop(statistic, case, scale):
    rows, labels = case
    with localcontext(prec=50):
        squares = [[decimal(square) for square in row] for row in matrix(rows)]
        values = GROUP_DEFINITIONS[statistic](squares)
        function = anova if statistic == "anova" else discrepancy
        null = [function(values, other) for other in set(permutations(labels))]
        observed = function(values, labels)
        # Values may be closer than any sum of doubles can tell, without being equal.
        least, most = (exact_pvalue(observed, null, tie) for tie in ("1e-35", "1e-9"))
    result = permutation_test(table_of(rows, scale), labels, statistic=statistic)
    assert result.is_exact
    assert least <= result.pvalue <= most


def test_a_relabelling_that_separates_identical_landscapes_does_not_hide_the_others():
    """Of 252 relabellings 2 separate the two kinds, and 50 put one network on the wrong side."""
    table = [[[0, 1]]] * 5 + [[[0, 2]]] * 5
    result = permutation_test(table, [0, 0, 0, 0, 1, 1, 1, 1, 1, 0], statistic="anova")
    assert result.pvalue == pytest.approx(52 / 252)
    for correction in ("holm", "fdr_bh", "max-t"):
        wide = np.empty((10, 2), dtype=object)
        wide[:, 0] = wide[:, 1] = [np.array(diagram, dtype=float) for diagram in table]
        result = permutation_test(
            wide,
            [0, 0, 0, 0, 1, 1, 1, 1, 1, 0],
            statistic="anova",
            columns="column",
            correction=correction,
        )
        factor = 2 if correction == "holm" else 1
        assert result.pvalue == pytest.approx(factor * 52 / 252)
        assert np.isfinite(result.null_distribution).all()


@pytest.mark.parametrize("statistic", sorted(_independence._STATISTICS))
@settings(max_examples=40)
@given(case=measured(), scale=st.sampled_from(SCALES[:3]), of_y=st.sampled_from([1, 0.1, 1e-200]))
def test_independence_by_a_plain_loop(statistic, case, scale, of_y):
    rows, y = case
    n = len(rows)
    with localcontext(prec=50):
        squares = [[decimal(square) for square in row] for row in matrix(rows)]
        others = [[Decimal((a - b) ** 2) for b in y] for a in y]
        if statistic == "dcov":
            of_rows, others = roots(squares), roots(others)
        else:
            of_rows, others = times(squares, Decimal("-0.5")), gaussian(others)
        means = [sum(row) / n for row in of_rows]
        whole = sum(means) / n
        centred = [
            [of_rows[i][j] - means[i] - means[j] + whole for j in range(n)] for i in range(n)
        ]
        null = [
            sum(centred[i][j] * others[order[i]][order[j]] for i in range(n) for j in range(n))
            for order in permutations(range(n))
        ]
        least, most = (exact_pvalue(null[0], null, tie) for tie in ("1e-35", "1e-9"))
    result = independence_test(table_of(rows, scale), of_y * np.array(y), statistic=statistic)
    assert least * (1 - 1e-12) <= result.pvalue <= most * (1 + 1e-12)


def midranks(values):
    ordered = sorted(values)
    return [Fraction(2 * ordered.index(v) + ordered.count(v) + 1, 2) for v in values]


SIDES = {"greater": lambda x: x, "less": lambda x: -x, "two-sided": abs}


@given(
    case=measured(),
    scale=scale,
    p=st.sampled_from([1, 2, 3, 7]),
    side=st.sampled_from(sorted(SIDES)),
)
@example(
    case=([[(0, 6)], [(0, 3), (0, 4), (0, 5)], [(0, 1)], [(0, 2)]], [0, 1, 2, 3]),
    scale=0.1,
    p=2,
    side="two-sided",
)
def test_trends_by_a_plain_loop(case, scale, p, side):
    """Complexities that are equal as sums of powers share their rank: 3^3 + 4^3 + 5^3 = 6^3."""
    rows, y = case
    n = len(rows)
    ranks = midranks([sum((d - b) ** (p + 1) for b, d in row) for row in rows])
    centred = [rank - Fraction(n + 1, 2) for rank in ranks]
    of_y = midranks(y)
    null = [
        SIDES[side](sum(c * of_y[i] for c, i in zip(centred, order, strict=True)))
        for order in permutations(range(n))
    ]
    expected = sum(value >= null[0] for value in null) / len(null)
    result = trend_test(table_of(rows, scale), y, p=p, alternative=side)
    assert result.pvalue == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("statistic", sorted(_trend._STATISTICS))
def test_equal_layers_are_no_trend(scale, statistic):
    layers = [[(0, 6)], [(0, 3), (0, 4), (0, 5)]]
    table = np.empty((4, 2), dtype=object)
    for i, j in np.ndindex(table.shape):
        table[i, j] = scale * (1 + i) * np.array(layers[j], dtype=float)
    frame = pd.DataFrame(table, columns=["fc1__H0", "fc2__H0"])
    assert trend_test(frame, "layer", statistic=statistic).pvalue == 1


@pytest.mark.parametrize("scale", [1e-300, 1e-4, 1e4, 1e300])
@pytest.mark.parametrize("p", [1, 2, 100, 1e6, np.inf])
def test_a_trend_is_found_at_any_scale_and_power(scale, p):
    table = [[[0, scale * (1 + 0.1 * i)]] for i in range(8)]
    result = trend_test(table, range(8), p=p, alternative="greater", n_resamples=99, rng=0)
    assert result.statistic == pytest.approx(1)
    assert result.pvalue == 0.01


def random_table(n_rows, scale=1.0, seed=0):
    rng = np.random.default_rng(seed)
    table = np.empty((n_rows, 2), dtype=object)
    for index in np.ndindex(table.shape):
        births = rng.random(4)
        table[index] = scale * np.column_stack([births, births + rng.exponential(0.5, 4)])
    return table


GROUPS = np.array([0, 1, 0, 1, 0, 1, 1])
UNITS = {"anova": 0, "energy": 1.5, "mean_distance": 1.5, "mmd": 0}


@pytest.mark.parametrize("weights", [None, "balanced", [1e-100, 1e100]])
@pytest.mark.parametrize("scale", [1e-150, 1e150])
@pytest.mark.parametrize("statistic", sorted(UNITS))
def test_groups_at_extreme_scales(statistic, scale, weights):
    options = {"statistic": statistic, "column_weights": weights}
    one = permutation_test(random_table(7), GROUPS, **options)
    other = permutation_test(random_table(7, scale), GROUPS, **options)
    assert other.pvalue == one.pvalue
    power = 0 if weights == "balanced" else UNITS[statistic]
    assert other.statistic == pytest.approx(scale**power * one.statistic, rel=1e-7)


@pytest.mark.parametrize("statistic", sorted(_independence._STATISTICS))
def test_dependence_at_extreme_scales(statistic):
    y = np.arange(7.0) ** 2
    one = independence_test(random_table(7), y, statistic=statistic)
    for scale, of_y in ((1e-90, 1e-150), (1e90, 1e150), (1e-90, 1e150), (1e90, 1e-150)):
        other = independence_test(random_table(7, scale), of_y * y, statistic=statistic)
        assert other.pvalue == one.pvalue


def test_columns_of_every_scale_are_tested_side_by_side():
    table = random_table(7)
    wild = table.copy()
    for i in range(7):
        wild[i, 1] = 1e-140 * table[i, 1]
        wild[i, 0] = 1e140 * table[i, 0]
    for test, given_ in ((permutation_test, GROUPS), (trend_test, GROUPS + 0.0)):
        for correction in ("holm", "max-t"):
            options = {"columns": "column", "correction": correction}
            one, other = test(table, given_, **options), test(wild, given_, **options)
            assert list(other.pvalue) == pytest.approx(list(one.pvalue))


@pytest.mark.parametrize("adaptive", [False, True])
@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1e150, 1e300])
def test_bands_at_extreme_scales(scale, adaptive):
    options = {"adaptive": adaptive, "resolution": 30, "n_resamples": 99, "rng": 0}
    for test, given_ in ((confidence_band, ()), (mean_difference_band, (GROUPS,))):
        one = test(random_table(7), *given_, **options)["x0"]
        other = test(random_table(7, scale), *given_, **options)["x0"]
        for name in ("t", "mean", "lower", "upper"):
            found = getattr(other, name) / scale
            assert found == pytest.approx(getattr(one, name), rel=1e-9, abs=1e-12)


def test_what_no_number_holds_is_refused():
    with pytest.raises(ValueError, match="too large or too small for a floating-point number"):
        permutation_test(random_table(7, 1e250), GROUPS)
    with pytest.raises(ValueError, match="too large or too small for a floating-point number"):
        independence_test(random_table(7, 1e-200), GROUPS, statistic="hsic")
    assert permutation_test(random_table(7, 1e250), GROUPS, statistic="mmd").pvalue > 0
    with pytest.raises(ValueError, match="inner products of the landscapes are too large"):
        permutation_test(random_table(7, 1e150), GROUPS, statistic=lambda gram, labels: 1.0)
    too_long = [[[-1e308, 1e308 - 1e300 * i]] for i in range(7)]
    for test in (permutation_test, mean_difference_band):
        with pytest.raises(ValueError, match="column 'x0': a bar is longer than the largest"):
            test(too_long, GROUPS)
