"""Callbacks by which the trainers of frameworks record: one row of `FRAMEWORKS` for each.

To add a framework, write the hooks that its trainer calls, each of which offers the network with
the number of epochs or steps until then; and add a :class:`Framework`. No framework is imported
before a callback for it is asked for.
"""

import importlib
import math
import sys
from dataclasses import dataclass
from functools import cache

from skactland._checks import check_count, check_option, closest_names
from skactland.activations._modules import unwrap


class Hooks:
    """What is the same in all frameworks: when to record, and which part of a network.

    Parameters
    ----------
    recorder : SnapshotRecorder
    every, unit, submodule
        As in :meth:`~skactland.SnapshotRecorder.callback`. They are kept as they came, as skorch
        clones callbacks like estimators.
    """

    framework = None

    def __init__(self, recorder, every=1, unit="epoch", submodule=None):
        self.recorder = recorder
        self.every = every
        self.unit = unit
        self.submodule = submodule

    def __reduce__(self):
        # The class is made when it is needed, so that pickle would not find it by its name.
        arguments = self.framework, self.recorder, self.every, self.unit, self.submodule
        return make_callback, arguments, vars(self)

    def offer(self, network, **counts):
        """Record a network if its turn has come.

        Parameters
        ----------
        network : torch.nn.Module
        **counts : int or float
            The number of epochs, of steps, or both until now, as `epoch` and `step`. Epochs are a
            fraction only where training ends within one, which then counts as one.
        """
        count = counts.get(self.unit)
        if count is None or math.ceil(count) % self.every:
            return
        # Seen before: batches whose gradients only add up are no steps, and a training that is
        # resumed begins where it ended.
        if self.recorder.index_[-1:] != [count]:
            self.recorder.record(find_submodule(network, self.submodule), count)


class LightningHooks(Hooks):
    """What the Trainer of Lightning calls."""

    framework = "lightning"

    def on_train_start(self, trainer, pl_module):
        """Offer the network before training."""
        self.offer(pl_module, epoch=trainer.current_epoch, step=trainer.global_step)

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        """Offer the network after a batch."""
        self.offer(pl_module, step=trainer.global_step)

    def on_train_epoch_end(self, trainer, pl_module):
        """Offer the network after an epoch, which Lightning still counts as the current one."""
        self.offer(pl_module, epoch=trainer.current_epoch + 1)


class SkorchHooks(Hooks):
    """What a net of skorch calls."""

    framework = "skorch"

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Offer the network before training; fit forgets what was before, as estimators do."""
        if not net.history:
            self.recorder.clear()
        self.offer(net.module_, epoch=len(net.history), step=_count_batches(net.history))

    def on_batch_end(self, net, batch=None, training=None, **kwargs):
        """Offer the network after a batch of training."""
        if training:
            self.offer(net.module_, step=_count_batches(net.history))

    def on_epoch_end(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        """Offer the network after an epoch."""
        self.offer(net.module_, epoch=len(net.history))


def _count_batches(history):
    """Return the number of batches of training, where the last epoch may still go on."""
    return sum(epoch.get("train_batch_count", len(epoch["batches"])) for epoch in history)


class TransformersHooks(Hooks):
    """What the Trainer of Hugging Face calls."""

    framework = "transformers"

    def on_train_begin(self, args, state, control, model=None, **kwargs):
        """Offer the network before training."""
        self.offer(model, epoch=state.epoch or 0, step=state.global_step)

    def on_step_end(self, args, state, control, model=None, **kwargs):
        """Offer the network after a step."""
        self.offer(model, step=state.global_step)

    def on_epoch_end(self, args, state, control, model=None, **kwargs):
        """Offer the network after an epoch."""
        self.offer(model, epoch=state.epoch)


@dataclass(frozen=True)
class Framework:
    """A framework that trains networks.

    Attributes
    ----------
    hooks : type
        The methods that its trainer calls.
    base : str
        The class that its trainer takes.
    homes : tuple of str
        The modules that it may be in.
    """

    hooks: type
    base: str
    homes: tuple


FRAMEWORKS = {
    "lightning": Framework(LightningHooks, "Callback", ("lightning.pytorch", "pytorch_lightning")),
    "skorch": Framework(SkorchHooks, "Callback", ("skorch.callbacks",)),
    "transformers": Framework(TransformersHooks, "TrainerCallback", ("transformers",)),
}


def make_callback(framework, recorder, every, unit, submodule):
    """Return a callback of the class that the trainer of a framework takes."""
    row = FRAMEWORKS[check_option(framework, "framework", tuple(FRAMEWORKS))]
    check_count(every, "every")
    check_option(unit, "unit", ("epoch", "step"))
    bases = [getattr(home, row.base) for home in _load(framework, row.homes)]
    return _join(row.hooks, *bases)(recorder, every, unit, submodule)


def _load(framework, homes):
    """Return the modules of a framework that are in use; if none is, the first that there is.

    Lightning comes under two names with a class each, and a trainer takes only its own.
    """
    in_use = [module for home in homes if (module := sys.modules.get(home))]
    if in_use:
        return in_use
    for home in homes:
        try:
            return [importlib.import_module(home)]
        except ImportError as error:
            reason = error
    raise ImportError(
        f"A callback for {framework!r} needs {homes[0]}, which cannot be imported; install it, or "
        "call recorder.record(network, epoch) in a loop of your own."
    ) from reason


@cache
def _join(hooks, *bases):
    """Return the class of callbacks that have our hooks and are of a framework's classes."""
    return type("SnapshotCallback", (hooks, *bases), {"__doc__": hooks.__doc__})


def find_submodule(network, name):
    """Return the part of a network that has a dotted name, the whole for None."""
    network = unwrap(network)
    try:
        return network if name is None else network.get_submodule(name)
    except AttributeError as error:
        names = [known for known, _ in network.named_modules() if known]
        raise ValueError(
            f"submodule={name!r} is no part of {type(network).__name__}: "
            f"{closest_names(name, names)}"
        ) from error
