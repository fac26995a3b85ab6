"""Degrees 0, 1 and 2 over Z/2, by lunes.

The kernels of `_compiled/rips` say which of these steps they take.

1. **Order.** Let the edges come one by one: by length, and among equal lengths in a fixed order, up
   to the enclosing radius, the least distance within which some point sees all others. With an edge
   come all triangles whose other edges have come. *Why:* parting ties cuts one stage of the complex
   into several, which begins and ends bars of length zero and changes no other. At the enclosing
   radius the complex is a cone, in which every loop is filled.

2. **Empty lune.** The *lune* of an edge uv is the set of points w such that uw and vw have come
   before it. If it is empty, no triangle comes with uv. Then uv joins two components, one of which
   dies, or it is the *birth* of a class of degree 1. *Why:* an edge alone makes one component less
   or one cycle more.

3. **Apex.** If the lune is not empty, choose a point w of it, the *apex*. The edge uv and the
   triangle uvw come at once and are a pair: a bar of length zero. *Why:* the cycle that uv closes
   over w is filled when it is closed, so that uv is homologous to the path uw + wv from now on.

4. **Further components.** Two points of the lune are *connected within it* if a path of points of
   the lune leads from one to the other, by edges that have come before uv. For one point w' of each
   component that does not hold the apex, the triangle uvw' may make a class die. No other triangle
   can. *Why:* for neighbours x, y on such a path, uvx + uvy + uxy + vxy is the boundary of a
   tetrahedron, so that uvx and uvy fill the same, given what earlier triangles fill. While no class
   is alive there is nothing to do.

5. **Annotations.** Every edge that has come is *annotated* by a sum of births over Z/2: an edge
   that joined components by zero, a birth by itself, an edge with an apex by the sum of the
   annotations of uw and vw, which came before it. The class of a cycle is the sum over its edges.
   *Why:* a cycle is homologous to the one in which each edge is replaced by the path over its apex,
   again and again, until births and the edges that joined components are left; and a cycle of these
   is known by the births in it, as the others make no cycle.

   The edges whose annotation is not zero are the *support* of the classes that are alive. Of real
   clouds it is small. If no edge from u or v to a point of the lune is in it, uv is annotated by
   zero, and nothing can die with uv: so are the boundaries of all triangles uvw.

6. **Death.** The boundary of a triangle of step 4 is annotated by the sum of its three edges. If it
   is not zero, the youngest birth in it that is alive, its *pivot*, dies, and from then on equals
   the sum of the others. *Why:* the triangle makes that sum zero, and of the classes in it the
   youngest ends, by the elder rule. If it is zero, the triangle changes nothing in degree 1 (step
   8).

7. **Skip, and stop**, in degrees 0 and 1. Take a *bucket*, some edges that come one after the
   other. If none of them has an empty lune, and no lune meets the support as in step 5, not even in
   the graph of all edges of the bucket, where lunes are no smaller than when their edges come, then
   all of them are annotated by zero, and nothing else happens. So their order does not matter, and
   they are not sorted. The edges with an empty lune, but for a few others, are found beforehand:
   they are the relative neighbourhood graph. Once the longest of them has come and no class is
   alive, stop. *Why:* only step 2 begins a class, and merges components. The rest of the edges,
   most of them, are not looked at.

Degree 2 goes one step further. Let the lune stand for the flag complex of its points: with the
edges among them that have come before uv, and all triangles of these, and so on. With uv come the
simplices that uv spans with those of its lune. *Why that counts:* what uv adds is the join of uv
and its lune, glued along the suspension of the lune; so homology changes in degree q by the reduced
homology of the lune in degree q - 2. In degree -1 (is it empty?) and 0 (its components) these are
steps 2 to 4; degree 1, its loops, is new.

8. **Voids begin.** If the sum of step 6 is zero, the triangle uvw' closes a surface that nothing
   fills: a class of degree 2 is *born*. *Why:* a chain whose boundary is that of uvw' was there
   already; the two together are a cycle, and new, since uv was not there.

9. **Core.** Take out of the lune, one after the other, each point that is *dominated* by another
   one, which is joined to it and to all that it is joined to within what is left of the lune. What
   stays is the *core*; of most lunes a single point, and then nothing more comes with uv than step
   3. If not, its components are those of the lune, and one of its points is the apex. *Why:* the
   link of a dominated point is a cone, so that taking it out keeps the homotopy type.

10. **Voids end.** For each loop of a basis of the core's homology of degree 1, sum the annotations
    of the triangles uab and vab over the loop's edges ab: its *suspension*. If the sum is not zero,
    the youngest birth of degree 2 in it that is alive dies, and from then on equals the sum of the
    others. While no class of degree 2 is alive there is nothing to do, and of the core only the
    components are wanted. A basis is found by steps 2 to 6 within the core, whose edges may come in
    any order there. *Why:* the tetrahedra uvab over the loop have that suspension as boundary; a
    suspension that was filled before makes a class of degree 3, which is not asked for. Loops that
    the core's own triangles fill have suspensions that are zero already. Of the tetrahedra the one
    over the edge that closes the loop is named in the death: loops of one lune share edges, but
    each has its own that closes it.

11. **Annotations of triangles.** A triangle is named by its longest edge xy and its third point z,
    a point of the lune of xy, and annotated by a sum of births of degree 2: that over the apex by
    zero; that over the chosen point of a further component by zero if it ended a class, else by its
    own birth; any other by going, within the lune of xy as it was when xy came, on a shortest path
    of points z = z0, z1, ..., to one of these: it is the sum of what is found there and of the
    triangles x zi zj and y zi zj over the edges zi zj of the path. Annotations are worked out only
    for triangles of step 10, and kept. Those of edges that came before the oldest birth that is
    alive are zero. *Why:* the tetrahedron xy zi zj makes xy zi the sum of xy zj and the two others,
    whose longest edges came before xy. So every cycle is homologous to one of triangles over
    apexes, triangles that ended a class of degree 1, and births; and such a cycle is known by the
    births in it. For one without births is zero: triangles that ended classes have independent
    boundaries, each ending another one, and of those over apexes the last has its longest edge in
    its boundary alone.

12. **Stop.** All edges up to the enclosing radius are looked at. But while no class is alive, all
    that is asked of a lune is whether it is connected, which costs little more than step 3.

Lunes and their components: Koyama, Memoli, Robins, Turner, arXiv:2307.16333. Annotations: Dey, Fan,
Wang, "Computing topological persistence for simplicial maps", 2014; as cocycles, de Silva, Morozov,
Vejdemo-Johansson, "Dualities in persistent (co)homology", 2011. Dominated points: Barmak, Minian,
"Strong homotopy types, nerves and collapses", 2012. The enclosing radius, and pairs of
length zero ("apparent pairs"): Bauer, "Ripser", 2021.
"""

