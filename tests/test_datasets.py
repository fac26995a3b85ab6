"""Data sets against their definitions, and against the Betti numbers that they are known for."""

import gzip
import struct

import numpy as np
import pytest
from scipy.spatial import cKDTree

from skactland import farthest_points, rips_persistence
from skactland.datasets import (
    make_circle,
    make_disc_grid,
    make_discs,
    make_linked_tori,
    make_nested_spheres,
    make_sphere,
    make_torus,
    read_idx,
)

MAKERS = [
    make_circle,
    make_sphere,
    make_torus,
    make_discs,
    make_linked_tori,
    make_nested_spheres,
]
CLASSIFIED = [make_discs, make_linked_tori, make_nested_spheres]


def betti(cloud, scale, degrees=(0, 1), n_points=None):
    """Betti numbers of the Rips complex at a scale, of well spread points of the cloud."""
    if n_points is not None:
        cloud = cloud[farthest_points(cloud, n_points, random_state=0)[0]]
    diagrams = rips_persistence(cloud, degrees, max_edge_length=2 * scale)
    return [int(((d[:, 0] <= scale) & (scale < d[:, 1])).sum()) for d in diagrams]


class TestShapes:
    def test_points_lie_where_the_equation_says(self):
        np.testing.assert_allclose(np.linalg.norm(make_circle(50, radius=3), axis=1), 3)
        for dimension in (1, 2, 4):
            sphere = make_sphere(50, dimension=dimension, radius=0.5)
            assert sphere.shape == (50, dimension + 1)
            np.testing.assert_allclose(np.linalg.norm(sphere, axis=1), 0.5)
        x, y, z = make_torus(50, radius=3, tube=1).T
        np.testing.assert_allclose((np.hypot(x, y) - 3) ** 2 + z**2, 1)

    def test_points_are_uniform(self):
        """Moments of the uniform distributions; the bounds are some five standard errors."""
        n = 40_000
        assert abs(make_sphere(n, random_state=0)).mean() == pytest.approx(0.5, abs=0.01)
        assert abs(make_circle(n, random_state=0).mean(axis=0)).max() < 0.02
        # By area, the mean distance from the axis is R + r^2 / (2 R).
        x, y, _ = make_torus(n, radius=2, tube=1, random_state=0).T
        assert np.hypot(x, y).mean() == pytest.approx(2.25, abs=0.02)

    def test_betti_numbers(self):
        assert betti(make_circle(60, random_state=0), 1.0) == [1, 1]
        assert betti(make_sphere(400, random_state=0), 1.3, (0, 1, 2), n_points=20) == [1, 0, 1]
        assert betti(make_torus(4000, tube=0.8, random_state=0), 1.0, n_points=200) == [1, 2]

    def test_noise_has_its_deviation(self):
        noisy = make_circle(20_000, noise=0.1, random_state=0)
        assert (np.linalg.norm(noisy, axis=1) - 1).std() == pytest.approx(0.1, rel=0.05)

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: make_circle(radius=0), "radius must be finite and positive, got 0"),
            (lambda: make_sphere(noise=-1), "noise must be finite and at least 0, got -1"),
            (lambda: make_sphere(dimension=0), "dimension must be at least 1, got 0"),
            (lambda: make_torus(tube=2), "tube must be less than radius, 2, got 2"),
            (lambda: make_circle(0), "n_samples must be at least 1, got 0"),
        ],
    )
    def test_bad_parameters(self, make, message):
        with pytest.raises(ValueError, match=message):
            make()


