"""The loop over edges that pairs births and deaths.

It takes the steps of `persistence/_lunes.py`, where it is told why each is right.
"""

import numpy as np

from skactland._compiled.bits import join
from skactland._compiled.intrinsics import prefetch
from skactland._compiled.jit import kernel
from skactland._compiled.rips.annotations import (
    ZERO,
    annotation_of_birth,
    empty_annotations,
    with_room_for_births,
    with_room_for_sums,
)
from skactland._compiled.rips.edges import fetch_edges
from skactland._compiled.rips.grades import BEYOND
from skactland._compiled.rips.graph import ends, join_components, no_edges
from skactland._compiled.rips.lunes import (
    first_in_lune,
    flood_from,
    flood_from_apex,
    meets_reached,
)
from skactland._compiled.rips.neighbourhood import longest_empty_lune
from skactland._compiled.rips.pairs import (
    AHEAD,
    BIRTHS,
    BLOCK,
    DEATHS,
    MERGES,
    no_pairs,
    none_alive,
    with_room_for_pairs,
    write_death,
    write_ends,
)
from skactland._compiled.rips.reduction import annotate_triangle, kill_pivot


@kernel
def persistence_pairs(lengths, threshold, order, scale, last_grades, space):
    """Return the simplices that begin and end bars of degrees 0 and 1.

    Parameters
    ----------
    lengths : Lengths
    threshold : float
        Finite.
    order : int64 array of shape (n,)
        The points in the order in which apexes are tried: any does.
    scale : float
        As `grades.write_grades` returned it.
    last_grades : int64 array of shape (n_parts,)
        As `grades.last_grades` returned it.
    space : Workspace
        With grades; the rest is written in place.

    Returns
    -------
    merges : int64 array of shape (n, 2)
        The edge that ends each bar of degree 0, -1 where a component lives on.
    births : int64 array of shape (n_births, 2)
        The edge that begins each bar of degree 1.
    deaths : int64 array of shape (n_births, 3)
        The triangle that ends it, its longest edge first; -1 where a class lives on.
    """
    graph, pairs = no_edges(order, space.apexes), no_pairs(len(order), 2 * BLOCK)
    annotations = empty_annotations(len(pairs.births))
    longest, final_grade = 0.0, BEYOND
    low = np.int64(-1)  # below all grades; of the type that it has later
    part = 0
    while part < len(last_grades) and not (none_alive(pairs) and low >= final_grade):  # step 7
        high = last_grades[part]
        # Often the last part that is needed: it ends with the grade of the last edge that is.
        if low < final_grade < high:
            high = np.int64(final_grade)
        else:
            part += 1
        codes, sizes = fetch_edges(lengths, low, high, space)
        if low < 0:  # these edges tell the nearest points, which most lunes hold
            longest = longest_empty_lune(lengths, threshold, space.grades, scale, codes)
            final_grade = int(longest * scale)
        low = high
        pairs, annotations = _pair_part(codes, sizes, longest, order, graph, pairs, annotations)
    n_births = pairs.counts[BIRTHS]
    return pairs.merges, pairs.births[:n_births], pairs.deaths[:n_births]


@kernel
def _pair_part(codes, lengths, longest, order, graph, pairs, annotations):
    """Take steps 2 to 7 with the edges of a part, block by block.

    The triangles of a block wait until its edges have been added. This changes nothing: the
    annotations of a triangle's edges hold no birth that comes after it.

    Parameters
    ----------
    codes : uint32 array of shape (n_edges,)
    lengths : float64 array of shape (n_edges,)
        The edges in increasing order.
    longest : float
        No longer edge has an empty lune.
    order : int64 array of shape (n,)
        The point of each number.
    graph : Graph
        Changed in place.
    pairs : Pairs
    annotations : Annotations
        Both are changed in place as far as they have room.

    Returns
    -------
    pairs : Pairs
    annotations : Annotations
        The same or others that have more room.
    """
    apexes = graph.apexes  # taken out once, as in `_add_edges`
    # Room for one edge at its worst, fewer triangles than points, and for four an edge of a block;
    # a full list only cuts the block short.
    triangles = np.empty((len(order) + 4 * BLOCK, 3), np.int64)
    done = 0
    while done < len(codes):
        if none_alive(pairs) and lengths[done] > longest:
            break
        # Each edge of a block may be a birth, and `_add_edges` cannot make room.
        if pairs.counts[BIRTHS] + BLOCK > len(pairs.births):
            pairs = with_room_for_pairs(pairs)
            annotations = with_room_for_births(annotations)
        n_added, n_triangles = _add_edges(codes[done : done + BLOCK], graph, pairs, triangles)
        done += n_added
        for k in range(n_triangles):
            u, v, w = triangles[k, 0], triangles[k, 1], triangles[k, 2]
            while not annotate_triangle(u, v, w, apexes, annotations):
                annotations = with_room_for_sums(annotations)
            birth = kill_pivot(u, v, w, apexes, annotations)
            if birth >= 0:
                write_death(birth, order[u], order[v], order[w], pairs)
    return pairs, annotations


