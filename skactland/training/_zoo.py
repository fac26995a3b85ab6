"""Zoos: many small networks that differ by their settings."""

import warnings
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from joblib import Parallel, delayed
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import column_or_1d
from torch import nn
from tqdm.auto import tqdm

from skactland._checks import (
    check_count,
    check_finite,
    check_flag,
    check_n_jobs,
    check_seed,
    warn_user,
)
from skactland._torch import random_state_kept, single_thread
from skactland.training._runs import TrainingRun


def multilayer_perceptron(n_inputs, widths, n_outputs, *, activation=nn.ReLU):
    """Return a fully connected network whose layers have names.

    Parameters
    ----------
    n_inputs : int
        Number of input features.
    widths : sequence of int
        Number of units of each hidden layer.
    n_outputs : int
        Number of classes.
    activation : callable, default=torch.nn.ReLU
        A module class, or any function without arguments that returns a module.

    Returns
    -------
    torch.nn.Sequential
        Layers ``fc1``, ``act1``, ``fc2``, ``act2``, ... and, last, ``logits``. The initial weights
        are drawn from torch's random state.

    See Also
    --------
    train_to_accuracy : Trains it.

    Examples
    --------
    >>> from skactland.training import multilayer_perceptron
    >>> network = multilayer_perceptron(64, [32, 16], 10)
    >>> [name for name, _ in network.named_children()]
    ['fc1', 'act1', 'fc2', 'act2', 'logits']
    """
    if isinstance(activation, nn.Module):
        raise TypeError(
            f"activation must make a new module for each layer, got the module {activation!r}; "
            f"pass the class, nn.{type(activation).__name__}, or a functools.partial of it."
        )
    if not np.iterable(widths):
        raise TypeError(f"widths must be a sequence of integers, got {widths!r}; write [{widths}].")
    network = nn.Sequential()
    n_units = check_count(n_inputs, "n_inputs")
    for i, width in enumerate(widths, start=1):
        network.add_module(f"fc{i}", nn.Linear(n_units, check_count(width, "each of widths")))
        network.add_module(f"act{i}", activation())
        n_units = width
    network.add_module("logits", nn.Linear(n_units, check_count(n_outputs, "n_outputs")))
    return network


def noisy_labels(y, noise, random_state=None):
    """Return labels of which a fraction is replaced by other classes.

    Parameters
    ----------
    y : array of shape (n_samples,)
        Labels of at least two classes.
    noise : float
        Fraction of labels to replace, from 0 to 1: exactly ``round(noise * n_samples)`` of them,
        chosen at random.
    random_state : int, RandomState or None, default=None
        Draws which labels change, and to what.

    Returns
    -------
    ndarray of shape (n_samples,)
        A copy. Each replaced label is uniform among the other classes that occur in `y`.

    See Also
    --------
    train_zoo : Trains many networks, such as of different noise.

    Examples
    --------
    >>> import numpy as np
    >>> from skactland.training import noisy_labels
    >>> y = np.arange(100) % 10
    >>> int((noisy_labels(y, 0.3, random_state=0) != y).sum())
    30
    """
    if not 0 <= check_finite(noise, "noise") <= 1:
        raise ValueError(f"noise must be a fraction from 0 to 1, got {noise}.")
    classes, codes = np.unique(column_or_1d(y), return_inverse=True)
    n_changed = round(noise * len(codes))
    if n_changed and len(classes) < 2:
        raise ValueError(f"y has {len(classes)} class; noise needs a second one to change to.")
    random_state = check_seed(random_state)
    changed = random_state.choice(len(codes), n_changed, replace=False)
    # A turn by less than the number of classes leads to each of the others, and never back.
    codes[changed] += random_state.randint(1, max(len(classes), 2), size=n_changed)
    return classes[codes % len(classes)]