import numpy as np

from skactland._compiled.rips.grades import (
    counted_last_grades,
    grades_of_tiles,
    largest_part,
    last_grades,
    sample_grades,
    write_grades,
)
from skactland._compiled.rips.lengths import (
    least_radius,
    lengths_of_matrix,
    lengths_of_points,
    lengths_of_simplices,
)
from skactland._compiled.rips.order import density_peaks_first
from skactland._compiled.rips.pairing import persistence_pairs
from skactland._compiled.rips.pairing_voids import persistence_pairs_with_voids
from skactland._compiled.rips.workspace import allocate, with_room_for_edges
from skactland.metrics._euclidean import euclidean_parts
from skactland.metrics._scale import from_scale

# Points of which that with the least radius is taken in place of the best of all.
_N_CENTRES = 64


def lune_bars(distances, max_edge_length, with_voids):
    """Return the bars of degrees 0 to 1 or 2, those of no length too, and where they come from.

    Parameters
    ----------
    distances : C-contiguous float64 array of shape (n, n), 2 <= n <= 65536
        Symmetric, non-negative, with zero diagonal; infinite where points are never joined.
    max_edge_length : float
    with_voids : bool
        Whether degree 2 is wanted as well, which takes longer.

    Returns
    -------
    bars : list of two or three arrays of shape (n_bars, 2)
    simplices : list of as many arrays
        For degree 0 the edge that kills each bar, (n_bars, 2). For degree 1 the edge of the birth
        and the triangle of the death, its longest edge first, (n_bars, 5). For degree 2 the
        triangle of the birth and the tetrahedron of the death, their longest edges first,
        (n_bars, 7). -1 where a bar lives on.
    """
    enclosing_radius = distances.max(axis=1).min()
    threshold = min(max_edge_length, enclosing_radius)
    if np.isinf(threshold):
        threshold = distances[np.isfinite(distances)].max()  # some points are never joined
    space = allocate(len(distances), with_triangles=with_voids)
    scale = write_grades(distances, threshold, space.grades)
    return _bars(lengths_of_matrix(distances), scale, space, with_voids)


