"""How a network runs, for extraction and training alike, and how all is put back afterwards."""

import random
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import chain

import numpy as np
import torch
from threadpoolctl import ThreadpoolController

_CPU = torch.device("cpu")

# Flags, buffers and the device belong to the network, torch's random state and number of threads to
# the process: of two threads at work at once, each would put back what the other has changed.
ONE_AT_A_TIME = threading.RLock()


def others_wait():
    """Tell whether this thread keeps others from networks: it must not wait for them."""
    return ONE_AT_A_TIME._is_owned()  # as threading.Condition asks of any lock


def all_modules(network):
    """Return a network and all modules within, each once: ``modules()`` without their names.

    Those cost three times as much, which counts where networks are small.
    """
    found, seen = [network], {network}
    for module in found:
        for child in module._modules.values():
            if child is not None and child not in seen:
                seen.add(child)
                found.append(child)
    return found


@contextmanager
def training_flags_kept(modules):
    """Put back the training flag of each of a network's modules.

    The flags themselves: ``train()`` may be overridden and do more.
    """
    flags = [(module, module.training) for module in modules]
    try:
        yield
    finally:
        for module, training in flags:
            if module.training is not training:  # to set one costs more than to look
                module.training = training


@contextmanager
def evaluation_mode(modules):
    """Clear the training flag of each module for a while, again without ``eval()``."""
    with training_flags_kept(modules):
        for module in modules:
            if module.training:
                module.training = False
        yield


@contextmanager
def on_device(network, device):
    """Move a network to a device and back; give the device.

    Parameters
    ----------
    network : torch.nn.Module
    device : str, torch.device or None
        None leaves it where it is, also where it is spread over several; "auto" is the accelerator,
        if there is one.

    Raises
    ------
    ValueError
        If the device is not there, or the network is spread over several.
    """
    tensors = chain(network.parameters(), network.buffers())
    if device is None:
        yield next((tensor.device for tensor in tensors), _CPU)
        return
    device = _check_device(device)
    homes = {tensor.device for tensor in tensors}
    if homes <= {device}:
        yield device
        return
    if len(homes) > 1:
        raise ValueError(
            f"Parameters are spread over {sorted(map(str, homes))}; leave device=None."
        )
    try:
        network.to(device)
        yield device
    finally:
        network.to(*homes)


def _check_device(device):
    """Return a device that is there; "auto" is the accelerator, if there is one."""
    if device == "auto":
        device = torch.accelerator.current_accelerator(check_available=True) or _CPU
    try:
        found = torch.empty(0, device=device).device
        if found.type == "meta":
            raise RuntimeError("the meta device holds no numbers.")
        return found
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"device={device!r} cannot be used here: {error}") from error


def precision(network):
    """Return the floating-point type of a network's parameters, which its inputs take.

    Of its buffers, if it has no parameters. None leaves inputs as they are: a network of several
    types casts them itself.
    """
    modules = all_modules(network)
    for tables in ([m._parameters for m in modules], [m._buffers for m in modules]):
        tensors = chain.from_iterable(table.values() for table in tables)
        types = {t.dtype for t in tensors if t is not None and t.is_floating_point()}
        if types:
            return types.pop() if len(types) == 1 else None
    return None


@contextmanager
def generators_kept():
    """Put back the random states of torch (on the CPU), NumPy and Python.

    That takes a tenth of a millisecond, nearly all of it NumPy's.
    """
    with ONE_AT_A_TIME:
        states = states_of_generators()
        try:
            yield
        finally:
            _set_generators(states)


def states_of_generators():
    """Return the random states of torch (on the CPU), NumPy and Python."""
    return torch.default_generator.get_state(), np.random.get_state(), random.getstate()


@contextmanager
def generators_as(states):
    """Let generators be in some states for a while, in a process where nothing else draws."""
    before = states_of_generators()
    try:
        _set_generators(states)
        yield
    finally:
        _set_generators(before)


def _set_generators(states):
    torch.default_generator.set_state(states[0])
    np.random.set_state(states[1])
    random.setstate(states[2])


