"""Training to accuracy checkpoints, and zoos, against their definitions."""

import copy
import functools
import inspect
import pickle

import joblib
import numpy as np
import pytest
import torch
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import ParameterGrid
from torch import nn

from skactland.training import (
    TrainingRun,
    loss_and_accuracy,
    multilayer_perceptron,
    noisy_labels,
    train_to_accuracy,
    train_zoo,
)

THRESHOLDS = (0.5, 0.7, 0.9, 0.95)


@pytest.fixture
def iris():
    X, y = load_iris(return_X_y=True)
    return (X - X.mean(axis=0)) / X.std(axis=0), y


@pytest.fixture
def train(iris):
    """Train a small network on the irises; keywords change the defaults."""

    def make(network=None, X=iris[0], y=iris[1], **changes):
        if network is None:
            torch.manual_seed(0)
            network = multilayer_perceptron(4, [8], 3)
        settings = {"thresholds": THRESHOLDS, "learning_rate": 0.01, "random_state": 0}
        return train_to_accuracy(network, X, y, **(settings | changes))

    return make


def with_dropout_and_norm():
    return nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.Dropout(0.2), nn.Linear(16, 3))


def train_iris(random_state, *, width, X, y, **changes):
    """One network of a zoo, with everything in it that draws random numbers."""
    rng = np.random.RandomState(random_state)
    network = nn.Sequential(multilayer_perceptron(4, [width], width), nn.Dropout(0.1))
    network.append(nn.Linear(width, 3))
    settings = {"thresholds": (0.6, 0.8), "learning_rate": 0.01, "random_state": rng}
    return train_to_accuracy(network, X, noisy_labels(y, 0.1, rng), **(settings | changes))


@pytest.fixture
def train_one(iris):
    X, y = iris
    return functools.partial(train_iris, X=X, y=y)


def weights(network):
    return [parameter.detach().numpy().copy() for parameter in network.parameters()]


def same(arrays, others):
    return all(np.array_equal(a, b) for a, b in zip(arrays, others, strict=True))


class TestCheckpoints:
    def test_the_weights_have_the_accuracy_that_they_are_kept_for(self, train, iris):
        run = train(with_dropout_and_norm())
        assert [checkpoint.threshold for checkpoint in run.checkpoints] == list(THRESHOLDS)
        for network, checkpoint in zip(run.checkpoint_networks(), run.checkpoints, strict=True):
            measured = loss_and_accuracy(network, *iris)
            np.testing.assert_allclose(measured, (checkpoint.loss, checkpoint.accuracy), rtol=1e-6)
            assert checkpoint.accuracy >= checkpoint.threshold

    def test_they_are_the_first_epochs_of_sufficient_accuracy(self, train):
        """A run cut short at any earlier epoch has not reached the threshold."""
        run = train()
        for checkpoint in run.checkpoints:
            if checkpoint.epoch > 1:
                with pytest.warns(ConvergenceWarning):
                    shorter = train(
                        thresholds=[checkpoint.threshold], max_epochs=checkpoint.epoch - 1
                    )
                assert not shorter.checkpoints
                assert shorter.accuracy < checkpoint.threshold

    def test_the_run_ends_at_the_last_threshold(self, train, iris):
        run = train()
        assert run.converged
        assert run.n_epochs == run.checkpoints[-1].epoch
        np.testing.assert_allclose(
            loss_and_accuracy(run.network, *iris), (run.loss, run.accuracy), rtol=1e-6
        )
        assert same(weights(run.network), weights(run.checkpoint_networks()[-1]))

    def test_thresholds_passed_in_one_epoch_share_a_state(self, train):
        run = train(thresholds=(0.01, 0.02, 0.9))
        first, second, last = run.checkpoints
        assert first.epoch == second.epoch == 0
        assert first.state_dict is second.state_dict
        assert last.epoch > 0

    def test_epoch_zero_is_the_network_as_it_came(self, train):
        torch.manual_seed(1)
        network = multilayer_perceptron(4, [8], 3)
        before = weights(network)
        run = train(network, thresholds=(0.01, 0.9))
        assert run.checkpoints[0].epoch == 0
        assert same(before, weights(run.checkpoint_networks()[0]))
        assert run.network is network
        assert not same(before, weights(network))

    def test_a_network_that_is_good_already_is_not_trained(self, train):
        network = train().network
        before = weights(network)
        run = train(network)
        assert run.n_epochs == 0
        assert same(before, weights(network))

    def test_copies_are_independent(self, train):
        run = train()
        first, again = run.checkpoint_networks()[0], run.checkpoint_networks()[0]
        with torch.no_grad():
            for parameter in first.parameters():
                parameter.zero_()
        assert not same(weights(first), weights(again))
        assert not same(weights(first), weights(run.network))

    def test_devices(self, train):
        expected = weights(train(device="cpu").network)
        assert same(weights(train(device=torch.device("cpu")).network), expected)
        for device in ("nowhere", "meta"):
            with pytest.raises(ValueError, match=f"device='{device}' cannot be used here"):
                train(device=device)

    def test_a_threshold_out_of_reach(self, train):
        with pytest.warns(ConvergenceWarning, match=r"after 2 epochs, short of the last .*, 1;"):
            run = train(thresholds=(0.1, 1.0), max_epochs=2)
        assert not run.converged
        assert run.n_epochs == 2
        assert [checkpoint.threshold for checkpoint in run.checkpoints] == [0.1]

    def test_repr_does_not_print_weights(self, train):
        run = train()
        assert "tensor" not in repr(run) + repr(run.checkpoints)


