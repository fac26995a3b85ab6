"""The loop over edges that pairs births and deaths in degrees 0 to 2.

It takes the steps of `persistence/_lunes.py`, where it is told why each is right. `pairing` is the
loop for degrees 0 and 1 alone, which need fewer edges.
"""

import numpy as np

from skactland._compiled.bits import join
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
from skactland._compiled.rips.cores import (
    bring_components_forward,
    close_loop,
    independent_loops,
)
from skactland._compiled.rips.edges import fetch_edges, sort_bucket
from skactland._compiled.rips.folding import empty_room, find_cone_point, fold_lune
from skactland._compiled.rips.graph import ends, join_components, no_edges
from skactland._compiled.rips.lunes import (
    first_in_lune,
    first_in_lune_outside,
    flood_from,
    flood_from_apex,
    lune_meets,
    meets_reached,
)
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
from skactland._compiled.rips.triangles import remember
from skactland._compiled.rips.voids import begin_void, end_void, no_voids, with_room


@kernel
def persistence_pairs_with_voids(lengths, order, last_grades, space):
    """Return the simplices that begin and end bars of degrees 0 to 2.

    Parameters
    ----------
    lengths : Lengths
    order : int64 array of shape (n,)
        The points in the order in which apexes are tried: any does.
    last_grades : int64 array of shape (n_parts,)
        As `grades.last_grades` returned it.
    space : Workspace
        With grades, and room for triangles; the rest is written in place.

    Returns
    -------
    merges : int64 array of shape (n, 2)
    births : int64 array of shape (n_births, 2)
    deaths : int64 array of shape (n_births, 3)
        As `pairing.persistence_pairs` returns them.
    void_births : int64 array of shape (n_voids, 3)
        The triangle that begins each bar of degree 2, its longest edge first.
    void_deaths : int64 array of shape (n_voids, 4)
        The tetrahedron that ends it, its longest edge first; -1 where a class lives on.
    """
    graph, pairs = no_edges(order), no_pairs(len(order), 2 * BLOCK)
    annotations, room = empty_annotations(len(pairs.births)), empty_room(len(order))
    support = no_support(space.of_edges)
    voids = no_voids(space.ranks, space.apexes_by_rank)
    low, n_come = np.int64(-1), 0
    for high in last_grades:
        stops, _ = fetch_edges(low, high, space)
        start = 0
        for k in range(len(stops)):
            sort_bucket(lengths, space.codes[start : stops[k]])
            start = stops[k]
        codes = space.codes[:start]
        low, done = high, 0
        while done < len(codes):
            # Each edge of a block may be a birth, and `_add_simple_edges` cannot make room.
            if pairs.counts[BIRTHS] + BLOCK > len(pairs.births):
                pairs = with_room_for_pairs(pairs)
                annotations = with_room_for_births(annotations)
            block = codes[done : done + BLOCK]
            n_added, m = _add_simple_edges(block, n_come, graph, support, pairs, voids, room)
            if m > 0:  # the next is not simple
                u, v = ends(block[n_added], graph.numbers)
                rank = n_come + n_added
                annotations, voids = _add_edge(
                    u, v, rank, m, order, graph, support, pairs, annotations, voids, room
                )
                n_added += 1
                n_alive = pairs.counts[BIRTHS] - pairs.counts[DEATHS]
                annotations = renew_if_stale(support, n_alive, annotations)
            done += n_added
            n_come += n_added
    n_births, n_voids = pairs.counts[BIRTHS], voids.counts[BIRTHS]
    return (
        pairs.merges,
        pairs.births[:n_births],
        pairs.deaths[:n_births],
        voids.births[:n_voids],
        voids.deaths[:n_voids],
    )


@kernel
def _add_simple_edges(codes, n_come, graph, support, pairs, voids, room):
    """Add edges (steps 2, 3 and 5) up to the first that is not simple.

    It is one whose lune has a core of several points (step 9), or whose annotation is a sum of
    several births.

    Parameters
    ----------
    codes : uint32 array of shape (n_edges,)
        In increasing order.
    n_come : int
        How many edges came before.
    graph : Graph
    support : Support
    pairs : Pairs
    voids : Voids
    room : Room
        All are changed in place; in the end, the core is in the room.

    Returns
    -------
    n_added : int
    m : int
        How many points the core of the next has; 0 if all edges have been added.
    """
    # Arrays are taken out once, as in `pairing`.
    numbers, neighbours, forest = graph.numbers, graph.neighbours, graph.forest
    others, touched, of_edges = support.others, support.touched, support.of_edges
    merges, births, counts = pairs.merges, pairs.births, pairs.counts
    ranks, apexes_by_rank = voids.triangles.ranks, voids.triangles.apexes
    lune, rest, points, stars = room.lune, room.rest, room.points, room.stars
    is_quiet = none_alive(voids)
    for e in range(len(codes)):
        if e + AHEAD < len(codes):
            u, v = ends(codes[e + AHEAD], numbers)
            prefetch(neighbours, u, 0)
            prefetch(neighbours, v, 0)
            prefetch(ranks, u, v)
            prefetch(ranks, v, u)
        u, v = ends(codes[e], numbers)
        apex = first_in_lune(neighbours, u, v)
        if apex >= 0:
            w = flood_from_apex(neighbours, u, v, apex, rest)
            # While no class is alive only the components count.
            while is_quiet and w >= 0 and meets_reached(neighbours, u, v, w, rest):
                w = flood_from(neighbours, w, rest)
            if w >= 0:
                apex = find_cone_point(neighbours, u, v, lune, rest)
                if apex < 0:
                    m = fold_lune(neighbours, u, v, lune, rest, points, stars)
                    if m > 1:
                        return e, m
                    apex = points[0]
            if (touched[u] | touched[v]) and lune_meets(neighbours, others, u, v):
                # Any point will do, as the lune is connected; best is one that gives zero.
                outside = first_in_lune_outside(neighbours, others, u, v)
                points[0] = outside if outside >= 0 else apex
                annotation = sum_at_sight(
                    annotation_of_edge(u, points[0], others, of_edges),
                    annotation_of_edge(v, points[0], others, of_edges),
                )
                if annotation == UNKNOWN:
                    return e, 1
                if annotation != ZERO:
                    annotate_edge(u, v, annotation, others, touched, of_edges)
            apexes_by_rank[n_come + e] = apex
        elif join_components(forest, u, v):
            write_ends(codes[e], merges, counts[MERGES])
            counts[MERGES] += 1
        else:
            birth = annotation_of_birth(counts[BIRTHS])
            annotate_edge(u, v, birth, others, touched, of_edges)
            write_ends(codes[e], births, counts[BIRTHS])
            counts[BIRTHS] += 1
        _join(u, v, n_come + e, neighbours, ranks)
    return len(codes), 0


