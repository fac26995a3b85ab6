"""Networks in the forms that they are given as rows in, and what of a zoo cannot be read."""

import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from conftest import mlp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.ensemble import BaggingRegressor
from sklearn.inspection import permutation_importance
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from skorch import NeuralNetClassifier
from torch import nn

from skactland import LandscapeVectorizer, LayerActivationExtractor, RipsPersistence


@pytest.fixture
def paths(networks, tmp_path):
    """The networks on disk."""
    for i, network in enumerate(networks):
        torch.save(network.state_dict(), tmp_path / f"{i}.pt")
    return [str(tmp_path / f"{i}.pt") for i in range(len(networks))]


@pytest.fixture
def extractor(probe):
    return LayerActivationExtractor(probe, network_builder=mlp)


def as_column(rows):
    """Rows as the one column of an object array."""
    column = np.empty((len(rows), 1), dtype=object)
    column[:, 0] = rows
    return column


def assert_same(table, expected):
    assert table.shape == expected.shape
    for found, cell in zip(table.flat, expected.flat, strict=True):
        assert_array_equal(found, cell)


# Forms of rows


@pytest.mark.parametrize(
    "form",
    [
        tuple,
        nn.ModuleList,
        as_column,
        pd.Series,
        iter,
        lambda rows: as_column(rows)[:, 0],
        lambda rows: (row for row in rows),
        lambda rows: pd.DataFrame({"network": rows}),
        lambda rows: pl.DataFrame({"network": pl.Series(rows, dtype=pl.Object)}),
        lambda rows: dict(enumerate(rows)).values(),
    ],
)
def test_forms_of_networks(form, networks, extractor):
    expected = extractor.fit_transform(networks)
    assert_same(extractor.fit_transform(form(networks)), expected)
    assert_same(extractor.fit(form(networks)).transform(form(networks)), expected)


@pytest.mark.parametrize(
    "form",
    [
        np.array,
        as_column,
        pd.Series,
        pl.Series,
        lambda rows: np.array(rows)[:, None],
        lambda rows: pd.DataFrame({"path": rows}),
        lambda rows: pd.DataFrame({"path": rows}, dtype="string"),
        lambda rows: pl.DataFrame({"path": rows}),
    ],
)
def test_forms_of_paths(form, networks, paths, extractor):
    assert_same(extractor.fit_transform(form(paths)), extractor.fit_transform(networks))


def test_names_of_rows_are_kept(networks, extractor):
    extractor.set_output(transform="pandas")
    by_name = {f"run{i}": network for i, network in enumerate(networks)}
    given = pd.Series(by_name).to_frame()  # of a Series recent scikit-learn alone keeps them
    assert extractor.fit_transform(given).index.tolist() == list(by_name)


@pytest.mark.parametrize(
    ("form", "error", "message"),
    [
        (
            lambda rows: dict(enumerate(rows)),
            TypeError,
            r"list\(X\.values\(\)\), or pandas\.Series",
        ),
        (lambda rows: {"a": rows[0].state_dict()}, TypeError, r"\[network\] or, if its values are"),
        (lambda rows: rows[0].state_dict(), TypeError, r"single OrderedDict; write \[network\]\."),
        (lambda rows: nn.ModuleDict({"a": rows[0]}), TypeError, r"list\(X\.values\(\)\)\."),
        (lambda rows: rows[0], TypeError, r"single Sequential; write \[network\]\."),
        (lambda rows: iter(()), ValueError, "X is empty; .*; a generator can be read once: give"),
        (lambda rows: nn.ModuleList(), ValueError, r"X is empty; at least one network is needed\."),
        (lambda rows: as_column([]), ValueError, "X is empty"),
        (
            lambda rows: pd.DataFrame({"a": rows, "b": 1}),
            TypeError,
            r"one column .*frame\[\[name\]",
        ),
        (
            lambda rows: np.tile(as_column(rows), 2),
            TypeError,
            r"\(10, 2\), as NumPy takes .* X\[:, \[j\]",
        ),
        (lambda rows: pd.DataFrame({"loss": [0.5]}), TypeError, "network 0: expected .* got float"),
        (lambda rows: [*rows, None], TypeError, "network 10: expected a .* got NoneType"),
    ],
)
def test_forms_that_are_no_rows(form, error, message, networks, extractor):
    with pytest.raises(error, match=message):
        extractor.fit_transform(form(networks))


