"""The loop over edges that pairs births and deaths.

It takes the steps of `persistence/_lunes.py`, where it is told why each is right.
"""

import numpy as np

from skactland._compiled.bits import join, separate
from skactland._compiled.intrinsics import prefetch
from skactland._compiled.jit import kernel
from skactland._compiled.rips.annotations import (
    UNKNOWN,
    ZERO,
    annotation_of_birth,
    empty_annotations,
    has_room,
    with_room_for_births,
    with_room_for_sums,
)
from skactland._compiled.rips.edges import LARGEST, fetch_edges, sort_bucket
from skactland._compiled.rips.grades import BEYOND
from skactland._compiled.rips.graph import ends, join_components, no_edges
from skactland._compiled.rips.lunes import (
    first_in_lune,
    first_in_lune_outside,
    flood_from,
    flood_from_apex,
    lune_meets,
    meets_reached,
)
from skactland._compiled.rips.neighbourhood import edges_that_may_begin_bars, longest_empty_lune
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
from skactland._compiled.rips.reduction import kill_pivot, sum_at_sight, sum_of
from skactland._compiled.rips.support import (
    annotate_edge,
    annotation_of_edge,
    no_support,
    renew_if_stale,
)

# To sort a bucket and go through it takes less time than to find that nothing happens in it, if
# one edge in so many has an end in the support.
_FEW = 8
# Buckets that are sorted at once, at most.
_LONGEST_RUN = 16


