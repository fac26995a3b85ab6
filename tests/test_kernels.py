"""The landscape kernel against its definition, and its laws."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from oracles import inner_product
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KernelCenterer
from sklearn.svm import SVC

from skactland import LandscapeKernel, landscape_gram

D = [[1, 5], [2, 8], [3, 4], [5, 9], [6, 7]]
E = [[0, 3], [1, 4]]


@pytest.fixture
def table(table_of):
    """Random diagrams with ties, essential components and an empty cell."""
    rng = np.random.default_rng(0)
    rows = []
    for n in (0, 1, 5, 9, 12):
        births = rng.integers(0, 5, (2, n))
        cells = [np.column_stack([b, b + rng.integers(0, 6, n)]) for b in births]
        rows.append([np.vstack([cells[0], [[0, np.inf]]]), cells[1]])
    return table_of(rows)


def test_sums_exact_inner_products_over_columns(table):
    gram = landscape_gram(table)
    for i, j in np.ndindex(gram.shape):
        expected = sum(
            inner_product(a[np.isfinite(a[:, 1])], b[np.isfinite(b[:, 1])])
            for a, b in zip(table[i], table[j], strict=True)
        )
        assert gram[i, j] == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_published_values(table_of):
    gram = landscape_gram(table_of([[D, E]]), table_of([[D, D], [E, E]]))
    norm_d, mixed, norm_e = 145 / 6 + 9 / 2 + 1 / 6, 27 / 8 + 1 / 6, 2 * 27 / 12
    assert_allclose(gram, [[norm_d + mixed, mixed + norm_e]], rtol=1e-14)


def test_symmetric_positive_semidefinite_with_closed_diagonal(diagrams):
    gram = landscape_gram(diagrams)
    assert_array_equal(gram, gram.T)
    assert np.linalg.eigvalsh(gram).min() > -1e-12 * gram.max()
    lengths = [
        np.concatenate([np.diff(cell[np.isfinite(cell[:, 1])]).ravel() for cell in row])
        for row in diagrams
    ]
    assert_allclose(np.diag(gram), [(pers**3).sum() / 12 for pers in lengths], rtol=1e-12)


def test_transform_is_against_the_fitted_rows(diagrams):
    gram = landscape_gram(diagrams)
    kernel = LandscapeKernel().fit(diagrams[:4])
    assert_allclose(kernel.transform(diagrams[4:]), gram[4:, :4], rtol=1e-14)
    assert_allclose(
        LandscapeKernel().fit_transform(diagrams),
        kernel.fit(diagrams).transform(diagrams),
        rtol=1e-14,
    )
    assert kernel.get_feature_names_out().tolist() == [f"landscapekernel{i}" for i in range(6)]


def test_cut_bars_end_where_the_fitted_column_does():
    gram = landscape_gram([[[0, 4], [0, np.inf]]], essential="cut")
    assert gram == pytest.approx(2 * 4**3 / 12)


def test_before_a_support_vector_machine(table_of):
    rng = np.random.default_rng(0)
    table = table_of([[[[0, size + rng.uniform()]]] for size in (1, 5) * 10])
    y = [0, 1] * 10
    for steps in ([LandscapeKernel()], [LandscapeKernel(), KernelCenterer()]):
        pipe = make_pipeline(*steps, SVC(kernel="precomputed"))
        assert cross_val_score(pipe, table, y, cv=5, error_score="raise").min() == 1
    search = GridSearchCV(
        pipe, {"svc__C": [0.1, 10], "landscapekernel__essential": ["drop", "cut"]}
    )
    assert search.fit(table, y).score(table, y) == 1


def test_bad_input(table_of):
    with pytest.raises(ValueError, match=r"one of \['cut', 'drop'\]"):
        LandscapeKernel(essential=None).fit([D])
    with pytest.raises(ValueError, match="row 0, column 0: bar 1 dies at 1"):
        landscape_gram([[[0, 1], [2, 1]]])
    with pytest.raises(ValueError, match="expecting 1 features"):
        landscape_gram(table_of([[D, E]]), [D])