def test_a_list_of_modules_that_is_a_network_itself(probe):
    class Stack(nn.ModuleList):
        def forward(self, x):
            for module in self:
                x = module(x)
            return x

    stack = Stack([nn.Linear(4, 3), nn.Tanh()])
    extractor = LayerActivationExtractor(probe)
    with pytest.raises(TypeError, match=r"single Stack; write \[network\]"):
        extractor.fit(stack)
    assert extractor.fit_transform([stack]).shape == (1, 2)


def test_a_generator_that_fit_has_used_up(networks, extractor):
    generator = (network for network in networks)
    extractor.fit(generator)
    with pytest.raises(ValueError, match="a generator can be read once: give a list"):
        extractor.transform(generator)


# In tools of scikit-learn


@pytest.fixture
def model(extractor):
    landscapes = LandscapeVectorizer(resolution=5)
    return make_pipeline(extractor, RipsPersistence(), landscapes, Ridge())


def test_bagging_and_importance_take_networks_as_a_column(networks, model):
    X, y = as_column(networks), np.arange(10.0)
    bagged = BaggingRegressor(model, n_estimators=3, random_state=0).fit(X, y)
    by_hand = [model.fit(X[rows], y[rows]).predict(X) for rows in bagged.estimators_samples_]
    assert_allclose(bagged.predict(X), np.mean(by_hand, axis=0))
    for given in (X, pd.DataFrame({"network": networks})):
        found = permutation_importance(model.fit(given, y), given, y, n_repeats=3, random_state=0)
        assert found.importances.shape == (1, 3)
        assert (found.importances > 0).all(), "the networks are all that there is to predict from"


@pytest.mark.parametrize("form", [list, as_column])
def test_skorch_nets_travel_to_other_processes(form, extractor):
    nets = [NeuralNetClassifier(mlp, module__seed=i).initialize() for i in range(3)]
    expected = extractor.fit_transform([net.module_ for net in nets])
    there, given = pickle.loads(pickle.dumps((extractor, form(nets))))
    assert_same(there.transform(given), expected)


# Rows that are one network


def appended(network, kept):
    """What a loop keeps of a network, three times."""
    return [kept(network) for _ in range(3)]


@pytest.mark.parametrize(
    "kept",
    [
        lambda network: network,
        lambda network: network.state_dict(),
        lambda network: {"epoch": 3, "state_dict": network.state_dict()},
        lambda network: dict(network.named_parameters()),
        lambda network: nn.DataParallel(network),
    ],
)
def test_what_is_kept_without_being_copied(kept, networks, extractor):
    rows = [*networks[1:3], *appended(networks[0], kept)]
    extractor.fit(rows)
    message = r"rows 2, 3, 4 are the very same network, .* keep copy\.deepcopy\(network\) or"
    with pytest.warns(UserWarning, match=message):
        table = extractor.transform(rows)
    assert_array_equal(table[2, 0], table[4, 0])
    copies = [copy.deepcopy(row) for row in rows]
    assert_same(extractor.transform(copies), table)


def test_a_file_that_is_overwritten(paths, extractor):
    with pytest.warns(UserWarning, match="rows 0, 1 are the very same network"):
        extractor.fit_transform([paths[0], paths[0], paths[1]])


def test_skorch_nets_of_one_module(extractor):
    net = NeuralNetClassifier(mlp).initialize()
    with pytest.warns(UserWarning, match="rows 0, 1 are the very same network"):
        extractor.fit_transform([net, net.module_])


def test_networks_with_weights_in_common_are_not_one(networks, extractor):
    """A part is shared; and networks without weights are told by themselves."""
    first = networks[0]
    other = copy.deepcopy(networks[1])
    other.fc1 = first.fc1
    extractor.fit_transform([first, other])
    extractor.fit_transform([first.state_dict(), other.state_dict()])
    LayerActivationExtractor(np.ones((3, 2))).fit_transform([nn.ReLU(), nn.ReLU()])


def test_resampling_may_repeat_the_rows_of_an_array(networks, extractor):
    X = as_column(networks)
    extractor.fit_transform(X[[0, 1, 1, 2, 2, 2]])
    with pytest.warns(UserWarning, match="rows 0, 1, 2, 3, 4, ... are the very same network"):
        extractor.fit_transform(X[[1] * 6])