def drawn_from(device=_CPU):
    """Return the states of torch's generators, which tell whether any was drawn from."""
    state = torch.default_generator.get_state().numpy().tobytes()
    return state if device.type != "cuda" else state + bytes(torch.cuda.get_rng_state(device))


def seed_generators(seed, device=_CPU):
    """Seed what a forward pass may draw from."""
    _seed_torch(seed, device)
    np.random.seed(seed % 2**32)
    random.seed(seed)


def _seed_torch(seed, device):
    """Seed the CPU's generator and a device's; torch.manual_seed is slow where others are."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)


@contextmanager
def device_generator_kept(device):
    """Put back the random state of a CUDA device."""
    state = torch.cuda.get_rng_state(device)
    try:
        yield
    finally:
        torch.cuda.set_rng_state(state, device)


@contextmanager
def random_state_kept(device=_CPU, seed=None):
    """Put torch's random state back, that of the CPU and of a device; seed it first if wanted."""
    cuda = [device] if device.type == "cuda" else []
    with ExitStack() as stack:
        stack.enter_context(ONE_AT_A_TIME)
        stack.enter_context(torch.random.fork_rng(devices=cuda))
        if seed is not None:
            # torch.manual_seed would seed all devices, of which the state of most is not kept.
            _seed_torch(seed, device)
        yield


@contextmanager
def single_thread():
    """Leave torch one thread: small networks gain nothing from more, and sums keep their order."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)


class _ThreadCount:
    """The threads of torch and of linear algebra, put back when the last who has set them leaves.

    They are settings of the process, which several of its threads may want at a time.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._n_inside = 0

    @contextmanager
    def of(self, n_threads):
        """Let all within have a number of threads."""
        with self._lock:
            if not self._n_inside:
                self._before = torch.get_num_threads()
                self._limits = _linear_algebra().limit(limits=n_threads, user_api="blas")
            self._n_inside += 1
        torch.set_num_threads(n_threads)  # for OpenMP a setting of this thread
        try:
            yield
        finally:
            with self._lock:
                self._n_inside -= 1
                if not self._n_inside:
                    torch.set_num_threads(self._before)
                    self._limits.restore_original_limits()


_threads = _ThreadCount()


@cache
def _linear_algebra():
    """Return what sets the threads of NumPy's and SciPy's libraries; finding them takes a while."""
    return ThreadpoolController()


def settings_of_numbers():
    """Return the settings of the moment that change what any network computes.

    Returns
    -------
    dtype : torch.dtype
        That of new tensors.
    precision : str
        That of products of matrices.
    autocast : tuple of (str, torch.dtype)
        The kinds of device for which it is on.
    """
    kinds = {"cpu", getattr(torch.accelerator.current_accelerator(), "type", "cpu")}
    autocast = tuple(
        (kind, torch.get_autocast_dtype(kind))
        for kind in sorted(kinds)
        if torch.is_autocast_enabled(kind)
    )
    return torch.get_default_dtype(), torch.get_float32_matmul_precision(), autocast


@dataclass(frozen=True)
class Surroundings:
    """How torch is set, where that changes what networks compute: to be the same in a worker."""

    n_threads: int
    dtype: torch.dtype
    precision: str
    autocast: tuple

    @classmethod
    def of_here(cls, n_threads):
        """Return the settings of this thread, but for the number of threads."""
        return cls(n_threads, *settings_of_numbers())

    @contextmanager
    def here(self):
        """Set torch so for a while."""
        before = torch.get_default_dtype(), torch.get_float32_matmul_precision()
        with ExitStack() as stack:
            stack.enter_context(_threads.of(self.n_threads))
            for kind, dtype in self.autocast:
                stack.enter_context(torch.autocast(kind, dtype=dtype))
            stack.callback(torch.set_default_dtype, before[0])
            stack.callback(torch.set_float32_matmul_precision, before[1])
            torch.set_default_dtype(self.dtype)
            torch.set_float32_matmul_precision(self.precision)
            yield