class TestReproducibility:
    def test_same_seed_same_weights(self, train):
        networks = [with_dropout_and_norm() for _ in range(3)]
        for network in networks[1:]:
            network.load_state_dict(networks[0].state_dict())
        first, second, other = (
            weights(train(network, random_state=seed).network)
            for network, seed in zip(networks, (3, 3, 4), strict=True)
        )
        assert same(first, second)
        assert not same(first, other)

    def test_the_random_state_of_torch_is_not_disturbed(self, train, train_one):
        torch.manual_seed(5)
        expected = torch.rand(3)
        network = with_dropout_and_norm()
        torch.manual_seed(5)
        train(network)
        train_zoo(train_one, [{"width": 4}])
        assert torch.equal(torch.rand(3), expected)

    def test_the_last_mini_batch_is_never_a_single_sample(self, train, iris):
        X, y = iris
        train(with_dropout_and_norm(), X[:65], y[:65], batch_size=64)

    def test_read_only_inputs_stay_as_they_are(self, train, iris):
        X, y = (values.copy() for values in iris)
        X.flags.writeable = y.flags.writeable = False
        train(X=X, y=y)
        assert np.array_equal(X, iris[0])

    @pytest.mark.parametrize("kind", [torch.as_tensor, np.ndarray.tolist])
    def test_tensors_and_lists_give_what_arrays_give(self, train, iris, kind):
        X, y = map(kind, iris)
        assert same(weights(train(X=X, y=y).network), weights(train().network))


class TestTheNetworkIsLeftAsItWas:
    def test_training_flags(self, train, iris):
        network = with_dropout_and_norm()
        network[1].eval()
        flags = [module.training for module in network.modules()]
        train(network)
        assert [module.training for module in network.modules()] == flags
        loss_and_accuracy(network, *iris)
        assert [module.training for module in network.modules()] == flags

    def test_training_flags_after_an_error(self, train, iris):
        network = with_dropout_and_norm().eval()
        with pytest.raises(ValueError, match="learning rate"):
            train(network, learning_rate=1e30)
        assert not any(module.training for module in network.modules())

    def test_measuring_changes_no_buffer(self, iris):
        network = with_dropout_and_norm()
        before = copy.deepcopy(network.state_dict())
        loss_and_accuracy(network, *iris)
        assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())

    def test_no_gradients_are_left(self, train):
        assert all(parameter.grad is None for parameter in train().network.parameters())

    def test_double_precision_is_kept(self, train):
        network = multilayer_perceptron(4, [8], 3).double()
        assert {p.dtype for p in train(network).network.parameters()} == {torch.float64}


