"""Instructions of the processor do what the Python functions do that they stand for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from skactland._compiled import intrinsics, simd
from skactland._compiled.jit import kernel
from skactland._compiled.simd import LANES, WORDS

WORD = st.integers(0, 2**64 - 1)
NONZERO_WORD = st.one_of(st.integers(1, 2**64 - 1), st.integers(0, 63).map(lambda bit: 1 << bit))
N_BLOCKS = 3
ROWS = arrays(np.uint64, (2, N_BLOCKS * WORDS), elements=st.one_of(st.just(0), WORD))
BLOCK = st.integers(0, N_BLOCKS - 1)


def twin(instruction):
    """The Python function; without compilation the instruction is that function itself."""
    return getattr(instruction, "__wrapped__", instruction)


@kernel
def ends(word):
    return intrinsics.leading_zeros(word), intrinsics.trailing_zeros(word)


@kernel
def copy(rows, block):
    simd.store(rows, 0, block, simd.load(rows, 1, block))
    return simd.nonzero_words(simd.load(rows, 0, block))


@kernel
def write_both(rows, block):
    simd.store(rows, 0, block, simd.both(simd.load(rows, 0, block), simd.load(rows, 1, block)))


@kernel
def write_without(rows, block):
    simd.store(rows, 0, block, simd.without(simd.load(rows, 0, block), simd.load(rows, 1, block)))


@kernel
def fetch(rows, i, j):
    intrinsics.prefetch(rows, i, j)


@given(NONZERO_WORD)
def test_zeros_at_the_ends_of_a_word(word):
    written = f"{word:064b}"
    expected = written.index("1"), written[::-1].index("1")
    word = np.uint64(word)
    assert (twin(intrinsics.leading_zeros)(word), twin(intrinsics.trailing_zeros)(word)) == expected
    assert ends(word) == expected


@given(ROWS, BLOCK)
def test_load_store_and_nonzero_words(rows, block):
    words = slice(WORDS * block, WORDS * (block + 1))
    expected = rows.copy()
    expected[0, words] = rows[1, words]
    nonzero = sum(1 << i for i, word in enumerate(rows[1, words]) if word)
    by_twins = rows.copy()
    loaded = twin(simd.load)(by_twins, 1, block)
    twin(simd.store)(by_twins, 0, block, loaded)
    assert twin(simd.nonzero_words)(loaded) == copy(rows, block) == nonzero
    assert_array_equal(by_twins, expected)
    assert_array_equal(rows, expected)


@pytest.mark.parametrize(
    ("instruction", "compiled", "of_words"),
    [
        (simd.both, write_both, lambda one, other: one & other),
        (simd.without, write_without, lambda one, other: one & ~other),
    ],
)
@given(ROWS, BLOCK)
def test_combining_blocks(instruction, compiled, of_words, rows, block):
    first = WORDS * block
    one, other = (twin(simd.load)(rows, row, block) for row in (0, 1))
    expected = rows.copy()
    for i in range(first, first + WORDS):
        expected[0, i] = of_words(int(rows[0, i]), int(rows[1, i]))
    combined = twin(instruction)(one, other)
    compiled(rows, block)
    assert_array_equal(combined, expected[0, first : first + WORDS])
    assert_array_equal(rows, expected)


@kernel
def masks(grades, start, least, largest, bounds):
    between = simd.mask_between(grades, 1, start, least, largest)
    return between, simd.mask_at_most(grades, 1, start, bounds, 0, start)


GRADE = st.one_of(st.sampled_from([0, 1, 2**15, 2**16 - 1]), st.integers(0, 2**16 - 1))


@given(arrays(np.uint16, (3, 70), elements=GRADE), st.integers(0, 6), GRADE, GRADE)
def test_masks_of_64_grades(grades, start, least, largest):
    """Grades are unsigned, and there are none between a larger and a smaller one."""
    part, bounds = grades[1, start : start + 64].tolist(), grades[2, start : start + 64].tolist()
    expected = (
        sum(1 << k for k, grade in enumerate(part) if least <= grade <= largest),
        sum(1 << k for k, grade in enumerate(part) if grade <= bounds[k]),
    )
    least, largest = np.uint16(least), np.uint16(largest)
    assert masks(grades, start, least, largest, grades[2:]) == expected
    by_twins = (
        twin(simd.mask_between)(grades, 1, start, least, largest),
        twin(simd.mask_at_most)(grades, 1, start, grades, 2, start),
    )
    assert by_twins == expected


def test_a_loaded_block_is_no_view():
    rows = np.ones((1, WORDS), np.uint64)
    block = twin(simd.load)(rows, 0, 0)
    rows[:] = 0
    assert_array_equal(block, np.ones(WORDS, np.uint64))


@given(ROWS, st.integers(0, 1), st.integers(0, N_BLOCKS * WORDS - 1))
def test_prefetching_changes_nothing(rows, i, j):
    before = rows.copy()
    assert fetch(rows, i, j) is twin(intrinsics.prefetch)(rows, i, j) is None
    assert_array_equal(rows, before)


@pytest.mark.parametrize(
    "instruction",
    [
        *(intrinsics.leading_zeros, intrinsics.trailing_zeros, intrinsics.prefetch),
        *(simd.load, simd.store, simd.both, simd.without, simd.nonzero_words),
        *(simd.mask_between, simd.mask_at_most),
    ],
    ids=lambda instruction: instruction.__name__,
)
def test_an_instruction_reads_as_its_twin(instruction):
    assert instruction.__doc__ == twin(instruction).__doc__
    assert instruction.__name__ == twin(instruction).__name__


@kernel
def squares_of_rows(rows, block):
    sums = simd.add_squares(simd.no_squares(), rows, 0, rows, 1, block)
    return simd.total(simd.add_squares(sums, rows, 1, rows, 2, block))


@given(arrays(np.float64, (3, 2 * LANES), elements=st.floats(-1e100, 1e100)), st.integers(0, 1))
def test_lanes_are_summed_by_halves(rows, block):
    sums = twin(simd.add_squares)(twin(simd.no_squares)(), rows, 0, rows, 1, block)
    expected = twin(simd.total)(twin(simd.add_squares)(sums, rows, 1, rows, 2, block))
    assert squares_of_rows(rows, block) == expected
    place = slice(LANES * block, LANES * (block + 1))
    assert_allclose(expected, (np.diff(rows[:, place], axis=0) ** 2).sum(), rtol=1e-14)