# What cannot be read


@pytest.fixture
def zoo(networks, tmp_path):
    """Networks of which most have some fault, and what the table of problems says of them."""
    rows, told = list(networks), {}
    with torch.no_grad():
        rows[1].fc2.bias[0] = torch.nan
    told[1] = "fc2", "network 1 (Sequential): layer 'fc2': NaN or infinite"
    rows[2] = tmp_path / "none.pt"
    told[2] = None, f"network 2 ({tmp_path / 'none.pt'}): there is no such file"
    rows[3] = None
    told[3] = None, "expected a torch.nn.Module, "
    rows[4] = mlp(n_inputs=7)
    told[4] = "fc1", "it failed at layer 'fc1' (Linear) on a batch"
    rows[5] = mlp(widths=(8, 6, 5))
    told[5] = None, "lacks [] and adds ['fc3', 'act3']"
    rows[6] = mlp(widths=(5, 5)).state_dict()
    told[6] = None, "size mismatch for fc1"
    rows[7].fc1.to("meta")
    told[7] = "fc1", "layer 'fc1' (Linear) has ['weight', 'bias'] on the meta device"
    rows[8].append(nn.Identity())
    rows[8][-1].forward = raises
    told[8] = "5", "it failed at layer '5' (Identity)"
    return rows, told


def raises(x):
    raise KeyError("scale")


@pytest.mark.parametrize("fitted", [False, True])
def test_problems_of_a_zoo(zoo, extractor, networks, fitted):
    rows, told = zoo
    if fitted:
        extractor.fit([networks[0]])
    problems = extractor.problems(rows)
    assert {p.row: p.layer for p in problems} == {i: layer for i, (layer, _) in told.items()}
    for problem in problems:
        assert told[problem.row][1] in problem.message
    assert pd.DataFrame(problems).columns.tolist() == ["row", "layer", "message"]
    sound = [row for i, row in enumerate(rows) if i not in told]
    assert extractor.problems(sound) == []
    assert extractor.fit_transform(sound).shape == (2, 5)


def test_problems_are_those_that_transform_raises(zoo, extractor, probe):
    rows, _ = zoo
    extractor.set_params(probe=probe[:8]).fit(rows[:1])
    for problem in extractor.problems(rows):
        if problem.row != 3:  # which is refused before any is opened
            alone = as_column([rows[0]] * problem.row + [rows[problem.row]])
            with pytest.raises((ValueError, OSError)) as error:
                extractor.transform(alone)
            assert str(error.value) == problem.message


def test_before_fit_the_first_that_can_be_read_has_the_columns(extractor):
    shallow = [mlp(seed) for seed in range(2)]
    deep = mlp(widths=(8, 6, 5))
    broken = mlp(n_inputs=7)
    assert [p.row for p in extractor.problems([broken, *shallow, deep])] == [0, 3]
    assert [p.row for p in extractor.problems([deep, *shallow])] == [1, 2]
    assert [p.row for p in extractor.fit([deep]).problems([*shallow, deep])] == [0, 1]


def test_few_inputs_tell_the_problems(extractor, networks):
    shown = []
    networks[0].register_forward_pre_hook(lambda module, args: shown.append(len(args[0])))
    assert extractor.problems(networks) == []
    assert sum(shown) < 30


def test_problems_leave_an_extractor_as_it_was(extractor, networks):
    before = vars(extractor).copy()
    extractor.problems(networks)
    assert vars(extractor) == before
    expected = extractor.fit_transform(networks)
    extractor.problems([None, mlp(n_inputs=7)])
    assert_same(extractor.transform(networks), expected)


def test_what_is_wrong_with_the_probe_is_no_networks_problem(networks):
    with pytest.raises(ValueError, match="There is no probe"):
        LayerActivationExtractor().problems(networks)
    with pytest.raises(TypeError, match=r"single Sequential; write \[network\]"):
        LayerActivationExtractor(np.ones((3, 4))).problems(networks[0])


def test_sets_have_no_order(networks, extractor):
    with pytest.raises(TypeError, match="X is a set, whose order changes"):
        extractor.fit(set(networks))
