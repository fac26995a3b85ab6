"""Scores of measures of generalisation: by their definitions, pair after pair, and by law."""

from collections import Counter
from itertools import combinations, permutations, product
from math import log

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau

from skactland.inference import conditional_mutual_information, granulated_kendall_tau


def sign(x):
    return int(x > 0) - int(x < 0)


def slow_information(measure, gap, hyperparameters, weights=None):
    """The definition: a probability for each pair of networks, and sums over its values."""
    n = len(gap)
    weights = [1] * n if weights is None else weights
    scores = []
    columns = range(len(hyperparameters[0]))
    for chosen in (s for size in range(3) for s in combinations(columns, size)):
        joint = Counter()
        for i, j in permutations(range(n), 2):
            if gap[i] != gap[j]:
                u = tuple((hyperparameters[i][c], hyperparameters[j][c]) for c in chosen)
                key = u, sign(measure[i] - measure[j]), sign(gap[i] - gap[j])
                joint[key] += weights[i] * weights[j]
        total = sum(joint.values())
        p, p_u, p_um, p_ug = Counter(), Counter(), Counter(), Counter()
        for (u, m, g), count in joint.items():
            p[u, m, g] += count / total
            p_u[u] += count / total
            p_um[u, m] += count / total
            p_ug[u, g] += count / total
        information = sum(
            q * log(q * p_u[u] / (p_um[u, m] * p_ug[u, g])) for (u, m, g), q in p.items() if q
        )
        entropy = -sum(q * log(q / p_u[u]) for (u, g), q in p_ug.items() if q)
        if entropy > 1e-9:
            scores.append(information / entropy)
    return min(scores)


def slow_granulated(measure, gap, hyperparameters):
    """The definition: a loop over hyperparameters, cells of equal others, and pairs."""
    psi = []
    for i in range(len(hyperparameters[0])):
        cells = {}
        for a, b in combinations(range(len(gap)), 2):
            first, second = list(hyperparameters[a]), list(hyperparameters[b])
            if first.pop(i) != second.pop(i) and first == second:
                value = sign(measure[a] - measure[b]) * sign(gap[a] - gap[b])
                cells.setdefault(tuple(first), []).append(value)
        if cells:
            psi.append(np.mean([np.mean(values) for values in cells.values()]))
    return np.mean(psi)


def draw(seed, n=24, values=(2, 3, 2), ties=True):
    rng = np.random.default_rng(seed)
    recipes = np.column_stack([rng.integers(v, size=n) for v in values])
    gap = recipes @ rng.normal(size=len(values)) + rng.normal(size=n)
    measure = gap + rng.normal(size=n)
    return (measure.round(), gap.round(), recipes) if ties else (measure, gap, recipes)


@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_information_by_its_definition(seed, ties):
    measure, gap, recipes = draw(seed, ties=ties)
    expected = slow_information(measure, gap, recipes.tolist())
    assert 0 < expected < 1
    assert conditional_mutual_information(measure, gap, recipes) == pytest.approx(expected)


@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_granulated_by_its_definition(seed, ties):
    measure, gap, recipes = draw(seed, ties=ties)
    expected = slow_granulated(measure, gap, recipes.tolist())
    assert granulated_kendall_tau(measure, gap, recipes) == pytest.approx(expected)
    assert -1 < expected < 1


@pytest.mark.parametrize("score", [conditional_mutual_information, granulated_kendall_tau])
def test_values_of_hyperparameters_are_names(score):
    measure, gap, recipes = draw(0)
    words = np.array([["small", "wide", "x"], ["l", "m", "n"], [0.1, 1, True]], dtype=object)
    frame = pd.DataFrame({c: [words[c][v] for v in recipes[:, c]] for c in range(3)})
    frame[2] = recipes[:, 2] == 1
    assert score(measure, gap, frame) == score(measure, gap, recipes)


def test_information_knows_no_direction_and_no_scale():
    measure, gap, recipes = draw(1, ties=False)
    value = conditional_mutual_information(measure, gap, recipes)
    others = (-measure, gap), (np.exp(measure), gap), (measure, -(gap**3))
    for changed, of in others:
        assert conditional_mutual_information(changed, of, recipes) == pytest.approx(value)


def test_a_measure_that_follows_hyperparameters_tells_nothing():
    recipes = np.array(list(product(range(2), repeat=4)))
    gap = recipes @ [4.0, 2.0, 1.0, 0.5]
    assert conditional_mutual_information(recipes[:, 0], gap, recipes) == 0
    # One of three is a condition too few.
    assert conditional_mutual_information(recipes[:, :3] @ [4, 2, 1], gap, recipes) > 0.5
    assert conditional_mutual_information(gap, gap, recipes) == pytest.approx(1)
    assert granulated_kendall_tau(gap, gap, recipes) == pytest.approx(1)
    assert granulated_kendall_tau(-gap, gap, recipes) == pytest.approx(-1)
    assert granulated_kendall_tau(recipes[:, 0], gap, recipes) == pytest.approx(1 / 4)


