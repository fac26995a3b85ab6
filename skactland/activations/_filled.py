"""Which weights of a network that lives on were loaded from a row before."""

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn.parameter import is_lazy


def memory_of(value):
    """Return where a tensor's numbers lie in memory, equal for tensors that share them all."""
    try:
        return value.untyped_storage().data_ptr(), value.storage_offset(), value.numel()
    except (AttributeError, NotImplementedError, RuntimeError):  # sparse, or no tensor at all
        return id(value)


class Filled:
    """The places in memory that weights of rows were loaded into, for as long as these live."""

    def __init__(self):
        self._places = {}
        self._most = 1000

    def __contains__(self, tensor):
        return _place(tensor) in self._places

    def add(self, tensor):
        """Note that a tensor is loaded into."""
        place = _place(tensor)
        if place is None:
            return
        # While the reference is held, no other storage has this number.
        self._places[place] = StorageWeakRef(tensor.untyped_storage())
        if len(self._places) > self._most:
            alive = {place: ref for place, ref in self._places.items() if not ref.expired()}
            self._places, self._most = alive, 1000 + 2 * len(alive)


def _place(tensor):
    """Return what tells a place in memory, None of what has none, such as a sparse tensor."""
    try:
        return tensor.untyped_storage()._cdata, tensor.storage_offset()
    except (AttributeError, NotImplementedError, RuntimeError):
        return None


FILLED = Filled()


class Loading:
    """What a row's weights are loaded into, where a builder may return a network again.

    So it may, or build on a part that it keeps: what is loaded anew is right. What is not holds the
    numbers of whichever row came before.

    Parameters
    ----------
    own : dict of str to tensor
        The network's weights.
    given : dict of str to tensor
        What is loaded, under the same names.
    """

    def __init__(self, own, given):
        held = {n: ours for n, ours in own.items() if torch.is_tensor(ours) and not is_lazy(ours)}
        _check_alone(held)
        self._of_others = {name for name, ours in held.items() if ours in FILLED}
        self._lent = []
        for name in (name for name in held if name in given):
            if memory_of(held[name]) == memory_of(given[name]):
                self._lent.append(name)
            else:
                FILLED.add(held[name])

    def check_own(self, missing):
        """Refuse weights that stay as they were where that is what another row has left there."""
        stale = [name for name in [*missing, *self._lent] if name in self._of_others]
        if stale:
            raise ValueError(
                "network_builder() returned a network, or a part of one, into which another row "
                f"was loaded, and this row does not load {', '.join(map(repr, stale[:5]))}, which "
                "would be that row's; let it build a new network in each call, or return "
                "copy.deepcopy(network)."
            )


def _check_alone(held):
    """Refuse a network whose weights other processes may write to, as no lock keeps these out."""
    for name, ours in held.items():
        if ours.device.type == "cpu" and ours.layout == torch.strided and ours.is_shared():
            raise ValueError(
                f"network_builder() returned a network whose {name!r} lies in memory that "
                "processes share, where others may load their rows; let it build a new network in "
                "each call, or return copy.deepcopy(network)."
            )
