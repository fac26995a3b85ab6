"""Weights found in what a checkpoint holds, and loaded into networks."""

import re
from collections.abc import Mapping

import torch
from torch.nn.parameter import is_lazy

from skactland._checks import warn_user
from skactland.activations._filled import memory_of
from skactland.activations._loading import Loading
from skactland.activations._modules import unwrap

# Under what name training loops commonly store the weights beside the optimizer's state.
_WEIGHTS_KEYS = ("state_dict", "model_state_dict", "model", "network", "module")
# What wrappers put before all names of the network in them: torch.compile, DataParallel, Lightning
# Fabric, a LightningModule that holds it as its `model`, PEFT.
_WRAPPER_PREFIXES = ("_orig_mod.", "module.", "_forward_module.", "model.", "base_model.model.")
# Parts of a network may have been compiled by themselves.
_COMPILED_PART = re.compile(r"(^|\.)_orig_mod\.")


def find_weights(state, weights_key=None):
    """Return the state dict in what a checkpoint holds: at a dotted path, or where it is common."""
    if weights_key is not None:
        weights = _at_path(state, weights_key)
        if not _holds_tensors(weights):
            raise ValueError(
                f"weights_key={weights_key!r} leads to no weights in the checkpoint, which "
                f"{_contents(state)}."
            )
        return weights
    common = _WEIGHTS_KEYS if isinstance(state, Mapping) else ()
    found = [key for key in common if _holds_tensors(state.get(key))]
    if len(found) > 1:
        raise ValueError(f"the checkpoint holds weights at {found}; say which with weights_key.")
    weights = state[found[0]] if found else state
    if not _holds_tensors(weights):
        raise ValueError(
            f"no state dict found in the checkpoint, which {_contents(state)}; it is looked for at "
            f"the top and at {list(_WEIGHTS_KEYS)}, or where weights_key says."
        )
    return weights


def _holds_tensors(state):
    """Tell whether something is a state dict; it may hold other things beside tensors."""
    is_named = isinstance(state, Mapping) and all(isinstance(name, str) for name in state)
    return is_named and any(map(torch.is_tensor, state.values()))


def _at_path(state, path):
    """Return what lies at a dotted path, None if nothing does.

    The last of its words may be the beginning of names: those of a part of a network.
    """
    if not isinstance(state, Mapping):
        return None
    if path in state:
        return state[path]
    texts = [name for name in state if isinstance(name, str)]
    for name in texts:
        if path.startswith(f"{name}."):
            found = _at_path(state[name], path.removeprefix(f"{name}."))
            if found is not None:
                return found
    part = f"{path}."
    return {n.removeprefix(part): state[n] for n in texts if n.startswith(part)} or None


def _contents(state):
    """Return the words that say what a checkpoint holds, and where there are weights in it."""
    if not isinstance(state, Mapping):
        return f"holds {type(state).__name__}"
    paths = list(_paths_to_weights(state))
    return f"holds {_listed(map(str, state))}" + (f", with weights at {paths}" if paths else "")


def _paths_to_weights(state, above=""):
    for name, value in state.items():
        if isinstance(name, str) and isinstance(value, Mapping):
            if _holds_tensors(value):
                yield above + name
            yield from _paths_to_weights(value, f"{above}{name}.")


def load_weights(network, weights, strict, name, stack):
    """Load weights into a network, called `name` in the warning of what does not fit.

    At the end of a `stack` of contexts memory is put back that is not the network's own.
    """
    network = unwrap(network)
    own = network.state_dict()
    names = _names_that_fit(weights, own)
    if not strict:
        _check_some(weights, names, own)
    _check_numbers(weights, names, own)
    loading = Loading(network, own, {new: weights[old] for new, old in names.items()})
    stack.callback(loading.close)
    try:
        result = network.load_state_dict(_renamed(weights, names), strict=False)
    except RuntimeError as error:
        raise ValueError(f"the weights do not fit network_builder(): {error}") from error
    absent = _without_tied(loading.absent(result.missing_keys), own)
    missing = [name for name in result.missing_keys if name in absent]
    unexpected = set(result.unexpected_keys)
    used = {old for new, old in names.items() if new not in unexpected}
    unused = [key for key in weights if key not in used]
    if strict and (missing or unused):
        raise ValueError(
            f"the weights do not fit network_builder(): they lack {_listed(missing)}, and the "
            f"network lacks {_listed(unused)}. weights_key says where weights lie deeper; "
            "strict=False loads those that fit."
        )
    loading.check_own(absent)
    if missing or unused:
        warn_user(
            f"{name}: {_listed(missing)} of the network's {len(own)} weights stay as "
            f"network_builder made them, and {_listed(unused)} of the checkpoint's are not used "
            "(strict=False)."
        )


