"""How well one number of a network orders networks by how they generalise, recipe by recipe."""

from itertools import combinations

import numpy as np

# A sign is coded 0, 1 or 2 for -1, 0 or 1; the gap's has no 0, as pairs of equal gap are left out.
_N_SIGNS = 3


def conditional_mutual_information(measure, gap, hyperparameters, *, sample_weight=None):
    r"""Return what a measure tells of the generalisation gap that no two hyperparameters tell.

    For an ordered pair of networks let :math:`M` and :math:`G` be the signs of the differences of
    the measure and of the gap, and :math:`U_S` the values, in both networks, of the
    hyperparameters in a set S. The score is

    .. math::

        \min_{|S| \leq 2} \frac{I(M; G \mid U_S)}{H(G \mid U_S)},

    the mutual information of the signs given the hyperparameters, divided by the entropy of the
    gap's sign given them, for the set that leaves least to the measure [1]_. The sets are the empty
    one, single hyperparameters and pairs. It is 0 if the measure says nothing of the order of
    networks, and 1 if it tells the order; a measure that does no more than follow a hyperparameter,
    such as the number of parameters the width, has 0. The competition [2]_ reported it times 100.

    Parameters
    ----------
    measure : array of shape (n_networks,)
        One number a network. As only the dependence of signs counts, one that orders networks the
        wrong way round has the score of its negative.
    gap : array of shape (n_networks,)
        Generalisation gap: training accuracy less test accuracy. Where all networks are trained to
        one training accuracy, test accuracy gives the same score.
    hyperparameters : array of shape (n_networks, n_hyperparameters), or data frame
        Values of any kind that can be compared for equality; for networks of one recipe, no column.
    sample_weight : array of shape (n_networks,), optional
        How often each network counts, as in a bootstrap sample: a pair counts as often as the
        product says. Pairs of a network with itself never do.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        If lengths differ, a number is not finite, there are fewer than two networks, or all gaps
        are equal.

    See Also
    --------
    granulated_kendall_tau : Rank correlation over pairs that differ in one hyperparameter alone.

    Notes
    -----
    A tie of the measure is a sign of its own, 0. Pairs of equal gap have no order to be told, and
    are left out. A set S that determines the sign of the gap leaves nothing to be told, and is
    passed over. Each value of :math:`U_S` counts by its number of pairs, as the definition says;
    the program of the competition had pairs of hyperparameters alone for S, weighed their values
    equally, and counted ties with the negative signs.

    References
    ----------
    .. [1] Jiang, Neyshabur, Mobahi, Krishnan, Bengio, "Fantastic generalization measures and where
       to find them", ICLR 2020.
    .. [2] Jiang et al., "NeurIPS 2020 competition: predicting generalization in deep learning",
       arXiv 2012.07976.

    Examples
    --------
    >>> from skactland.inference import conditional_mutual_information
    >>> width = [[16], [16], [64], [64]]
    >>> gap = [0.31, 0.28, 0.12, 0.15]
    >>> conditional_mutual_information([3.1, 2.8, 1.2, 1.5], gap, width)
    1.0
    >>> conditional_mutual_information([16, 16, 64, 64], gap, width)
    0.0
    """
    measure, gap, codes = _check_networks(measure, gap, hyperparameters)
    weights = _check_weight(sample_weight, len(gap))
    # By symmetry every pair in one order has its mirror image, so both orders are counted.
    first, second = np.nonzero((gap[:, None] != gap) & (np.outer(weights, weights) > 0))
    if not len(first):
        raise ValueError("gap: all networks have the same, so there is no order to be told.")
    pair_weights = weights[first] * weights[second]
    signs = _N_SIGNS * (np.sign(measure[first] - measure[second]).astype(np.intp) + 1)
    signs += np.sign(gap[first] - gap[second]).astype(np.intp) + 1
    scores = []
    for size in range(min(2, codes.shape[1]) + 1):
        for chosen in combinations(range(codes.shape[1]), size):
            cell, n_cells = _joint_codes(codes[:, list(chosen)])
            values = cell[first] * n_cells + cell[second]
            counts = np.bincount(
                values * _N_SIGNS**2 + signs, pair_weights, n_cells**2 * _N_SIGNS**2
            )
            scores.append(_share_told(counts.reshape(-1, _N_SIGNS, _N_SIGNS)))
    return float(np.nanmin(scores))


def _share_told(counts):
    """Return I(M; G | U) / H(G | U) from counts of shape (n_values, n_signs, n_signs), or NaN.

    The axes are the value of U, the sign of the measure and the sign of the gap.
    """
    of_gap, of_measure, of_cell = counts.sum(axis=1), counts.sum(axis=2), counts.sum(axis=(1, 2))
    entropy = _sum_log(of_cell) - _sum_log(of_gap)
    # Rounding leaves some 1e-13 of an entropy that is zero: a sum of terms x log x that cancel.
    if entropy <= 1e-9 * of_cell.sum():
        return np.nan
    information = _sum_log(counts) + _sum_log(of_cell) - _sum_log(of_gap) - _sum_log(of_measure)
    return float(np.clip(information / entropy, 0, 1))


def _sum_log(counts):
    """Return the sum of x log x."""
    positive = counts[counts > 0]
    return float(positive @ np.log(positive))


