"""Rows of bits against Python's sets."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from skactland._compiled.bits import empty_rows, flip, holds, join, separate

N = 70  # more than a word
members = st.integers(0, N - 1)


def members_of(row):
    return {k for k in range(N) if holds(row[None], 0, k)}


@given(st.integers(0, 1100))
def test_rows_have_room_for_every_member_in_whole_blocks(n):
    rows = empty_rows(n)
    assert rows.dtype == np.uint64
    assert len(rows) == n
    assert rows.shape[1] % 8 == 0
    assert n <= 64 * rows.shape[1] < n + 512
    assert not rows.any()


@given(st.lists(members, max_size=20))
def test_flipping_is_addition_over_z2(flipped):
    row, expected = empty_rows(N)[0], set()
    for member in flipped:
        flip(row, member)
        expected ^= {member}
    assert members_of(row) == expected


@settings(max_examples=30)
@given(st.lists(st.tuples(members, members), max_size=20))
def test_joining_makes_a_symmetric_relation(joined):
    rows = empty_rows(N)
    for u, v in joined:
        join(rows, u, v)
    related = {*joined, *((v, u) for u, v in joined)}
    assert {(u, v) for u in range(N) for v in members_of(rows[u])} == related


@given(st.lists(st.tuples(members, members), max_size=20), st.data())
def test_separating_undoes_joining(joined, data):
    rows = empty_rows(N)
    for u, v in joined:
        join(rows, u, v)
    u, v = data.draw(st.sampled_from(joined)) if joined else (0, 1)
    separate(rows, u, v)
    related = {*joined, *((y, x) for x, y in joined)} - {(u, v), (v, u)}
    assert {(x, y) for x in range(N) for y in range(N) if holds(rows, x, y)} == related