class TestBadInput:
    def test_not_a_network(self, train):
        with pytest.raises(TypeError, match=r"torch\.nn\.Module, got type"):
            train(nn.Linear)

    def test_unequal_lengths(self, train, iris):
        with pytest.raises(ValueError, match=r"one row for each sample.*\(150, 4\) and \(149,\)"):
            train(y=iris[1][1:])

    @pytest.mark.parametrize("wrong", [np.nan, np.inf])
    def test_inputs_that_are_not_finite(self, train, iris, wrong):
        X = iris[0].copy()
        X[7, 2] = wrong
        with pytest.raises(ValueError, match=r"in 1 of 150 samples \(first: 7\)"):
            train(X=X)

    def test_labels_without_an_output(self, train, iris):
        with pytest.raises(ValueError, match=r"from 1 to 3, but the network has outputs 0 to 2"):
            train(y=iris[1] + 1)
        with pytest.raises(ValueError, match="from -1 to 1"):
            train(y=iris[1] - 1)

    def test_labels_that_are_no_class_numbers(self, train, iris):
        with pytest.raises(
            TypeError, match=r"y must hold numbers, got ndarray of dtype .*LabelEnc"
        ):
            train(y=iris[1].astype(str))
        with pytest.raises(ValueError, match=r"class numbers.*float64"):
            train(y=iris[1].astype(float))
        with pytest.raises(ValueError, match=r"shape \(150, 3\)"):
            train(y=np.eye(3, dtype=int)[iris[1]])

    def test_inputs_that_do_not_fit(self, train, iris):
        with pytest.raises(ValueError, match=r"failed on the first sample of X, of shape \(3,\)"):
            train(X=iris[0][:, :3])

    def test_a_network_without_logits(self, train):
        with pytest.raises(ValueError, match=r"logits of shape \(n_samples, n_classes\), got \(3"):
            train(nn.Sequential(nn.Linear(4, 3), nn.Flatten(0)))

    def test_nothing_to_train(self, train):
        with pytest.raises(ValueError, match="nothing to train"):
            train(multilayer_perceptron(4, [8], 3).requires_grad_(False))

    def test_divergence(self, train):
        with pytest.raises(ValueError, match=r"after epoch 1: lower the learning rate, 1e\+30"):
            train(learning_rate=1e30)

    def test_weights_that_are_not_finite(self, train):
        network = multilayer_perceptron(4, [8], 3)
        nn.init.constant_(network.logits.bias, torch.nan)
        with pytest.raises(ValueError, match="after epoch 0: its weights are not finite"):
            train(network)

    @pytest.mark.parametrize(
        "thresholds", [(), (0.0, 0.5), (0.5, 0.5), (0.9, 0.8), (0.5, 1.1), (-0.1,), np.empty(0)]
    )
    def test_thresholds(self, train, thresholds):
        with pytest.raises(ValueError, match=r"increasing accuracies in \(0, 1\]"):
            train(thresholds=thresholds)

    def test_one_threshold(self, train):
        with pytest.raises(TypeError, match=r"write \[0.9\]"):
            train(thresholds=0.9)

    @pytest.mark.parametrize("thresholds", ["0.9", b"9", {0.5, 0.9}, {0.5: 1}, None])
    def test_thresholds_without_an_order(self, train, thresholds):
        with pytest.raises(TypeError, match=r"thresholds must be a sequence such as \[0.5, 0.9\]"):
            train(thresholds=thresholds)

    @pytest.mark.parametrize(
        ("name", "value", "error", "message"),
        [
            *(("thresholds", [0.5, t], TypeError, "must be a number") for t in ("1", None, True)),
            *(("thresholds", [0.5, t], ValueError, "must be finite") for t in (np.nan, np.inf)),
            *(("learning_rate", r, TypeError, "must be a number") for r in ("1e-3", None, [1e-3])),
            *(("learning_rate", r, ValueError, "must be positive") for r in (0, -1e-3, np.nan)),
            *(("weight_decay", w, TypeError, "must be a number") for w in ("0", None, True)),
            ("weight_decay", np.inf, ValueError, "must be finite"),
            ("weight_decay", -1e-3, ValueError, "must not be negative, got -0.001"),
            *(("random_state", s, ValueError, "must be None, an integer") for s in ("x", -1, [0])),
            *(("verbose", v, TypeError, "must be True or False") for v in ("no", None, 2)),
        ],
    )
    def test_nonsense_is_named_before_training(self, train, name, value, error, message):
        network = multilayer_perceptron(4, [8], 3)
        before = weights(network)
        with pytest.raises(error, match=f"{name} {message}"):
            train(network, **{name: value})
        assert same(before, weights(network))

    @pytest.mark.parametrize("name", ["max_epochs", "batch_size"])
    def test_counts(self, train, name):
        with pytest.raises(ValueError, match=f"{name} must be at least 1"):
            train(**{name: 0})