@kernel
def _add_edges(codes, graph, pairs, triangles):
    """Add edges one by one (steps 2 and 3), and list the triangles that may end a bar (step 4).

    Parameters
    ----------
    codes : uint32 array of shape (n_edges,)
        In increasing order.
    graph : Graph
    pairs : Pairs
        Both are changed in place.
    triangles : int64 array of shape (n_triangles_at_most, 3)
        Written in place.

    Returns
    -------
    n_added : int
        Fewer than there are edges if the list of triangles is nearly full.
    n_triangles : int
    """
    # Arrays are taken out by name, and once: to unpack the tuples, or to reach into them at each
    # edge, makes numba count references within the loop, which costs some 5 % of all time.
    numbers, neighbours = graph.numbers, graph.neighbours
    forest, apexes = graph.forest, graph.apexes
    merges, births, counts = pairs.merges, pairs.births, pairs.counts
    rest = np.empty((1, neighbours.shape[1]), np.uint64)
    n_triangles = 0
    for e in range(len(codes)):
        if n_triangles + len(neighbours) > len(triangles):
            return e, n_triangles
        if e + AHEAD < len(codes):
            u, v = ends(codes[e + AHEAD], numbers)
            prefetch(neighbours, u, 0)
            prefetch(neighbours, v, 0)
            prefetch(apexes, u, v)
        u, v = ends(codes[e], numbers)
        apex = first_in_lune(neighbours, u, v)
        if apex >= 0:
            apexes[u, v] = apex
            # Which classes die in this block is not known yet: at worst, too much is listed.
            if counts[BIRTHS] > counts[DEATHS]:
                n_triangles = _list_triangles(u, v, apex, neighbours, rest, triangles, n_triangles)
        elif join_components(forest, u, v):
            apexes[u, v] = ZERO
            write_ends(codes[e], merges, counts[MERGES])
            counts[MERGES] += 1
        else:
            apexes[u, v] = annotation_of_birth(counts[BIRTHS])
            write_ends(codes[e], births, counts[BIRTHS])
            counts[BIRTHS] += 1
        join(neighbours, u, v)
    return len(codes), n_triangles


# A call at each edge would cost some 5 % of all time.
@kernel(inline="always")
def _list_triangles(u, v, apex, neighbours, rest, triangles, n_triangles):
    """List a triangle for each further component of the lune of uv (step 4).

    Only neighbours are flooded, not their neighbours in turn. So a point that is joined to those
    reached by way of the rest alone counts as a further component, too. Its triangle changes
    nothing, as its boundary is zero, and it is rare.

    Parameters
    ----------
    u, v, apex : int
    neighbours : uint64 array of shape (n, n_words)
    rest : uint64 array of shape (1, n_words)
        Without content.
    triangles : int64 array of shape (n_triangles_at_most, 3)
        Written in place.
    n_triangles : int
        How many are listed already.

    Returns
    -------
    int
        How many are listed now.
    """
    w = flood_from_apex(neighbours, u, v, apex, rest)
    while w >= 0:
        if not meets_reached(neighbours, u, v, w, rest):
            # Value by value, as elsewhere, which compiles faster than whole rows.
            triangles[n_triangles, 0] = u
            triangles[n_triangles, 1] = v
            triangles[n_triangles, 2] = w
            n_triangles += 1
        w = flood_from(neighbours, w, rest)
    return n_triangles