def granulated_kendall_tau(measure, gap, hyperparameters):
    r"""Return Kendall's tau over pairs of networks that differ in one hyperparameter alone.

    For hyperparameter i, networks that agree in all others form a cell; tau of a cell is the mean,
    over its pairs with two values of i, of the product of the signs of the differences of measure
    and gap. The mean over the cells is :math:`\psi_i`, and the mean of these over the
    hyperparameters the score [1]_. In this way no hyperparameter that moves both measure and gap
    can stand in for the others.

    Parameters
    ----------
    measure : array of shape (n_networks,)
        One number a network.
    gap : array of shape (n_networks,)
        Generalisation gap, or any other number that networks are to be ordered by.
    hyperparameters : array of shape (n_networks, n_hyperparameters), or data frame
        Values of any kind that can be compared for equality.

    Returns
    -------
    float
        From -1 to 1; a tie in either counts 0. Cells without a pair are left out, such as cells of
        one network, and so are hyperparameters without a cell.

    Raises
    ------
    ValueError
        If lengths differ, a number is not finite, there are fewer than two networks, or no two
        networks differ in one hyperparameter alone.

    See Also
    --------
    conditional_mutual_information : What a measure tells given any two hyperparameters.

    References
    ----------
    .. [1] Jiang, Neyshabur, Mobahi, Krishnan, Bengio, "Fantastic generalization measures and where
       to find them", ICLR 2020.

    Examples
    --------
    >>> from skactland.inference import granulated_kendall_tau
    >>> recipes = [[16, "adam"], [64, "adam"], [16, "sgd"], [64, "sgd"]]
    >>> granulated_kendall_tau([4, 2, 3, 1], [0.4, 0.3, 0.2, 0.1], recipes)
    1.0
    """
    measure, gap, codes = _check_networks(measure, gap, hyperparameters)
    differs = codes[:, None] != codes
    products = np.sign(measure[:, None] - measure) * np.sign(gap[:, None] - gap)
    by_hyperparameter = []
    for i in range(codes.shape[1]):
        first, second = np.nonzero(differs[..., i] & (differs.sum(axis=2) == 1))
        if len(first):
            cell, n_cells = _joint_codes(np.delete(codes, i, axis=1))
            sums = np.bincount(cell[first], products[first, second], n_cells)
            sizes = np.bincount(cell[first], minlength=n_cells)
            by_hyperparameter.append((sums[sizes > 0] / sizes[sizes > 0]).mean())
    if not by_hyperparameter:
        raise ValueError(
            "hyperparameters: no two networks differ in one of them alone, so there is no pair to "
            "compare; use Kendall's tau of all pairs, scipy.stats.kendalltau."
        )
    return float(np.mean(by_hyperparameter))


def _check_networks(measure, gap, hyperparameters):
    """Return measure and gap as finite numbers, and hyperparameters as codes, one row a network."""
    measure, gap = _check_numbers(measure, "measure"), _check_numbers(gap, "gap")
    if len(measure) != len(gap) or len(gap) < 2:
        raise ValueError(
            "measure and gap must hold one number for each of at least two networks, got "
            f"{len(measure)} and {len(gap)}."
        )
    values = np.asarray(hyperparameters, dtype=object)
    if values.ndim != 2 or len(values) != len(gap):
        raise ValueError(
            f"hyperparameters must have one row for each of {len(gap)} networks and one column for "
            f"each hyperparameter, got shape {values.shape}; write [[16], [64]] for a single one."
        )
    codes = np.empty(values.shape, dtype=np.intp)
    for j, column in enumerate(values.T):
        first_seen = {}
        for i, value in enumerate(column):
            if value != value:
                raise ValueError(f"hyperparameters: row {i}, column {j} is NaN; name a value.")
            codes[i, j] = first_seen.setdefault(value, len(first_seen))
    return measure, gap, codes


def _check_numbers(values, name):
    """Return finite numbers in one dimension."""
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must be numbers, got {type(values).__name__}: {error}") from error
    if numbers.ndim != 1:
        raise ValueError(f"{name} must be one number a network, got shape {numbers.shape}.")
    if not np.isfinite(numbers).all():
        row = int(np.flatnonzero(~np.isfinite(numbers))[0])
        raise ValueError(f"{name}: that of network {row} is {numbers[row]}; leave it out.")
    return numbers


def _check_weight(sample_weight, n_networks):
    """Return a weight for each network, 1 unless given."""
    if sample_weight is None:
        return np.ones(n_networks)
    weights = _check_numbers(sample_weight, "sample_weight")
    if len(weights) != n_networks or (weights < 0).any():
        raise ValueError(
            f"sample_weight must hold {n_networks} numbers that are not negative, got "
            f"{len(weights)} numbers from {weights.min(initial=0):g}."
        )
    return weights


def _joint_codes(codes):
    """Return one code for each row of codes, and how many there may be."""
    joint, n_values = np.zeros(len(codes), dtype=np.intp), 1
    for column in codes.T:
        joint = joint * (column.max() + 1) + column
        # Anew after each column, or many of them would overflow.
        found, joint = np.unique(joint, return_inverse=True)
        n_values = len(found)
    return joint, n_values