class TestMultilayerPerceptron:
    def test_layers(self):
        network = multilayer_perceptron(5, (7, 6), 2, activation=nn.Tanh)
        shapes = [tuple(layer.weight.shape) for layer in (network.fc1, network.fc2, network.logits)]
        assert shapes == [(7, 5), (6, 7), (2, 6)]
        assert isinstance(network.act2, nn.Tanh)
        assert network.act1 is not network.act2

    def test_activation_with_a_parameter(self):
        network = multilayer_perceptron(5, [3], 2, activation=functools.partial(nn.LeakyReLU, 0.2))
        assert network.act1.negative_slope == 0.2

    def test_no_hidden_layer(self):
        assert [name for name, _ in multilayer_perceptron(5, [], 2).named_children()] == ["logits"]

    def test_bad_parameters(self):
        with pytest.raises(TypeError, match=r"pass the class, nn\.ReLU"):
            multilayer_perceptron(5, [3], 2, activation=nn.ReLU())
        with pytest.raises(TypeError, match=r"write \[3\]"):
            multilayer_perceptron(5, 3, 2)
        with pytest.raises(ValueError, match="each of widths must be at least 1"):
            multilayer_perceptron(5, [3, 0], 2)


class TestNoisyLabels:
    @pytest.mark.parametrize("noise", [0, 0.1, 1 / 3, 0.6, 1])
    def test_an_exact_number_changes(self, noise):
        y = np.arange(200) % 7
        assert np.count_nonzero(noisy_labels(y, noise, random_state=0) != y) == round(noise * 200)

    def test_uniform_over_the_other_classes(self):
        y = np.zeros(30_000, dtype=int)
        y[-3:] = 1, 2, 3
        _, counts = np.unique(noisy_labels(y, 1.0, random_state=0)[:-3], return_counts=True)
        assert len(counts) == 3
        # five standard deviations of a binomial count
        np.testing.assert_allclose(counts, 10_000, atol=5 * np.sqrt(30_000 * (1 / 3) * (2 / 3)))

    def test_seed_names_and_copy(self):
        y = np.array(["cat", "dog", "owl"] * 10)
        y.flags.writeable = False
        noisy = noisy_labels(y, 0.5, random_state=1)
        assert np.array_equal(noisy, noisy_labels(y, 0.5, random_state=1))
        assert not np.array_equal(noisy, noisy_labels(y, 0.5, random_state=2))
        assert set(noisy) <= {"cat", "dog", "owl"}

    def test_bad_parameters(self):
        with pytest.raises(ValueError, match=r"fraction from 0 to 1, got 1\.5"):
            noisy_labels([0, 1], 1.5)
        with pytest.raises(ValueError, match="1 class"):
            noisy_labels([0, 0], 0.5)
        for noise in ("0.5", None, [0.5]):
            with pytest.raises(TypeError, match="noise must be a number"):
                noisy_labels([0, 1], noise)
        with pytest.raises(ValueError, match="random_state must be None, an integer"):
            noisy_labels([0, 1], 0.5, random_state="x")