def _check_some(weights, names, own):
    """Refuse weights of which none fits; torch would load nothing at all without a word."""
    if own and not own.keys() & names.keys():
        raise ValueError(
            "the weights do not fit network_builder(): none of their keys, such as "
            f"{next(iter(weights))!r}, is one of the network's, such as {next(iter(own))!r}."
        )


def _check_numbers(weights, names, own):
    """Refuse weights that are codes for others, and two that would be loaded into one."""
    taken = {}
    for new, old in names.items():
        ours, given = own.get(new), weights[old]
        if not (torch.is_tensor(ours) and torch.is_tensor(given)) or is_lazy(ours):
            continue
        if _kind(given) == 0 < _kind(ours) or _kind(given) == 2 > _kind(ours):
            raise ValueError(
                f"the weights do not fit network_builder(): {old!r} is {given.dtype}, and the "
                f"network's is {ours.dtype}; load them as they are meant, and pass the network."
            )
        if ours.is_meta or not ours.numel():  # these have no memory that they might share
            continue
        before = taken.setdefault(memory_of(ours), old)
        if not _are_equal(weights[before], given):
            raise ValueError(
                f"the weights do not fit network_builder(): {before!r} and {old!r} differ, and are "
                "one weight of the network; build it without tying them."
            )


def _kind(tensor):
    """Return 0 for whole numbers, 1 for real ones, 2 for complex ones."""
    return 2 if tensor.is_complex() else int(tensor.is_floating_point())


def _are_equal(one, other):
    """Tell whether two weights are the same numbers."""
    return one is other or (one.shape == other.shape and torch.equal(one, other))


def _listed(names, most=5):
    """Return names in words, the first of them if they are many."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more or "none"


def _names_that_fit(weights, own):
    """Return, by the name that it takes, the name of each weight that can be loaded.

    Wrappers' prefixes are taken off only where the names then fit the network's own better; where
    they fit no better, fewest are.
    """
    ways = [
        _stripped(weights, prefix, compiled)
        for prefix in _prefixes(weights)
        for compiled in (False, True)
    ]
    return min(ways, key=lambda names: len(names.keys() ^ own.keys()) + len(weights) - len(names))


def _prefixes(weights):
    """Return what wrappers, and wrappers of these, may have put before names; at first nothing."""
    prefixes = [""]
    for prefix in prefixes:  # which grows meanwhile
        longer = (prefix + wrapper for wrapper in _WRAPPER_PREFIXES)
        prefixes += [p for p in longer if any(name.startswith(p) for name in weights)]
    return prefixes


def _stripped(names, prefix, compiled):
    """Return names by what is left of them; those without the prefix are none of the network's."""
    stripped = {name.removeprefix(prefix): name for name in names if name.startswith(prefix)}
    if not compiled:
        return stripped
    return {_COMPILED_PART.sub(r"\1", new): old for new, old in stripped.items()}


def _renamed(weights, names):
    """Return the weights under other names."""
    if list(names) == list(weights):  # with what torch notes beside names: versions of modules
        return weights
    return {new: weights[old] for new, old in names.items()}


def _without_tied(missing, own):
    """Return those of the missing weights that are no other weight under a second name.

    A file of safetensors holds weights that are shared, such as those of an embedding and of the
    decoder, once; what was loaded into one of them is in the other.
    """
    tensors = {n: ours for n, ours in own.items() if torch.is_tensor(ours) and not is_lazy(ours)}
    loaded = {memory_of(tensors[name]) for name in tensors.keys() - set(missing)}
    tied = {name for name in tensors if memory_of(tensors[name]) in loaded}
    return [name for name in missing if name not in tied]
