"""Relabellings of the rows: all of them if they are few, or as many random ones as are asked for.

Rows are exchanged within blocks alone. With a block for each network, seen once before training and
once after, a relabelling flips some of the pairs.
"""

from itertools import combinations
from math import factorial, prod

import numpy as np

from skactland._checks import check_count
from skactland._table import check_labels
from skactland.inference._rng import check_rng

# Numbers in a batch of relabellings, over all tests: a few megabytes at once.
_BATCH = 2**20


def check_blocks(blocks, codes, labels_name):
    """Return the rows of each block, among which there must be different labels."""
    if blocks is None:
        return [np.arange(len(codes))]
    names, block_of_row = check_labels(blocks, len(codes), "blocks")
    rows = [np.flatnonzero(block_of_row == block) for block in range(len(names))]
    for name, members in zip(names, rows, strict=True):
        if len(np.unique(codes[members])) < 2:
            raise ValueError(
                f"blocks: the {len(members)} networks of block {name!r} have the same "
                f"value of {labels_name}, so nothing can be exchanged; a block holds the networks "
                "to be compared with each other, such as one before and after training. Drop its "
                "rows, or merge blocks."
            )
    return rows


def relabelled(codes, blocks, statistic, n_resamples, rng):
    """Return a statistic of the given labels and of relabellings, and whether these are all.

    Parameters
    ----------
    codes : array of shape (n_rows,)
        Labels 0, 1, ..., each of which occurs.
    blocks : list of arrays
        The rows of each block.
    statistic : callable
        Takes labels of shape (n, n_rows); gives values of shape (n, n_tests).
    n_resamples : int
        Number of random relabellings, unless no more than this exist.
    rng : None, int or Generator
        Source of chance.

    Returns
    -------
    observed : array of shape (n_tests,)
    null : array of shape (n_relabellings, n_tests)
    is_exact : bool
    """
    n_resamples, rng = check_count(n_resamples, "n_resamples"), check_rng(rng)
    codes = codes.astype(np.min_scalar_type(codes.max()))
    observed = statistic(codes[None])[0]
    size = max(1, _BATCH // (len(codes) * observed.size))
    n_all = count_relabellings(codes, blocks)
    is_exact = n_all <= n_resamples
    if is_exact:
        batches = _all(codes, blocks, size)
    else:
        batches = _random(codes, blocks, size, n_resamples, rng)
    null = _room(n_all if is_exact else n_resamples, observed)
    start = 0
    for batch in batches:
        null[start : start + len(batch)] = statistic(batch)
        start += len(batch)
    return observed, null, is_exact


def _room(n_relabellings, observed):
    """Return an array for the null distribution, the one thing that grows with its length."""
    try:
        return np.empty((n_relabellings, *observed.shape), observed.dtype)
    except (MemoryError, ValueError) as error:
        raise MemoryError(
            f"n_resamples={n_relabellings} values of {observed.size} statistics do not fit in "
            "memory; 9999 give p-values to 1e-4."
        ) from error


def count_relabellings(codes, blocks):
    """Return the number of different ways to exchange labels within blocks."""
    # Python's integers, as the number may have thousands of digits.
    counts = [np.bincount(codes[rows]).tolist() for rows in blocks]
    return prod(factorial(sum(c)) // prod(map(factorial, c)) for c in counts)


def _random(codes, blocks, size, n_resamples, rng):
    for start in range(0, n_resamples, size):
        batch = np.tile(codes, (min(size, n_resamples - start), 1))
        for rows in blocks:
            batch[:, rows] = rng.permuted(batch[:, rows], axis=1)
        yield batch


def _all(codes, blocks, size):
    choices = []
    for rows in blocks:
        present, counts = np.unique(codes[rows], return_counts=True)
        choices.append(present[_arrangements(counts.tolist())])
    n_labellings = prod(map(len, choices))
    for start in range(0, n_labellings, size):
        numbers = np.arange(start, min(start + size, n_labellings))
        batch = np.empty((len(numbers), len(codes)), codes.dtype)
        for rows, choice in zip(blocks, choices, strict=True):
            # The number of a relabelling has a digit for each block: which arrangement it takes
            # there.
            numbers, chosen = np.divmod(numbers, len(choice))
            batch[:, rows] = choice[chosen]
        yield batch


def _arrangements(counts):
    """Return all different sequences with `counts[g]` entries g, a row each."""
    n_entries = sum(counts)
    if len(counts) == 1:
        return np.zeros((1, n_entries), dtype=np.intp)
    others = 1 + _arrangements(counts[1:])
    # The places of all other labels, which the recursion has arranged.
    places = np.array(list(combinations(range(n_entries), n_entries - counts[0])))
    rows = np.zeros((len(places), len(others), n_entries), dtype=np.intp)
    for of_places, free in zip(rows, places, strict=True):
        of_places[:, free] = others
    return rows.reshape(-1, n_entries)