@kernel
def persistence_pairs(lengths, order, scale, last_grades, space):
    """Return the simplices that begin and end bars of degrees 0 and 1.

    Parameters
    ----------
    lengths : Lengths
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
    graph, pairs = no_edges(order), no_pairs(len(order), 2 * BLOCK)
    annotations, support = empty_annotations(len(pairs.births)), no_support(space.of_edges)
    candidates, seen = space.codes[:0], np.int64(0)
    final_grade = BEYOND
    low = np.int64(-1)  # below all grades; of the type that it has later
    part = 0
    while part < len(last_grades) and not (none_alive(pairs) and low >= final_grade):  # step 7
        high = last_grades[part]
        # Often the last part that is needed: it ends with the grade of the last edge that is.
        if low < final_grade < high:
            high = np.int64(final_grade)
        else:
            part += 1
        stops, lasts = fetch_edges(low, high, space)
        if low < 0:  # these edges tell the nearest points, which most lunes hold
            candidates = edges_that_may_begin_bars(space.grades, space.codes[: stops[-1]])
            final_grade = int(longest_empty_lune(lengths, space.grades, candidates) * scale)
        pairs, annotations, seen = _pair_part(
            stops, lasts, final_grade, candidates, seen, lengths, order, graph, support, pairs,
            annotations, space,
        )  # fmt: skip
        low = high
    n_births = pairs.counts[BIRTHS]
    return pairs.merges, pairs.births[:n_births], pairs.deaths[:n_births]


@kernel
def _pair_part(
    stops, lasts, final_grade, candidates, seen, lengths, order, graph, support, pairs,
    annotations, space,
):  # fmt: skip
    """Take steps 2 to 7 with the edges of a part, bucket by bucket.

    Parameters
    ----------
    stops, lasts : int64 array of shape (n_buckets,)
        As `edges.fetch_edges` returns them.
    final_grade : int
        No edge of a higher grade has an empty lune.
    candidates : uint32 array of shape (n_candidates,)
        Edges in order of their grades, all among them whose lune is empty.
    seen : int
        How many of them came with the parts before.
    lengths : Lengths
    order : int64 array of shape (n,)
        The point of each number.
    graph : Graph
    support : Support
        Both are changed in place.
    pairs : Pairs
    annotations : Annotations
        Both are changed in place as far as they have room.
    space : Workspace
        With the edges.

    Returns
    -------
    pairs : Pairs
    annotations : Annotations
        The same or others that have more room.
    seen : int
        How many candidates have come.
    """
    n_final = 0  # buckets that are needed even if no class is alive
    while n_final < len(lasts) and (n_final == 0 or lasts[n_final - 1] < final_grade):
        n_final += 1
    bucket, n_at_once = np.int64(0), 1  # of the type that it has later
    while True:
        n_needed = n_final if none_alive(pairs) else len(stops)
        first = bucket
        bucket, seen = _pass_quiet_buckets(
            stops[:n_needed], lasts, first, candidates, seen, graph, support, space
        )
        if bucket >= n_needed:
            return pairs, annotations, seen
        # Where none is quiet, ever more go together.
        n_at_once = min(2 * n_at_once, _LONGEST_RUN) if bucket == first else 1
        start, bucket = _start(bucket, stops), min(bucket + n_at_once, n_needed)
        codes = space.codes[start : stops[bucket - 1]]
        sort_bucket(lengths, codes)
        pairs, annotations = _pair_edges(codes, order, graph, support, pairs, annotations)


@kernel
def _pass_quiet_buckets(stops, lasts, bucket, candidates, seen, graph, support, space):
    """Add the edges of buckets, each as a whole, up to the first in which something may happen.

    If no bar begins, and no lune holds an edge of the support, all edges of a bucket are annotated
    by zero, and no class dies. A lune is taken in the graph of all edges of the bucket, where it is
    no smaller than when its edge comes.

    Parameters
    ----------
    stops : int64 array of shape (n_buckets,)
        Where buckets stop, as far as they are looked at.
    lasts : int64 array of shape (n_fetched,)
        The last grade of each.
    bucket : int
        The first.
    candidates : uint32 array of shape (n_candidates,)
        Edges in order of their grades, all among them whose lune is empty.
    seen : int
        How many of them have come.
    graph : Graph
        Changed in place.
    support : Support
    space : Workspace
        With the edges.

    Returns
    -------
    bucket : int
        The first that has not been added.
    seen : int
        How many candidates have come with it.
    """
    grades, numbers, neighbours = space.grades, graph.numbers, graph.neighbours
    others, touched = support.others, support.touched
    # Those of buckets that were sorted at once with one before have come.
    while (
        bucket and seen < len(candidates) and _grade(candidates[seen], grades) <= lasts[bucket - 1]
    ):
        seen += 1
    while bucket < len(stops):
        begins = False
        while seen < len(candidates) and _grade(candidates[seen], grades) <= lasts[bucket]:
            if not begins:
                u, v = ends(candidates[seen], numbers)
                begins = first_in_lune(neighbours, u, v) < 0
            seen += 1
        codes = space.codes[_start(bucket, stops) : stops[bucket]]
        if begins or not _join_if_quiet(codes, numbers, neighbours, others, touched):
            break
        bucket += 1
    return bucket, seen


@kernel
def _start(bucket, stops):
    """Return where a bucket starts.

    Parameters
    ----------
    bucket : int
    stops : int64 array of shape (n_buckets,)

    Returns
    -------
    int
    """
    return stops[bucket - 1] if bucket > 0 else np.int64(0)


@kernel
def _grade(code, grades):
    """Return the grade of an edge.

    Parameters
    ----------
    code : uint32
    grades : uint16 array of shape (n, n)

    Returns
    -------
    uint16
    """
    return grades[code // LARGEST, code % LARGEST]


@kernel
def _join_if_quiet(codes, numbers, neighbours, others, touched):
    """Add edges if no lune holds an edge of the support; tell whether they are added.

    Parameters
    ----------
    codes : uint32 array of shape (n_edges,)
        In any order.
    numbers : int64 array of shape (n,)
    neighbours : uint64 array of shape (n, n_words)
        Changed in place.
    others : uint64 array of shape (n, n_words)
    touched : bool array of shape (n,)

    Returns
    -------
    bool
    """
    n_touched = 0
    for e in range(len(codes)):
        u, v = ends(codes[e], numbers)
        n_touched += touched[u] | touched[v]
    if _FEW * n_touched > len(codes):
        return False
    for e in range(len(codes)):
        u, v = ends(codes[e], numbers)
        join(neighbours, u, v)
    if n_touched == 0:
        return True
    for e in range(len(codes)):
        u, v = ends(codes[e], numbers)
        if (touched[u] | touched[v]) and lune_meets(neighbours, others, u, v):
            for k in range(len(codes)):
                u, v = ends(codes[k], numbers)
                separate(neighbours, u, v)
            return False
    return True


@kernel
def _pair_edges(codes, order, graph, support, pairs, annotations):
    """Take steps 2 to 6 with edges, one by one.

    Parameters
    ----------
    codes : uint32 array of shape (n_edges,)
        In increasing order.
    order : int64 array of shape (n,)
        The point of each number.
    graph : Graph
    support : Support
        Both are changed in place.
    pairs : Pairs
    annotations : Annotations
        Both are changed in place as far as they have room.

    Returns
    -------
    pairs : Pairs
    annotations : Annotations
        The same or others that have more room.
    """
    further = np.empty(len(order), np.int64)
    done = 0
    while done < len(codes):
        # Each edge of a block may be a birth, and `_add_edges` cannot make room.
        if pairs.counts[BIRTHS] + BLOCK > len(pairs.births):
            pairs = with_room_for_pairs(pairs)
            annotations = with_room_for_births(annotations)
        block = codes[done : done + BLOCK]
        n_added = _add_edges(block, order, graph, support, pairs, annotations, further)
        done += n_added
        if n_added < len(block):
            annotations = with_room_for_sums(annotations)
        n_alive = pairs.counts[BIRTHS] - pairs.counts[DEATHS]
        annotations = renew_if_stale(support, n_alive, annotations)
    return pairs, annotations


@kernel
def _add_edges(codes, order, graph, support, pairs, annotations, further):
    """Add edges one by one (steps 2 to 6), as far as there is room for sums.

    An edge for which there was too little is looked at again: what died with it is left as it is,
    since the boundaries of which it died have become zero.

    Parameters
    ----------
    codes : uint32 array of shape (n_edges,)
        In increasing order.
    order : int64 array of shape (n,)
    graph : Graph
    support : Support
    pairs : Pairs
        With room for as many births.
    annotations : Annotations
        All are changed in place.
    further : int64 array of shape (n,)
        Without content.

    Returns
    -------
    int
        How many have been added.
    """
    # Arrays are taken out by name, and once: to unpack the tuples, or to reach into them at each
    # edge, makes numba count references within the loop, which costs some 5 % of all time.
    numbers, neighbours, forest = graph.numbers, graph.neighbours, graph.forest
    others, touched, of_edges, n_died = support
    merges, births, deaths, counts = pairs
    replacements, column, pool, used = annotations
    rest = np.empty((1, neighbours.shape[1]), np.uint64)
    for e in range(len(codes)):
        if e + AHEAD < len(codes):
            u, v = ends(codes[e + AHEAD], numbers)
            prefetch(neighbours, u, 0)
            prefetch(neighbours, v, 0)
        u, v = ends(codes[e], numbers)
        first = first_in_lune(neighbours, u, v)
        if first < 0:
            if join_components(forest, u, v):
                write_ends(codes[e], merges, counts[MERGES])
                counts[MERGES] += 1
            else:
                birth = annotation_of_birth(counts[BIRTHS])
                annotate_edge(u, v, birth, others, touched, of_edges)
                write_ends(codes[e], births, counts[BIRTHS])
                counts[BIRTHS] += 1
        elif (touched[u] | touched[v]) and lune_meets(neighbours, others, u, v):
            # Best is one that makes the annotation zero.
            outside = first_in_lune_outside(neighbours, others, u, v)
            apex = outside if outside >= 0 else first
            n_further = _list_further(neighbours, u, v, apex, rest, further)
            one = annotation_of_edge(u, apex, others, of_edges)
            two = annotation_of_edge(v, apex, others, of_edges)
            annotation = sum_at_sight(one, two)
            if annotation == UNKNOWN or n_further:
                if not has_room(replacements, pool, used):
                    return e
                annotation = sum_of(one, two, replacements, column, pool, used)
                for k in range(n_further):
                    if not has_room(replacements, pool, used):
                        return e
                    w = further[k]
                    one = annotation_of_edge(u, w, others, of_edges)
                    two = annotation_of_edge(v, w, others, of_edges)
                    birth = kill_pivot(annotation, one, two, replacements, column, pool, used)
                    if birth >= 0:
                        write_death(birth, order[u], order[v], order[w], deaths, counts)
                        n_died[0] += 1
            if annotation != ZERO:
                annotate_edge(u, v, annotation, others, touched, of_edges)
        join(neighbours, u, v)
    return len(codes)


@kernel
def _list_further(neighbours, u, v, apex, rest, further):
    """List a point for each further component of the lune of uv (step 4).

    Only neighbours are flooded, not their neighbours in turn. So a point that is joined to those
    reached by way of the rest alone counts as a further component, too. Its triangle changes
    nothing, as its boundary is zero, and it is rare.

    Parameters
    ----------
    neighbours : uint64 array of shape (n, n_words)
    u, v, apex : int
    rest : uint64 array of shape (1, n_words)
        Without content.
    further : int64 array of shape (n,)
        Written in place.

    Returns
    -------
    int
        How many are listed.
    """
    w, n_further = flood_from_apex(neighbours, u, v, apex, rest), 0
    while w >= 0:
        if not meets_reached(neighbours, u, v, w, rest):
            further[n_further] = w
            n_further += 1
        w = flood_from(neighbours, w, rest)
    return n_further