class TestZoo:
    def test_the_same_for_any_number_of_jobs(self, train_one):
        settings = list(ParameterGrid({"width": [4, 6], "batch_size": [16, 150]}))
        alone, together = (
            train_zoo(train_one, settings, n_jobs=n_jobs, random_state=0) for n_jobs in (1, 2)
        )
        assert [run.settings for run in together] == settings
        for run, other in zip(alone, together, strict=True):
            assert same(weights(run.network), weights(other.network))
            assert (run.loss, run.n_epochs) == (other.loss, other.n_epochs)
            for checkpoint, its_twin in zip(run.checkpoints, other.checkpoints, strict=True):
                assert same(checkpoint.state_dict.values(), its_twin.state_dict.values())

    def test_the_same_in_threads(self, train_one):
        settings = [{"width": width} for width in (4, 5, 6, 7)]
        alone = train_zoo(train_one, settings, random_state=0)
        with joblib.parallel_config("threading"):
            together = train_zoo(train_one, settings, n_jobs=4, random_state=0)
        for run, other in zip(alone, together, strict=True):
            assert same(weights(run.network), weights(other.network))

    def test_every_network_has_a_seed_of_its_own(self, train_one):
        first, second = train_zoo(train_one, [{"width": 4}] * 2, random_state=0)
        assert not same(weights(first.network), weights(second.network))

    def test_more_settings_do_not_change_the_first_networks(self, train_one):
        (first,) = train_zoo(train_one, [{"width": 4}], random_state=0)
        again, _ = train_zoo(train_one, [{"width": 4}] * 2, random_state=0)
        assert same(weights(first.network), weights(again.network))

    def test_number_of_threads_is_put_back(self, train_one):
        seen = []

        def spy(random_state, **setting):
            seen.append(torch.get_num_threads())
            return train_one(random_state, **setting)

        before = torch.get_num_threads()
        torch.set_num_threads(2)
        try:
            train_zoo(spy, [{"width": 4}])
            assert (seen, torch.get_num_threads()) == ([1], 2)
        finally:
            torch.set_num_threads(before)

    def test_networks_that_do_not_converge_are_named_once(self, train_one):
        settings = [{"width": 4, "max_epochs": n} for n in (1000, 1, 1000, 1)]
        with pytest.warns(ConvergenceWarning) as caught:
            runs = train_zoo(train_one, settings, random_state=0)
        (message,) = [str(warning.message) for warning in caught]
        assert "2 of 4 networks" in message
        assert "[1, 3]" in message
        assert [run.converged for run in runs] == [True, False, True, False]

    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_an_error_says_which_network(self, train_one, n_jobs):
        settings = [{"width": 4}, {"width": 5, "learning_rate": 1e30}]
        with pytest.raises(ValueError, match="learning rate") as caught:
            train_zoo(train_one, settings, n_jobs=n_jobs)
        assert "network 1 of the zoo" in caught.value.__notes__[0]

    def test_what_is_no_run(self):
        with pytest.raises(TypeError, match=r"must return a TrainingRun.*got NoneType"):
            train_zoo(lambda random_state: None, [{}])

    def test_settings_that_are_no_list_of_dictionaries(self, train_one):
        with pytest.raises(TypeError, match="ParameterGrid"):
            train_zoo(train_one, {"width": [4, 5]})
        with pytest.raises(TypeError, match=r"settings\[1\] must be a dictionary"):
            train_zoo(train_one, [{"width": 4}, 5])
        with pytest.raises(ValueError, match="empty"):
            train_zoo(train_one, [])

    def test_bars_only_if_wanted(self, train, train_one, capfd):
        train_zoo(train_one, [{"width": 4}])
        assert capfd.readouterr() == ("", "")
        train_zoo(train_one, [{"width": 4}], verbose=True)
        assert "1/1" in capfd.readouterr().err
        train(verbose=True)
        assert "accuracy=" in capfd.readouterr().err

    def test_runs_can_be_pickled(self, train_one):
        (run,) = train_zoo(train_one, [{"width": 4}])
        again = pickle.loads(pickle.dumps(run))
        assert isinstance(again, TrainingRun)
        assert same(weights(run.network), weights(again.network))


def test_random_state_is_a_keyword_everywhere():
    for function in (train_to_accuracy, train_zoo, noisy_labels):
        assert inspect.signature(function).parameters["random_state"].default is None
