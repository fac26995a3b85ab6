"""Persistent homology in a grid search: no cache, RipsPersistence(memory=), Pipeline(memory=).

    python tests/benchmarks/grid_search.py

60 networks x 3 layers, 6 points of a grid that leaves homology alone, 5 folds, one thread. Counted
are the clouds whose homology is computed. Each search starts with an empty folder; its time is that
of the processor.
"""

import tempfile
import time

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skactland import LandscapeVectorizer, RipsPersistence
from skactland.persistence import _engines

RNG = np.random.default_rng(0)
N_NETWORKS, N_LAYERS, N_POINTS, N_UNITS = 60, 3, 200, 16


def counted():
    """Let the engine count its clouds in the list that is returned."""
    calls, engine = [], _engines.lune_bars

    def counting(*arguments, **options):
        calls.append(1)
        return engine(*arguments, **options)

    _engines.lune_bars = counting
    return calls


def clouds():
    table = np.empty((N_NETWORKS, N_LAYERS), dtype=object)
    for index in np.ndindex(table.shape):
        table[index] = RNG.normal(size=(N_POINTS, N_UNITS))
    return table


def main():
    table, targets, calls = clouds(), RNG.normal(size=N_NETWORKS), counted()
    grid = {"landscapevectorizer__n_landscapes": [1, 2, 3], "ridge__alpha": [1.0, 10.0]}
    RipsPersistence().fit_transform(table[:1])
    print(f"{'':28}{'homologies':>12}{'seconds':>10}")
    for name, (of_rips, of_pipeline) in {
        "no cache": (False, False),
        "RipsPersistence(memory=)": (True, False),
        "Pipeline(memory=)": (False, True),
    }.items():
        with tempfile.TemporaryDirectory() as folder:
            model = make_pipeline(
                RipsPersistence(memory=folder if of_rips else None),
                LandscapeVectorizer(),
                Ridge(),
                memory=folder if of_pipeline else None,
            )
            calls.clear()
            start = time.process_time()
            GridSearchCV(model, grid, cv=5).fit(table, targets)
            seconds = time.process_time() - start
        print(f"{name:28}{len(calls):12}{seconds:10.1f}", flush=True)


if __name__ == "__main__":
    main()
