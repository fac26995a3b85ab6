"""Null clouds and the tests against them: by definition, by their laws, and as in SciPy."""

import inspect
from math import exp, log

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from skactland import ComplexityVectorizer, representative_loops, rips_persistence
from skactland._checks import Classes
from skactland.datasets import make_circle
from skactland.displays import ActivationLandscapeDisplay, DiagramDisplay
from skactland.inference import (
    bar_test,
    null_clouds,
    null_test,
    permutation_test,
    universal_bar_test,
)

KINDS = ["rotated", "gaussian", "permuted"]


def some_cloud(shape, seed=0):
    """Correlated units of different scales, far from the origin."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape) @ rng.normal(size=(shape[1], shape[1])) + 10


# ---- clouds


@pytest.mark.parametrize("shape", [(2, 1), (2, 5), (5, 2), (7, 7), (8, 7), (6, 40), (40, 6)])
def test_rotated_keeps_mean_and_covariance(shape):
    cloud = some_cloud(shape)
    for null in null_clouds(cloud, n_clouds=5, rng=0):
        assert_allclose(null.mean(axis=0), cloud.mean(axis=0), rtol=1e-12)
        assert_allclose(np.cov(null.T), np.cov(cloud.T), atol=1e-10)
        assert shape[0] == 2 or np.abs(null - cloud).max() > 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_degenerate_clouds(kind):
    flat = np.outer(np.arange(6.0), [1, 2, 0])  # a line, and a column of zeros
    for null in null_clouds(flat, kind, n_clouds=3, rng=0):
        assert_array_equal(null[:, 2], 0)
        if kind != "permuted":
            assert_allclose(null[:, 1], 2 * null[:, 0])
    constant = np.full((4, 3), 0.1)
    assert_array_equal(null_clouds(constant, kind, n_clouds=2, rng=0), [constant] * 2)


def test_rotated_is_uniform():
    """Of one column, the centred null over its norm is uniform on a sphere of n - 2 dimensions."""
    cloud = np.array([[0.0], [0], [0], [1], [5]])
    nulls = null_clouds(cloud, n_clouds=4000, rng=0)[:, :, 0] - cloud.mean()
    first = nulls[:, 0] / np.linalg.norm(nulls, axis=1) / np.sqrt(4 / 5)
    assert stats.kstest(first**2, stats.beta(1 / 2, 3 / 2).cdf).pvalue > 0.01
    assert stats.binomtest(int((first > 0).sum()), 4000).pvalue > 0.01


def test_rotated_frames_are_uniform():
    """Second and fourth moments of two columns at once, from the law of a uniform frame."""
    n = 5
    cloud = np.linalg.qr(np.diag(np.ones(n)) - 1 / n)[0][:, :2]  # orthonormal, and centred
    nulls = null_clouds(cloud, n_clouds=20000, rng=1)
    assert_allclose(nulls.transpose(0, 2, 1) @ nulls, [np.eye(2)] * 20000, atol=1e-12)
    projector = np.eye(n) - 1 / n
    assert_allclose((nulls @ nulls.transpose(0, 2, 1)).mean(axis=0), projector / 2, atol=0.01)
    # With z in R^m uniform on the sphere, E z_i^4 = 3 / (m (m + 2)), here times the projector's.
    fourth = (nulls[:, 0, 1] ** 4).mean()
    assert fourth == pytest.approx(3 / (4 * 6) * projector[0, 0] ** 2, rel=0.05)


@pytest.mark.parametrize("shape", [(30, 3), (4, 6)])
def test_gaussian_draws_have_the_law(shape):
    cloud = some_cloud(shape)
    points = null_clouds(cloud, "gaussian", n_clouds=40000 // shape[0], rng=0).reshape(-1, shape[1])
    scale = np.abs(np.cov(cloud.T)).max()
    assert_allclose(np.cov(points.T), np.cov(cloud.T), atol=0.03 * scale)
    assert_allclose(points.mean(axis=0), cloud.mean(axis=0), atol=0.03 * np.sqrt(scale))
    one = (points[:, 0] - cloud[:, 0].mean()) / cloud[:, 0].std(ddof=1)
    assert stats.kstest(one, "norm").pvalue > 0.01


def test_permuted_keeps_columns():
    cloud = some_cloud((20, 3))
    (null,) = null_clouds(cloud, "permuted", rng=0)
    assert_array_equal(np.sort(null, axis=0), np.sort(cloud, axis=0))
    orders = [np.argsort(null[:, j])[np.argsort(np.argsort(cloud[:, j]))] for j in range(3)]
    assert not any(np.array_equal(orders[0], order) for order in orders[1:])


@pytest.mark.parametrize("kind", KINDS)
def test_nulls_scale_and_move_with_the_cloud(kind):
    cloud = some_cloud((12, 4))
    expected = null_clouds(cloud, kind, rng=3)
    assert_allclose(null_clouds(2.0**-40 * cloud, kind, rng=3), 2.0**-40 * expected, rtol=1e-9)
    assert_allclose(null_clouds(cloud + 7, kind, rng=3), expected + 7, rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(200, 3), (60, 40), (30, 50)])
@pytest.mark.parametrize("far", [2.0**27, 2.0**40])
def test_nulls_of_clouds_far_away(kind, shape, far):
    """As near as coordinates are told there: the mean is not rounded before it is taken off."""
    units = np.geomspace(1, 1e-6, shape[1])
    moved = np.random.default_rng(0).normal(size=shape) * units + far
    near = null_clouds(moved - far, kind, n_clouds=3, rng=0)
    found = null_clouds(moved, kind, n_clouds=3, rng=0) - far
    assert_allclose(found, near, rtol=0, atol=1.01 * np.spacing(far))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"cloud": np.zeros((1, 3))}, ValueError, "the cloud: a cloud of 1 points has no covar"),
        ({"cloud": np.zeros((0, 3))}, ValueError, "a cloud of 0 points"),
        ({"cloud": [[np.nan], [1]]}, ValueError, "NaN or infinite"),
        ({"cloud": [[1.7e308], [-1.7e308]]}, ValueError, "too large for their differences"),
        ({"kind": "shuffled"}, ValueError, "kind must be one of"),
        ({"n_clouds": 0}, ValueError, "n_clouds must be at least 1"),
        ({"n_clouds": 2**60}, MemoryError, "do not fit in memory"),
        ({"rng": True}, TypeError, "rng must be"),
    ],
)
def test_bad_clouds(options, error, message):
    with pytest.raises(error, match=message):
        null_clouds(**{"cloud": some_cloud((5, 2)), **options})


# ---- layers


@pytest.fixture
def frame():
    clouds = {"fc1": some_cloud((20, 3)), "fc2": make_circle(20, noise=0.05, random_state=0)}
    return pd.DataFrame({name: [cloud] for name, cloud in clouds.items()})


@pytest.fixture
def nulls():
    rows = [{"fc1": some_cloud((20, 3), s), "fc2": some_cloud((20, 2), s)} for s in range(1, 13)]
    return pd.DataFrame(rows)


def longest(bars):
    return np.diff(bars).max(initial=0)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_by_definition(frame, nulls, alternative):
    result = null_test(
        frame, nulls=nulls, statistic=["n_bars", longest], alternative=alternative, correction=None
    )
    assert result.columns == [
        f"{layer}__H{q}__{name}"
        for layer in ("fc1", "fc2")
        for q in (0, 1)
        for name in ("n_bars", "longest")
    ]
    rows = pd.concat([frame, nulls])
    values = []
    for layer in ("fc1", "fc2"):
        for q in (0, 1):
            diagrams = [rips_persistence(cloud)[q] for cloud in rows[layer]]
            finite = [d[np.isfinite(d[:, 1])] for d in diagrams]
            values += [[len(bars) for bars in finite], [longest(bars) for bars in finite]]
    values = np.array(values, dtype=float).T
    assert_allclose(result.statistic, values[0], rtol=1e-12)
    assert_allclose(result.null_distribution, values[1:], rtol=1e-12)
    sides = {"greater": values, "less": -values, "two-sided": np.abs(values - values.mean(axis=0))}
    evidence = np.round(sides[alternative], 9)
    assert_allclose(result.pvalue, (evidence >= evidence[0]).sum(axis=0) / 13)
    scores = [stats.zmap(v[:1], v[1:], ddof=1)[0] if np.ptp(v[1:]) else 0.0 for v in values.T]
    assert_allclose(result.zscore, scores, rtol=1e-9)
    assert len(result.to_frame()) == 8
    assert result.to_frame()["zscore"].tolist() == result.zscore.tolist()
    assert "13 random" not in repr(result)
    assert "NullTestResult, 12 random nulls" in repr(result)


def test_drawn_nulls_are_null_clouds(frame):
    """The nulls that a test draws come from the law of `null_clouds`."""
    cloud = frame.loc[0, "fc1"]
    result = null_test([cloud], homology_dimensions=(1,), n_nulls=300, rng=0)
    diagrams = [rips_persistence(null)[1] for null in null_clouds(cloud, n_clouds=300, rng=1)]
    expected = ComplexityVectorizer(("l2",)).fit_transform(diagrams)[:, 0]
    assert stats.ks_2samp(result.null_distribution[:, 0], expected).pvalue > 0.01


def test_does_not_depend_on_n_jobs_or_other_columns_and_takes_arrays(frame):
    options = {"n_nulls": 105, "homology_dimensions": (0,), "rng": 5}
    result = null_test(frame, **options)
    for again in (
        null_test(frame, n_jobs=2, **options),
        null_test(frame.to_numpy(), **options),
        null_test(frame.assign(classes=[Classes.of(np.arange(20))]), **options),
    ):
        assert_array_equal(again.null_distribution, result.null_distribution)
        assert_array_equal(again.pvalue, result.pvalue)
    generator = np.random.default_rng(5)
    one, other = (null_test(frame, **(options | {"rng": generator})) for _ in range(2))
    assert_array_equal(one.null_distribution, result.null_distribution)
    assert (one.null_distribution != other.null_distribution).any()


def test_of_several_networks_the_mean(frame):
    both = pd.concat([frame, frame + 1])
    both.iloc[1, 1] = some_cloud((9, 2))
    options = {"homology_dimensions": (0,), "n_nulls": 20, "rng": 0, "correction": None}
    result = null_test(both, **options)
    alone = [null_test(both.iloc[[i]], **options).statistic for i in range(2)]
    assert_allclose(result.statistic, np.mean(alone, axis=0))
    assert result.null_distribution.shape == (20, 2)
    # The mean of nulls of both, of which the first have the seeds that they have alone.
    first = null_test(frame, **options).null_distribution
    assert (np.abs(result.null_distribution - first / 2) > 0.1 * first).all()


def test_corrections(frame):
    options = {"n_nulls": 99, "rng": 0}
    plain = null_test(frame, correction=None, **options).pvalue
    holm = null_test(frame, **options)
    assert_array_equal(holm.pvalue_uncorrected, plain)
    order = np.argsort(plain)
    assert holm.pvalue[order[0]] == pytest.approx(min(1, 4 * plain[order[0]]))
    bh = null_test(frame, correction="fdr_bh", **options).pvalue
    assert_allclose(bh, stats.false_discovery_control(plain))
    with pytest.warns(UserWarning, match=r"4 tests with 19 nulls .* take 80 nulls or more, corr"):
        null_test(frame, n_nulls=19, rng=0)


def test_nothing_to_tell_apart():
    result = null_test([np.zeros((5, 2))], n_nulls=9, rng=0, correction=None)
    assert_array_equal(result.pvalue, 1)
    assert_array_equal(result.zscore, 0)
    line = null_test([np.arange(9.0)[:, None]], statistic="n_bars", n_nulls=9, correction=None)
    assert_array_equal(line.pvalue, 1)


@pytest.mark.parametrize("scale", [2.0**-650, 2.0**-600, 2.0**600])
def test_any_scale_or_none(frame, scale):
    options = {"homology_dimensions": (1,), "n_nulls": 19, "correction": None, "rng": 0}
    options |= {"statistic": ["l2", "sup", "entropy"]}
    expected = null_test(frame, **options)
    found = null_test(frame * scale, **options)
    assert_array_equal(found.pvalue, expected.pvalue)
    assert_allclose(found.zscore, expected.zscore, rtol=1e-9)
    assert_allclose(found.statistic, expected.statistic * scale ** np.tile([1.5, 1, 0], 2))


@pytest.mark.parametrize("scale", [1e-206, 1e-210, 1e-250, 1e-300, 1e250])
def test_scales_at_which_statistics_vanish_are_refused(frame, scale):
    with pytest.raises(
        ValueError, match=r"(row 0, column 'fc.': |The )statistic|would be too large"
    ):
        null_test(frame * scale, homology_dimensions=(1,), n_nulls=19, correction=None)
    result = null_test(frame * scale, statistic="n_bars", n_nulls=19, correction=None, rng=0)
    assert result.statistic[0] == 19
    assert bar_test(frame.loc[0, "fc2"] * scale, n_nulls=19, rng=0).pvalue[0] == 0.05


def test_constant_nulls_are_infinitely_far():
    null = np.array([[0.0], [1], [3]])
    result = null_test([2 * null], nulls=[null] * 30, homology_dimensions=(0,))
    assert result.zscore == np.inf
    assert result.pvalue == pytest.approx(1 / 31)
    assert null_test([null / 2], nulls=[null] * 3, homology_dimensions=(0,)).zscore == -np.inf


def test_a_loop_is_told_from_the_spectrum_and_a_spectrum_is_not(frame):
    stretched = np.random.default_rng(0).normal(size=(60, 4)) * [8, 4, 2, 1]
    table = [make_circle(60, noise=0.1, random_state=0), stretched]
    found = [null_test([c], homology_dimensions=(1,), n_nulls=99, rng=0).pvalue for c in table]
    assert found[0] <= 0.02
    assert found[1] > 0.05


def test_pictures(frame):
    display = null_test(frame, n_nulls=80, rng=0).plot()
    assert display.axes_[0, 0].get_ylabel() == "nulls"
    assert display.axes_.size >= 4
    plt.close("all")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"metric": "precomputed"}, ValueError, "no coordinates that a null could be drawn of"),
        ({"statistic": "L2"}, ValueError, "statistic must be one of"),
        ({"statistic": []}, ValueError, "statistic is an empty list"),
        ({"statistic": ["l2", "l2"]}, ValueError, "names must be different"),
        ({"statistic": lambda bars: "long"}, ValueError, "one finite number, got 'long'"),
        ({"statistic": lambda bars: np.nan}, ValueError, "row 0, column 'fc1'.*finite number"),
        ({"alternative": "both"}, ValueError, "alternative must be one of"),
        ({"correction": "max-t"}, ValueError, "correction must be one of"),
        ({"kind": "none"}, ValueError, "kind must be one of"),
        ({"n_nulls": 1}, ValueError, "n_nulls must be at least 2"),
        ({"n_jobs": 0}, ValueError, "n_jobs must not be 0"),
        ({"homology_dimensions": (1, 0)}, ValueError, "homology_dimensions"),
        ({"nulls": [np.zeros((3, 2))] * 2}, ValueError, "nulls must have the columns of X"),
        ({"nulls": 3}, TypeError, "nulls: Expected a table of clouds"),
    ],
)
def test_bad_options(frame, options, error, message):
    with pytest.raises(error, match=message):
        null_test(frame, **options)


def test_bad_tables(frame, nulls):
    with pytest.raises(ValueError, match=r"X has 2 rows.*permutation_test"):
        null_test(nulls[:2], nulls=nulls)
    with pytest.raises(ValueError, match="nulls must have two rows or more"):
        null_test(frame, nulls=nulls[:1])
    frame.loc[0, "fc2"] = np.zeros((1, 2))
    with pytest.raises(ValueError, match="row 0, column 'fc2': a cloud of 1 points"):
        null_test(frame)


def apart(one, other):
    """A metric with which points on either side of 10 are never joined."""
    return np.inf if (one[0] < 10) != (other[0] < 10) else np.abs(one - other).sum()


@pytest.mark.parametrize("degree", [0, 1])
def test_bars_that_never_die_are_refused(degree):
    cloud = np.vstack([make_circle(9, random_state=s) + 9 * s for s in range(3)])
    with pytest.raises(ValueError, match="the cloud: bars of degree 0 never die"):
        bar_test(cloud, 0, metric=apart)
    with pytest.raises(ValueError, match="row 0, column 0: bars of degree 0 never die"):
        null_test([cloud], homology_dimensions=(0, degree)[: degree + 1], metric=apart)


def test_defaults_are_those_of_the_room():
    """One word for one thing, with one default."""
    ours, others = (inspect.signature(f).parameters for f in (null_test, permutation_test))
    for name in ("rng", "correction", "n_jobs"):
        assert ours[name].default == others[name].default


# ---- bars


@pytest.mark.parametrize("alpha", [0.05, 0.3])
@pytest.mark.parametrize("degree", [0, 1])
def test_longest_bars(degree, alpha):
    cloud = make_circle(25, noise=0.2, random_state=1)
    result = bar_test(cloud, degree, alpha=alpha, n_nulls=39, rng=0)
    diagram = rips_persistence(cloud)[degree]
    assert_array_equal(result.diagram, diagram)
    finite = diagram[np.isfinite(diagram[:, 1])]
    assert_array_equal(np.sort(result.bars, axis=0), np.sort(finite, axis=0))
    lengths = np.diff(result.bars)[:, 0]
    assert (np.diff(lengths) <= 0).all()
    of_nulls = null_test(
        [cloud], statistic=longest, homology_dimensions=(degree,), n_nulls=39, rng=0
    ).null_distribution[:, 0]
    for p, length in zip(result.pvalue, lengths, strict=True):
        assert p == (1 + np.sum(of_nulls >= length - 1e-12)) / 40
    assert_array_equal(result.pvalue <= alpha, lengths > result.threshold)
    assert_array_equal(result.standing_out, result.bars[result.pvalue <= alpha])
    assert result.to_frame().columns.tolist() == ["birth", "death", "pvalue"]


def test_bars_that_stand_out_are_traced_to_points():
    rng = np.random.default_rng(0)
    circle = make_circle(40, noise=0.05, random_state=0)
    cloud = np.vstack([circle, [4, 4] + 0.3 * rng.normal(size=(20, 2))])
    result = bar_test(cloud, n_nulls=99, rng=0)
    (loop,), bars = representative_loops(cloud, result.standing_out)
    assert_array_equal(bars, result.standing_out)
    assert loop.max() < 40
    assert "1 of" in repr(result)


def test_few_nulls_let_no_bar_stand_out():
    result = bar_test(make_circle(30, random_state=0), n_nulls=9, rng=0)
    assert result.threshold == np.inf
    assert result.pvalue[0] == 0.1
    assert len(result.standing_out) == 0


def test_no_bars():
    assert len(bar_test(np.eye(3), n_nulls=19, rng=0).bars) == 0
    result = universal_bar_test(np.empty((0, 2)))
    assert result.pvalue.shape == (0,)
    assert result.threshold == np.inf
    assert len(result.standing_out) == 0
    for one in (result, bar_test(np.zeros((4, 2)), n_nulls=19, rng=0)):
        one.plot()
    plt.close("all")


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.floats(0.01, 10), st.floats(0.1, 100)), min_size=1, max_size=20),
    st.floats(0.001, 0.5),
)
def test_universal_law(pairs, alpha):
    diagram = np.array([[birth, birth + length] for birth, length in pairs])
    result = universal_bar_test(diagram, alpha=alpha)
    values = [log(log(death / birth)) for birth, death in result.bars]
    gamma = 0.57721566490153286  # Euler's constant
    for value, p in zip(values, result.pvalue, strict=True):
        own = value - sum(values) / len(values) - gamma
        assert p == pytest.approx(min(1, len(values) * exp(-exp(own))), rel=1e-6, abs=1e-100)
    assert (np.diff(result.pvalue) >= 0).all()
    ratios = result.bars[:, 1] / result.bars[:, 0]
    clear = np.abs(ratios / result.threshold - 1) > 1e-9
    assert_array_equal((result.pvalue <= alpha)[clear], (ratios > result.threshold)[clear])
    scaled = universal_bar_test(2.0**90 * diagram, alpha=alpha)
    assert_array_equal(scaled.pvalue, result.pvalue)


def test_universal_law_of_gumbel_ratios():
    """Of many ratios with the law itself, p-values but for their number are uniform."""
    values = stats.gumbel_l.rvs(size=5000, random_state=0) - 3
    births = np.random.default_rng(0).random(5000) + 0.5
    deaths = births * np.exp(np.exp(values))
    values = np.log(np.log(deaths / births))
    shift = universal_bar_test(np.column_stack([births, deaths])).threshold
    assert log(log(shift)) == pytest.approx(-3 + log(log(5000 / 0.05)), abs=0.1)


def test_ratios_of_extreme_bars():
    bars = [[1.0, 1 + 2**-40], [1e-300, 1e300], [1.0, 2.0]]
    result = universal_bar_test(bars)
    assert np.isfinite(result.pvalue).all()
    assert_array_equal(result.bars[0], bars[1])


@pytest.mark.parametrize(
    ("function", "options", "error", "message"),
    [
        (bar_test, {"homology_dimension": -1}, ValueError, "homology_dimension must be at least"),
        (bar_test, {"homology_dimension": 1.0}, TypeError, "homology_dimension must be an int"),
        (bar_test, {"alpha": 0}, ValueError, "alpha must be between 0 and 1"),
        (bar_test, {"alpha": "5 %"}, ValueError, "alpha must be between 0 and 1"),
        (bar_test, {"metric": "precomputed"}, ValueError, "no coordinates"),
        (bar_test, {"kind": None}, ValueError, "kind must be one of"),
        (bar_test, {"n_nulls": 0}, ValueError, "n_nulls must be at least 1"),
        (universal_bar_test, {"homology_dimension": 0}, ValueError, "born at zero"),
        (universal_bar_test, {"alpha": 1}, ValueError, "alpha must be between 0 and 1"),
    ],
)
def test_bad_options_of_bars(function, options, error, message):
    data = [[1.0, 2.0], [2.0, 4.0], [1.0, 5.0]]
    with pytest.raises(error, match=message):
        function(data, **options)


def test_diagrams_without_ratios():
    with pytest.raises(ValueError, match="a bar is born at 0, and ratios need positive births"):
        universal_bar_test([[0.0, 1.0]])
    with pytest.warns(UserWarning, match="Bars that do not end"):
        assert len(universal_bar_test([[1.0, np.inf], [1.0, 2.0]]).bars) == 1


# ---- pictures


def dashed(ax):
    """The thresholds drawn: their labels, and their ends."""
    lines = [
        line for line in ax.lines if line.get_linestyle() == "--" and len(line.get_xdata()) == 2
    ]
    return [np.array(line.get_xydata()) for line in lines if line.get_linewidth() == 1.2]


def test_thresholds_in_diagrams():
    cloud = make_circle(60, noise=0.1, random_state=0)
    diagrams = rips_persistence(cloud)
    lengths, ratios = bar_test(cloud, n_nulls=39, rng=0), universal_bar_test(diagrams[1])
    for threshold, line in (
        (lengths, lambda t: t + lengths.threshold),
        (ratios, lambda t: t * ratios.threshold),
        ({"H0": 0.25}, lambda t: t + 0.25),
    ):
        ax = DiagramDisplay.from_diagrams(diagrams, threshold=threshold).axes_[0, 0]
        (ends,) = dashed(ax)
        assert_allclose(ends[:, 1], line(ends[:, 0]))
        labels = [text.get_text() for text in ax.get_legend().get_texts()]
        assert labels.count("threshold") == 1
    assert len(dashed(DiagramDisplay.from_diagrams(diagrams, threshold=0.3).axes_[0, 0])) == 2
    few = bar_test(cloud, n_nulls=3, rng=0)
    with pytest.warns(UserWarning, match="column 'H1' has no line: no bar can stand out at alpha="):
        assert not dashed(few.plot().axes_[0, 0])
    (ends,) = dashed(lengths.plot().axes_[0, 0])
    assert_allclose(ends[:, 1] - ends[:, 0], lengths.threshold)
    with pytest.raises(ValueError, match="threshold: there is no column 'H2'"):
        DiagramDisplay.from_diagrams(diagrams, threshold={"H2": 1.0})
    plt.close("all")


def test_thresholds_in_landscapes():
    """A level k above the line is k bars that stand out, and those of a line touch it."""
    cloud = make_circle(60, noise=0.1, random_state=0)
    diagrams = rips_persistence(cloud)
    names = ["fc1__H0", "fc1__H1"]
    cells = np.array([*diagrams, None], dtype=object)[None, :2]
    for threshold in (bar_test(cloud, n_nulls=39, rng=0), universal_bar_test(diagrams[1]), 0.02):
        display = ActivationLandscapeDisplay.from_table(
            cells, columns=names, threshold=threshold, n_landscapes=12
        )
        lines = [dashed(ax) for ax in display.axes_[:, 0]]
        assert [len(of_panel) for of_panel in lines] == [int(isinstance(threshold, float)), 1]
        ((start, end),) = lines[1]
        line = np.polynomial.Polynomial.fit(*np.array([start, end]).T, 1)
        slope, intercept = getattr(threshold, "line", (1.0, threshold))
        for birth in (0.1, 0.7, 3.0):  # the peaks of the tents of bars on the diagram's line
            death = slope * birth + intercept
            assert_allclose(line((birth + death) / 2), (death - birth) / 2)
        t, levels = display.nodes[1], display.values[1]
        n_out = np.count_nonzero(diagrams[1][:, 1] > slope * diagrams[1][:, 0] + intercept)
        for k, level in enumerate(levels, 1):
            assert not (level > line(t) + 1e-12).any() or k <= n_out
    plt.close("all")


def test_thresholds_in_landscapes_need_curves():
    cells = np.array([[[0.0, 1.0]], None], dtype=object)[None, :1]
    names = ["fc1__H1"]
    with pytest.raises(ValueError, match="a heat map shows no threshold"):
        ActivationLandscapeDisplay.from_table(cells, columns=names, threshold=1.0, kind="heatmap")
    with pytest.raises(ValueError, match="threshold: there is no column 'fc2__H1'"):
        ActivationLandscapeDisplay.from_table(cells, columns=names, threshold={"fc2__H1": 1.0})
    with pytest.raises(ValueError, match="threshold must be positive"):
        ActivationLandscapeDisplay.from_table(cells, columns=names, threshold=-1.0)
    many = [f"fc{j}__H1" for j in range(12)]
    display = ActivationLandscapeDisplay(many, [[0, 1]] * 12, np.ones((12, 1, 2)), threshold=1.5)
    assert len([ax for ax in display.plot().axes_.flat if dashed(ax)]) == 12
    far = ActivationLandscapeDisplay(names, [[0, 1]], [[[0, 1]]], threshold=50.0)
    assert far.plot().axes_[0, 0].get_ylim()[1] < 2  # it does not flatten what is drawn
    plt.close("all")


def test_nulls_of_other_numbers_of_points_are_refused():
    rng = np.random.default_rng(0)
    nulls = [rng.normal(size=(30, 2)) for _ in range(5)]
    with pytest.raises(ValueError, match="has 30 points and that of X 40"):
        null_test([rng.normal(size=(40, 2))], nulls=nulls, correction=None)


def test_all_diagrams_of_a_cloud_are_not_one():
    with pytest.raises(TypeError, match=r"got a sequence of 2; give that of one degree"):
        universal_bar_test(rips_persistence(np.random.default_rng(0).normal(size=(30, 2))))
