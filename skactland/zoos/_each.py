"""The transformer that takes networks through a pipeline one at a time."""

import numpy as np
from sklearn import get_config
from sklearn.utils.validation import check_is_fitted

from skactland._checks import check_count, check_flag, check_n_jobs, check_option, warn_user
from skactland._table import TableTransformer, check_memory, empty_table
from skactland._torch import Surroundings
from skactland.activations._problems import full_message
from skactland.activations._rows import as_rows, check_networks, readable_twice, warn_of_repeats
from skactland.activations._sources import rows_known
from skactland.zoos._content import cache_of
from skactland.zoos._run import run
from skactland.zoos._steps import check_steps, fitted_on, set_since, steps_of
from skactland.zoos._work import Work


class EachNetwork(TableTransformer):
    """A pipeline that networks go through one at a time, each as a task of its own.

    Rows are what the pipeline gives for all of them, to the last bit, whatever the backend and the
    number of jobs; but the clouds of a network live only as long as its task. So zoos may be of any
    size, and be worked on by processes or a cluster.

    Every step must treat rows alone. Those of this package say so by ``learns_from_rows``; another
    may stand if it has this attribute, False, or scikit-learn's tag ``requires_fit`` is False, as
    of :class:`~sklearn.preprocessing.FunctionTransformer`, whose function must then do without
    other rows. Columns of predicted classes pass as the steps let them. Whatever learns from all
    rows, such as :class:`~skactland.LandscapeVectorizer`, comes after.

    Parameters
    ----------
    pipeline : Pipeline or LayerActivationExtractor, default=None
        Begins with a :class:`~skactland.LayerActivationExtractor`. There must be one.
    n_jobs : int or None, default=None
        Networks at once, as in joblib. Paths and state dicts are given to processes, modules to
        threads, unless ``joblib.parallel_config`` names a backend. Jobs within a worker have no
        jobs of their own.
    memory : path, joblib.Memory or None, default=None
        Keep each row by the content of its checkpoint, the probe and the parameters. A run that
        ends at any moment loses the rows in flight.
    on_error : {"raise", "mark"}, default="raise"
        What becomes of a network that cannot be read or worked on, or of None or a number in its
        place: its error ends the run; or it stays a row, of None (of NaN in a table of numbers), is
        warned of, and is in ``problems_``.
        Steps after this one refuse such rows, until ``sound_`` has left them out.
    n_threads : int, default=1
        Threads of torch and of linear algebra for a network. Their number changes last bits.
    verbose : bool, default=False
        Show rows done, their rate, time left and failures, if there is a terminal or notebook.

    Attributes
    ----------
    pipeline_ : Pipeline or LayerActivationExtractor
        That has learned its columns from the first network.
    problems_ : list of named tuples (row, step, layer, message)
        Why rows failed in the last call of `transform` or `fit_transform`;
        ``pandas.DataFrame(problems_)`` as a table.
    sound_ : ndarray of bool of shape (n_networks,)
        Which rows did not. After a call that raised there is neither.

    See Also
    --------
    LayerActivationExtractor.problems : Looks for such networks on a few inputs, before the work.

    Examples
    --------
    >>> import torch
    >>> from sklearn.pipeline import make_pipeline
    >>> from skactland import EachNetwork, LayerActivationExtractor, RipsPersistence
    >>> networks = [torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh()) for _ in range(3)]
    >>> _ = torch.nn.init.constant_(networks[1][0].bias, float("nan"))  # it diverged
    >>> probe = torch.randn(20, 3)
    >>> pipeline = make_pipeline(LayerActivationExtractor(probe), RipsPersistence())
    >>> diagrams = EachNetwork(pipeline, on_error="mark")
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     table = diagrams.fit_transform(networks)
    >>> table.shape, [(problem.row, problem.layer) for problem in diagrams.problems_]
    ((3, 4), [(1, '0')])
    >>> table[diagrams.sound_].shape
    (2, 4)
    """

    learns_from_rows = False

    def __init__(
        self,
        pipeline=None,
        *,
        n_jobs=None,
        memory=None,
        on_error="raise",
        n_threads=1,
        verbose=False,
    ):
        self.pipeline = pipeline
        self.n_jobs = n_jobs
        self.memory = memory
        self.on_error = on_error
        self.n_threads = n_threads
        self.verbose = verbose

    def fit(self, X, y=None):
        """Learn the columns from the first network, or the first that can be read if on_error says.

        Parameters
        ----------
        X : sequence of torch modules, fitted skorch nets, state dicts or paths
            As for :class:`~skactland.LayerActivationExtractor`.
        y : None
            Ignored.

        Returns
        -------
        EachNetwork
            The fitted estimator.
        """
        self._check()
        self._forget()
        networks = self._rows(X)
        errors = []
        with Surroundings.of_here(self.n_threads).here(), rows_known(networks):
            for i, network in enumerate(networks):
                try:
                    self.pipeline_, self._made = fitted_on(self.pipeline, network, i)
                    self._fitted_with = self.pipeline.get_params()
                    return self
                except Exception as error:
                    if self.on_error == "raise":
                        raise
                    errors.append(error)
        raise ValueError(
            f"None of {len(networks)} networks can be read, and columns are learned from one. The "
            f"first: {full_message(errors[0])}"
        ) from errors[0]

    def fit_transform(self, X, y=None):
        """Learn the columns, and take all networks through the pipeline.

        Parameters
        ----------
        X : sequence of torch modules, fitted skorch nets, state dicts or paths
            As for `fit`.
        y : None
            Ignored.

        Returns
        -------
        table
            As from `transform`.
        """
        return super().fit_transform(readable_twice(X), y)

    def transform(self, X):
        """Take networks through the pipeline, one at a time.

        Parameters
        ----------
        X : sequence of torch modules, fitted skorch nets, state dicts or paths
            Networks with the columns of those seen in fit.

        Returns
        -------
        table
            What the pipeline gives, one row a network.

        Raises
        ------
        RuntimeError
            If workers fail, rather than a row.
        ValueError
            If parameters of `pipeline` were set after `fit`.
        """
        check_is_fitted(self)
        self._check()
        self._check_fitted_with()
        self._forget()
        rows = self._rows(X)
        warn_of_repeats(rows, X)
        here = Surroundings.of_here(self.n_threads)
        with here.here(), rows_known(rows):
            steps = list(steps_of("pipeline", self.pipeline_))
            cache = cache_of(self.memory, steps, self.n_threads)
            outcomes = run(
                Work(steps, cache, here, get_config()),
                rows,
                n_jobs=self.n_jobs,
                stop=self.on_error == "raise",
                progress=self.verbose,
            )
        self.problems_ = [outcome.problem for outcome in outcomes if outcome.problem is not None]
        self.sound_ = np.array([outcome.problem is None for outcome in outcomes])
        self._tell_problems(len(rows))
        return _as_table(outcomes, self)

    def problems(self, X):
        """Tell which networks could not be rows, by a few inputs of each, before hours of work.

        Parameters
        ----------
        X : sequence of torch modules, fitted skorch nets, state dicts or paths
            Networks, and whatever else there is among them.

        Returns
        -------
        list of named tuples (row, layer, message)
            As from :meth:`LayerActivationExtractor.problems`.
        """
        pipeline = getattr(self, "pipeline_", self.pipeline)
        (_, extractor), *_ = check_steps(pipeline)
        return extractor.problems(X)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns, those of the pipeline.

        Parameters
        ----------
        input_features : None
            Ignored; networks have no columns.

        Returns
        -------
        ndarray of str objects
        """
        check_is_fitted(self)
        return self.pipeline_.get_feature_names_out()

    def _check(self):
        check_n_jobs(self.n_jobs)
        check_option(self.on_error, "on_error", ("raise", "mark"))
        check_count(self.n_threads, "n_threads")
        check_flag(self.verbose, "verbose")
        check_memory(self.memory)
        check_steps(self.pipeline)

    def _check_fitted_with(self):
        """Refuse parameters of the pipeline that transform would not heed."""
        names = set_since(self.pipeline, self._fitted_with)
        if names:
            raise ValueError(
                f"pipeline was changed after fit, and rows would be those of the one that was "
                f"fitted: {', '.join(names[:5])}; fit again."
            )

    def _forget(self):
        """Drop what is known of the rows of an earlier call, lest it be taken for this one's."""
        for name in ("problems_", "sound_"):
            vars(self).pop(name, None)

    def _rows(self, X):
        """Return networks as a list, with whatever else there is among them if that is marked."""
        return as_rows(X) if self.on_error == "mark" else check_networks(X)

    def _tell_problems(self, n_rows):
        if self.problems_:
            warn_user(
                f"{len(self.problems_)} of {n_rows} networks failed, and are rows without values; "
                f"problems_ has all, sound_ leaves them out. The first: "
                f"{self.problems_[0].message}"
            )


def _as_table(outcomes, each):
    """Return the rows of outcomes as one table; of those that failed None, or NaN for numbers."""
    sound = [outcome for outcome in outcomes if outcome.problem is None]
    rows = [outcome.cells for outcome in sound]
    if not rows and each._made is not None:  # as columns are known, so is what would be in them
        rows = [each._made]
    n_columns = len(rows[0]) if rows else len(each.get_feature_names_out())
    table = _empty_for(rows, (len(outcomes), n_columns), is_whole=len(sound) == len(outcomes))
    for outcome in sound:
        for j, cell in enumerate(outcome.cells):
            table[outcome.row, j] = cell
    return table


def _empty_for(rows, shape, is_whole):
    """Return a table for rows that did not fail, of NaN if they are numbers, else of None."""
    kinds = [cells.dtype for cells in rows if isinstance(cells, np.ndarray)]
    if not kinds or len(kinds) < len(rows):
        return empty_table(*shape)
    kind = np.result_type(*kinds)
    if is_whole:
        return np.empty(shape, kind)
    if kind.kind not in "biufc":  # neither numbers nor truth values
        return empty_table(*shape)
    return np.full(shape, np.nan, np.result_type(kind, np.float16))
