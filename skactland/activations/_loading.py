"""The loading of a row's weights into a network that other rows may be loaded into as well."""

from weakref import WeakKeyDictionary

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from skactland._torch import all_modules
from skactland.activations._filled import FILLED, memory_of

_METHODS = ("load_state_dict", "_load_from_state_dict", "set_extra_state")
_HOOKS = ("_load_state_dict_pre_hooks", "_load_state_dict_post_hooks")
# Of modules that load in a way of their own, the names that rows had for them, but for their parts.
_LOADED = WeakKeyDictionary()


class Loading:
    """What a row's weights are loaded into, where a builder may return a network again.

    So it may, or build on a part that it keeps: what is loaded anew is right. What is not holds
    what whichever row came before has left there.

    Parameters
    ----------
    network : Module
    own : dict of str to tensor
        The network's weights.
    given : dict of str to tensor
        What is loaded, under the same names.
    """

    def __init__(self, network, own, given):
        self._network, self._own, self._given = network, list(own), set(given)
        self._memory_of_given = set(map(memory_of, given.values()))
        held = {n: ours for n, ours in own.items() if torch.is_tensor(ours) and not is_lazy(ours)}
        _check_alone(held)
        self._of_others = {name for name, ours in held.items() if ours in FILLED}
        self._lent, self._borrowed = [], {}
        for name in (name for name in held if name in given):
            if memory_of(held[name]) == memory_of(given[name]):
                self._lent.append(name)
            elif (storage := _borrowed_storage(held[name])) is not None:
                self._borrowed.setdefault(storage.data_ptr(), (storage, storage.clone()))
            else:
                FILLED.add(held[name])
        self._left = []
        self._has_own_way = any(map(_has_own_way, all_modules(network)))
        if self._has_own_way:
            for name, module in network.named_modules(remove_duplicate=False):
                if _has_own_way(module):
                    self._note_names(module, f"{name}." if name else "")

    def _note_names(self, module, prefix):
        """Note under which names a module that may put them anywhere is given something."""
        known = _LOADED.setdefault(module, set())
        self._left += [prefix + name for name in known if prefix + name not in self._given]
        for name in self._given:
            rest = name.removeprefix(prefix)
            if name.startswith(prefix) and rest.partition(".")[0] not in module._modules:
                known.add(rest)

    def absent(self, missing):
        """Return the names that this row does not load; those `missing` are what torch knows of."""
        if not self._has_own_way:
            return missing
        # Such a module may fill in what is missing, with what it has.
        untold = [name for name in self._own if name not in self._given]
        return list(dict.fromkeys([*missing, *untold, *self._left]))

    def check_own(self, absent):
        """Refuse what stays as it was where that is what another row has left there."""
        others = self._of_others.union(self._left)
        stale = [name for name in [*absent, *self._lent] if name in others]
        if stale:
            raise ValueError(
                "network_builder() returned a network, or a part of one, into which another row "
                f"was loaded, and this row does not load {', '.join(map(repr, stale[:5]))}, which "
                "would be that row's; let it build a new network in each call, or return "
                "copy.deepcopy(network)."
            )

    def close(self):
        """Put back memory that is not the network's own, once the row was read."""
        for storage, before in self._borrowed.values():
            storage.copy_(before)
        # Weights may lie elsewhere by now: those of lazy modules, or that were on another device.
        for name, ours in self._network.state_dict().items():
            if name in self._given and torch.is_tensor(ours) and not is_lazy(ours):
                is_given = memory_of(ours) in self._memory_of_given
                if not is_given and _address(ours) not in self._borrowed:
                    FILLED.add(ours)


def _borrowed_storage(tensor):
    """Return the storage of a tensor that torch did not allocate: of an array, or of a file.

    Such memory is the user's, or is there again in the next tensor that is made of it.
    """
    try:
        storage = tensor.untyped_storage()
        return None if storage.resizable() else storage
    except (AttributeError, NotImplementedError, RuntimeError):  # sparse, or no tensor at all
        return None


def _address(tensor):
    storage = _borrowed_storage(tensor)
    return None if storage is None else storage.data_ptr()


def _has_own_way(module):
    """Tell whether a module loads its weights by code that is not torch's."""
    if any(vars(module).get(hooks) for hooks in _HOOKS):
        return True
    if getattr(type(module), "set_extra_state", None) is not nn.Module.set_extra_state:
        return True
    ways = (getattr(module, name, None) for name in _METHODS)
    return not all((getattr(way, "__module__", None) or "").startswith("torch.") for way in ways)


def _check_alone(held):
    """Refuse a network whose weights other processes may write to, as no lock keeps these out."""
    for name, ours in held.items():
        if ours.device.type == "cpu" and ours.layout == torch.strided and ours.is_shared():
            raise ValueError(
                f"network_builder() returned a network whose {name!r} lies in memory that "
                "processes share, where others may load their rows; let it build a new network in "
                "each call, or return copy.deepcopy(network)."
            )