class TestClasses:
    @pytest.mark.parametrize(
        ("arrangement", "n_discs", "radius"),
        [("nine", 9, 2 / 9), ("six", 6, 1 / 6), ("two", 2, 1 / 3)],
    )
    def test_discs_have_their_betti_numbers(self, arrangement, n_discs, radius):
        X, y = make_discs(4000, arrangement=arrangement, random_state=0)
        assert abs(X).max() <= 1
        assert betti(X[y == 0], 0.15, n_points=400) == [n_discs, 0]
        assert betti(X[y == 1], 0.22, n_points=600) == [1, n_discs]
        # Uniform in a disc: the mean squared distance from its centre is r^2 / 2.
        share = n_discs * np.pi * radius**2 / 4
        grid, labels = make_disc_grid(401, arrangement=arrangement)
        assert (labels == 0).mean() == pytest.approx(share, abs=0.002)
        assert (grid[labels == 0] ** 2).mean() == pytest.approx((X[y == 0] ** 2).mean(), abs=0.02)
        assert (grid[labels == 1] ** 2).mean() == pytest.approx((X[y == 1] ** 2).mean(), abs=0.02)

    def test_each_disc_has_its_share_whatever_the_order(self):
        X, y = make_discs((92, 10), arrangement="nine", random_state=0)
        nearest = np.round(X[y == 0] * 1.5)
        _, counts = np.unique(nearest, axis=0, return_counts=True)
        assert sorted(counts) == [10] * 7 + [11] * 2
        assert len(np.unique(nearest[:30], axis=0)) > 5  # the first rows are a sample

    def test_the_gap_is_kept(self):
        X, y = make_discs((90, 2000), arrangement="two", gap=0.1, random_state=0)
        distances = np.hypot(abs(X[:, 0]) - 0.5, X[:, 1])
        assert distances[y == 0].max() <= 1 / 3
        assert distances[y == 1].min() > 1 / 3 + 0.1
        with pytest.raises(ValueError, match="gap=2 leaves next to no room"):
            make_discs(gap=2)

    def test_the_published_grid(self):
        X, y = make_disc_grid(arrangement="six")
        assert X.shape == (10201, 2)
        angles = np.arange(6) * np.pi / 3
        centres = np.column_stack([np.cos(angles), np.sin(angles)]) / 2
        inside = [min(np.hypot(*(x - c)) for c in centres) <= 1 / 6 for x in X[::7]]
        assert ((y == 0)[::7] == inside).all()

    def test_linked_tori(self):
        X, y = make_linked_tori(18_000, random_state=0)
        for label in (0, 1):
            assert betti(X[y == label], 0.12, n_points=500) == [9, 9]
        apart = cKDTree(X[y == 0]).query(X[y == 1])[0].min()
        assert 0.06 <= apart < 0.07  # linked, but apart: 0.16 - 2 * 0.05

    def test_nested_spheres(self):
        X, y = make_nested_spheres((9000, 18_000), random_state=0)
        assert betti(X[y == 0], 0.21, (0, 1, 2), n_points=180) == [9, 0, 9]
        # Class 1 around one centre: a ball, and a shell that holds it.
        nest = X[(y == 1) & (np.linalg.norm(X, axis=1) < 0.3)]
        ball = np.linalg.norm(nest, axis=1) < 0.1
        assert betti(nest[ball], 0.12, (0, 1, 2), n_points=30) == [1, 0, 0]
        assert betti(nest[~ball], 0.35, (0, 1, 2), n_points=30) == [1, 0, 1]
        assert np.linalg.norm(nest[ball], axis=1).max() <= 0.06
        assert len(np.unique(np.round(X[y == 1][:, :2] * 1.5), axis=0)) == 9

    @pytest.mark.parametrize("make", CLASSIFIED)
    def test_sizes_of_the_classes(self, make):
        assert np.bincount(make(101)[1]).tolist() == [51, 50]
        assert np.bincount(make((7, 30))[1]).tolist() == [7, 30]
        assert np.bincount(make((0, 30))[1], minlength=2).tolist() == [0, 30]
        with pytest.raises(
            TypeError, match=r"an integer, or a pair of them, one a class; got 2\.5"
        ):
            make(2.5)
        with pytest.raises(ValueError, match="each of n_samples must be at least 0, got -1"):
            make((-1, 5))

    def test_an_unknown_arrangement(self):
        for make in (make_discs, make_disc_grid):
            with pytest.raises(ValueError, match=r"one of \['nine', 'six', 'two'\], got 'ten'"):
                make(arrangement="ten")


@pytest.mark.parametrize("make", MAKERS)
def test_the_seed_decides(make):
    def points(seed):
        made = make(50, random_state=seed)
        return np.column_stack(made) if isinstance(made, tuple) else made

    np.testing.assert_array_equal(points(3), points(np.random.RandomState(3)))
    assert (points(3) != points(4)).any()


class TestIdx:
    @staticmethod
    def written(array, code):
        header = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
        return header + array.astype(array.dtype.newbyteorder(">")).tobytes()

    @pytest.mark.parametrize(
        ("code", "dtype"),
        [(8, "u1"), (9, "i1"), (11, "i2"), (12, "i4"), (13, "f4"), (14, "f8")],
    )
    def test_reads_what_was_written(self, tmp_path, code, dtype):
        array = np.arange(24).reshape(2, 3, 4).astype(dtype)
        (tmp_path / "images").write_bytes(self.written(array, code))
        (tmp_path / "images.gz").write_bytes(gzip.compress(self.written(array, code)))
        for name in ("images", "images.gz"):
            read = read_idx(tmp_path / name)
            assert read.dtype == np.dtype(dtype)
            np.testing.assert_array_equal(read, array)

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"PK\3\4....", "is not an IDX file: it starts with the bytes b'PK"),
            (b"", "is not an IDX file"),
            (bytes([0, 0, 8, 2, 0, 0]), "ends within its header"),
            (bytes([0, 0, 8, 1, 0, 0, 0, 3, 1]), r"has 9 bytes, but its header \(shape \(3,\)"),
            (bytes([0, 0, 8, 1, 0, 0, 0, 1, 1, 1]), "has 10 bytes"),
        ],
    )
    def test_damaged_files(self, tmp_path, content, message):
        (tmp_path / "file").write_bytes(content)
        with pytest.raises(ValueError, match=message):
            read_idx(tmp_path / "file")