def test_a_constant_measure_tells_nothing():
    _, gap, recipes = draw(2)
    assert conditional_mutual_information(np.ones(len(gap)), gap, recipes) == 0
    assert granulated_kendall_tau(np.ones(len(gap)), gap, recipes) == 0


def test_a_set_that_determines_the_gap_is_passed_over():
    """Given both, only pairs of one recipe are left, and these have equal gaps."""
    recipes = [[0, 0], [0, 1], [1, 0], [1, 1]]
    measure, gap = [0, 2, 1, 3], [0, 1, 2, 3]
    expected = slow_information(measure, gap, recipes)
    assert 0 < expected < 1
    assert conditional_mutual_information(measure, gap, recipes) == pytest.approx(expected)


def test_networks_of_one_recipe():
    rng = np.random.default_rng(3)
    gap = rng.normal(size=50)
    measure = gap + rng.normal(size=50)
    of_one = conditional_mutual_information(measure, gap, np.empty((50, 0)))
    # Without ties signs agree with probability (1 + tau) / 2, and both are fair coins.
    p = (1 + kendalltau(measure, gap).statistic) / 2
    expected = 1 + (p * np.log2(p) + (1 - p) * np.log2(1 - p))
    assert of_one == pytest.approx(expected)
    assert conditional_mutual_information(measure, gap, np.zeros((50, 2))) == pytest.approx(of_one)
    with pytest.raises(ValueError, match="no two networks differ in one"):
        granulated_kendall_tau(measure, gap, np.zeros((50, 2)))


def test_cells_of_one_network_are_left_out():
    recipes = [[0, 0], [1, 0], [2, 5]]
    assert granulated_kendall_tau([1, 2, 0], [1, 2, 3], recipes) == 1


@pytest.mark.parametrize("seed", range(3))
def test_weights_are_how_often_networks_count(seed):
    measure, gap, recipes = draw(seed, n=12)
    weights = np.random.default_rng(seed).integers(3, size=12)
    chosen = np.repeat(np.arange(12), weights)
    # Copies of one network are equal in gap, and such pairs are left out with or without weights.
    copies = conditional_mutual_information(measure[chosen], gap[chosen], recipes[chosen])
    weighted = conditional_mutual_information(measure, gap, recipes, sample_weight=weights)
    assert weighted == pytest.approx(copies)
    assert weighted == pytest.approx(slow_information(measure, gap, recipes.tolist(), weights))


def test_many_hyperparameters_do_not_overflow():
    rng = np.random.default_rng(0)
    recipes = np.vstack([np.arange(100)[:, None] * np.ones(20, int), np.full(20, 99)])
    recipes[-1, 0] = 7
    gap = np.arange(101.0)
    rng.shuffle(gap)
    assert granulated_kendall_tau(gap, gap, recipes) == 1


WRONG = [
    (([1, 2], [1, 2, 3], [[0]] * 3), "got 2 and 3"),
    (([1], [1], [[0]]), "at least two"),
    (([1, np.nan], [1, 2], [[0]] * 2), "measure: that of network 1 is nan"),
    (([1, 2], [np.inf, 2], [[0]] * 2), "gap: that of network 0 is inf"),
    (([[1, 2]], [1, 2], [[0]] * 2), r"one number a network, got shape \(1, 2\)"),
    (([1, 2], [1, 2], [0, 1]), r"got shape \(2,\)"),
    (([1, 2], [1, 2], [[0]] * 3), "each of 2 networks"),
    (([1, 2], [1, 2], [[0], [np.nan]]), "row 1, column 0 is NaN"),
]


@pytest.mark.parametrize("score", [conditional_mutual_information, granulated_kendall_tau])
@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_what_may_not_come_in(score, arguments, message):
    with pytest.raises(ValueError, match=message):
        score(*arguments)


def test_words_are_no_numbers():
    with pytest.raises(TypeError, match="measure must be numbers"):
        granulated_kendall_tau(["a", "b"], [1, 2], [[0], [1]])


def test_equal_gaps_have_no_order():
    with pytest.raises(ValueError, match="gap: all networks have the same"):
        conditional_mutual_information([1, 2], [3, 3], [[0], [1]])
    with pytest.raises(ValueError, match="gap: all networks have the same"):
        conditional_mutual_information([1, 2], [3, 4], [[0], [1]], sample_weight=[1, 0])


@pytest.mark.parametrize("weights", [[1], [1, -1]])
def test_weights_that_may_not_come_in(weights):
    with pytest.raises(ValueError, match="sample_weight must hold 2 numbers"):
        conditional_mutual_information([1, 2], [3, 4], [[0], [1]], sample_weight=weights)