def train_zoo(train_one, settings, *, n_jobs=None, random_state=None, verbose=False):
    """Train many networks, in parallel if wanted.

    Parameters
    ----------
    train_one : callable
        ``train_one(random_state=seed, **setting)`` makes one network, trains it and returns its
        :class:`TrainingRun`. Torch's random state is seeded too while it runs, so that the initial
        weights follow from the seed.
    settings : iterable of dict
        One for each network; a :class:`sklearn.model_selection.ParameterGrid` or
        :class:`~sklearn.model_selection.ParameterSampler` is one such.
    n_jobs : int or None, default=None
        Networks trained at once, as in joblib; processes unless ``joblib.parallel_config`` says
        otherwise (threads would take turns). Each network is trained on one thread, and the result
        does not depend on `n_jobs`.
    random_state : int, RandomState or None, default=None
        Draws the seed of every network.
    verbose : bool, default=False
        Show a progress bar over the networks.

    Returns
    -------
    list of TrainingRun
        In the order of `settings`, which they carry.

    Warns
    -----
    ConvergenceWarning
        If some networks did not reach the last of their thresholds; says which.

    See Also
    --------
    train_to_accuracy : Trains one.

    Notes
    -----
    Whatever makes one network differ from the next (architecture, data, labels, optimiser) is
    written in `train_one`, in plain Python; the settings are its arguments, and stay with the
    result. Data reach the processes as arguments of ``functools.partial(train_one, X=X, y=y)``, or
    as variables that the function uses.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skactland.training import multilayer_perceptron, train_to_accuracy, train_zoo
    >>> X, y = load_iris(return_X_y=True)
    >>> def train_one(width, random_state):
    ...     network = multilayer_perceptron(4, [width], 3)
    ...     return train_to_accuracy(network, X, y, thresholds=[0.8], learning_rate=0.01,
    ...                              random_state=random_state)
    >>> runs = train_zoo(train_one, [{"width": 8}, {"width": 16}], random_state=0)
    >>> [run.settings for run in runs]
    [{'width': 8}, {'width': 16}]
    """
    check_n_jobs(n_jobs)
    check_flag(verbose, "verbose")
    settings = _check_settings(settings)
    seeds = check_seed(random_state).randint(2**31 - 1, size=len(settings)).tolist()
    results = Parallel(n_jobs=n_jobs, prefer="processes", return_as="generator_unordered")(
        delayed(_train_with_seed)(i, train_one, setting, seed)
        for i, (setting, seed) in enumerate(zip(settings, seeds, strict=True))
    )
    runs = [None] * len(settings)
    for i, run in tqdm(results, "Training networks", len(settings), disable=not verbose):
        runs[i] = run
    short = [i for i, run in enumerate(runs) if not run.converged]
    if short:
        warn_user(
            f"{len(short)} of {len(runs)} networks did not reach their last threshold of training "
            f"accuracy: numbers {short}. Train them longer, or leave out what has not converged.",
            ConvergenceWarning,
        )
    return runs


def _train_with_seed(index, train_one, setting, seed):
    """Return the run of one network of a zoo, with its index, as runs come in any order."""
    with random_state_kept(seed=seed), single_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # told once, of all networks
        try:
            run = train_one(random_state=seed, **setting)
            if not isinstance(run, TrainingRun):
                raise TypeError(
                    "train_one must return a TrainingRun, as train_to_accuracy does, got "
                    f"{type(run).__name__}."
                )
        except Exception as error:
            error.add_note(f"This was network {index} of the zoo, with settings {setting}.")
            raise
    return index, replace(run, settings=dict(setting))


def _check_settings(settings):
    """Return the settings of a zoo as a list of dictionaries."""
    if isinstance(settings, Mapping) or not np.iterable(settings):
        raise TypeError(
            "settings must be a sequence of dictionaries, one for each network, got "
            f"{type(settings).__name__}; for all combinations use "
            "sklearn.model_selection.ParameterGrid."
        )
    settings = list(settings)
    if not settings:
        raise ValueError("settings is empty; give one dictionary for each network.")
    for i, setting in enumerate(settings):
        if not isinstance(setting, Mapping):
            raise TypeError(
                f"settings[{i}] must be a dictionary of arguments of train_one, got {setting!r}."
            )
    return settings