# A call at each edge would cost some 5 % of all time.
@kernel(inline="always")
def _join(u, v, rank, neighbours, ranks):
    """Let an edge have come.

    Parameters
    ----------
    u, v, rank : int
    neighbours : uint64 array of shape (n, n_words)
    ranks : int32 array of shape (n, n)
        Both are changed in place.
    """
    join(neighbours, u, v)
    ranks[u, v] = rank
    ranks[v, u] = rank


@kernel
def _add_edge(u, v, rank, m, order, graph, support, pairs, annotations, voids, room):
    """Add an edge whose lune has a core of several points, or whose annotation is a sum.

    Parameters
    ----------
    u, v, rank, m : int
        The core is the first m points of the room.
    order : int64 array of shape (n,)
        The point of each number.
    graph : Graph
    support : Support
    pairs : Pairs
    annotations : Annotations
    voids : Voids
    room : Room
        All are changed in place as far as they have room.

    Returns
    -------
    annotations : Annotations
    voids : Voids
        The same or others that have more room.
    """
    neighbours, points = graph.neighbours, room.points
    n_components, n_edges = bring_components_forward(neighbours, points, m)
    voids.triangles.apexes[rank] = points[0]
    if not has_room(annotations.replacements, annotations.pool, annotations.used):
        annotations = with_room_for_sums(annotations)
    replacements, column, pool, used = annotations
    others, touched, of_edges, _ = support
    one = annotation_of_edge(u, points[0], others, of_edges)
    two = annotation_of_edge(v, points[0], others, of_edges)
    annotation = sum_of(one, two, replacements, column, pool, used)
    if annotation != ZERO:
        annotate_edge(u, v, annotation, others, touched, of_edges)
    # A class that begins with this edge does not end with it, since no suspension holds it.
    has_voids = not none_alive(voids)
    for k in range(1, n_components):
        annotations, voids = _add_triangle(
            u, v, rank, points[k], order, support, pairs, annotations, voids
        )
    n_loops = n_edges - m + n_components  # as many as edges beyond a spanning forest
    if has_voids and n_loops > 0:
        voids = _suspend_loops(u, v, m, n_edges, order, neighbours, points, voids)
    _join(u, v, rank, neighbours, voids.triangles.ranks)
    return annotations, voids


@kernel
def _add_triangle(u, v, rank, w, order, support, pairs, annotations, voids):
    """Let the triangle uvw of a further component end a class of degree 1 or begin one of degree 2.

    These are steps 6 and 8.

    Parameters
    ----------
    u, v, rank, w : int
    order : int64 array of shape (n,)
    support : Support
    pairs : Pairs
    annotations : Annotations
    voids : Voids
        All are changed in place as far as they have room.

    Returns
    -------
    annotations : Annotations
    voids : Voids
        The same or others that have more room.
    """
    others, of_edges = support.others, support.of_edges
    if not has_room(annotations.replacements, annotations.pool, annotations.used):
        annotations = with_room_for_sums(annotations)
    replacements, column, pool, used = annotations
    one = annotation_of_edge(u, v, others, of_edges)
    two = annotation_of_edge(u, w, others, of_edges)
    three = annotation_of_edge(v, w, others, of_edges)
    birth = kill_pivot(one, two, three, replacements, column, pool, used)
    voids = with_room(voids)
    if birth >= 0:
        write_death(birth, order[u], order[v], order[w], pairs.deaths, pairs.counts)
        support.n_died[0] += 1
        remember(rank, w, ZERO, voids.triangles)
    else:
        begin_void(rank, w, order[u], order[v], order[w], voids)
    return annotations, voids


@kernel
def _suspend_loops(u, v, m, n_edges, order, neighbours, points, voids):
    """Let the suspensions of a core's loops end classes of degree 2 (step 10).

    Parameters
    ----------
    u, v, m, n_edges : int
    order : int64 array of shape (n,)
    neighbours : uint64 array of shape (n, n_words)
    points : int64 array of shape (n,)
        The core is the first m.
    voids : Voids
        Changed in place as far as it has room.

    Returns
    -------
    Voids
        The same, or one that has more room.
    """
    local, births = independent_loops(neighbours, points, m, n_edges)
    loop = np.empty(m, np.int64)
    for k in range(len(births)):
        length = close_loop(local, births[k, 0], births[k, 1], loop)
        for i in range(length):
            loop[i] = points[loop[i]]
        voids = end_void(u, v, loop[:length], order, voids)
    return voids