def lune_bars_of_points(cloud, max_edge_length):
    """Return the same in degrees 0 and 1 for Euclidean distances of points, without their matrix.

    Of the distances, which are worked out in tiles, grades are kept, and lengths are worked out
    anew for the edges that are fetched: to the last bit what the matrix would hold.

    Parameters
    ----------
    cloud : array of shape (n, d), 2 <= n <= 65536
    max_edge_length : float
    """
    points, tiles, shift = euclidean_parts(cloud)
    lengths = lengths_of_points(points)
    with np.errstate(over="ignore"):
        largest = np.ldexp(max_edge_length, shift)
    # In place of the enclosing radius any will do within which some point sees all others.
    threshold = min(largest, least_radius(lengths, _in_the_middle(points.coordinates), len(cloud)))
    space = allocate(len(cloud))
    scale = grades_of_tiles(tiles, threshold, space.grades)
    bars, simplices = _bars(lengths, scale, space, with_voids=False)
    return [from_scale(of_degree, shift) for of_degree in bars], simplices


def bytes_of_points(n_points, n_units):
    """Return the memory that this takes at its peak beyond the points, where lengths differ."""
    # Grades, annotations, and two sets of each point; the edges of a part, which are more if many
    # are equally long; and points in two layouts.
    of_pairs, of_edges = 6.25 * n_points**2, 10 * largest_part(n_points * (n_points - 1) // 2)
    return of_pairs + of_edges + 16 * n_points * n_units


def _in_the_middle(coordinates):
    """Return the points that are nearest to the mean: of all, they see far."""
    squares = ((coordinates - coordinates.mean(axis=0)) ** 2).sum(axis=1)
    n_centres = min(_N_CENTRES, len(squares))
    return np.argpartition(squares, n_centres - 1)[:n_centres]


def _bars(lengths, scale, space, with_voids):
    """Return bars and simplices, given the grades of all edges up to a threshold."""
    n = len(space.grades)
    sampled = sample_grades(space.grades)
    # Any order gives the same bars. Near are points that the shortest sixteenth of the edges joins.
    order = density_peaks_first(space.grades, near=sampled[len(sampled) // 16])
    if n * (n - 1) // 2 <= len(space.codes):
        parts = last_grades(sampled)
    else:
        parts, n_most = counted_last_grades(space.grades)
        space = with_room_for_edges(space, n_most)
    if with_voids:
        merges, *ends = persistence_pairs_with_voids(lengths, order, parts, space)
    else:
        merges, *ends = persistence_pairs(lengths, order, scale, parts, space)
    # All points are there from the start, and each begins a component.
    components = np.zeros((n, 2))
    components[:, 1] = lengths_of_simplices(lengths, merges)
    bars, simplices = [components], [merges]
    for births, deaths in zip(ends[::2], ends[1::2], strict=True):
        of_degree = np.empty((len(births), 2))
        of_degree[:, 0] = lengths_of_simplices(lengths, births)
        of_degree[:, 1] = lengths_of_simplices(lengths, deaths)
        bars.append(of_degree)
        simplices.append(np.concatenate([births, deaths], axis=1))
    return bars, simplices
