"""Which weights of a network that lives on were loaded from a row before."""

from torch.multiprocessing.reductions import StorageWeakRef


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

    def __bool__(self):
        return bool(self._places)

    def __contains__(self, tensor):
        return place_of(tensor) in self._places

    def add(self, tensor):
        """Note that a tensor is loaded into."""
        place = place_of(tensor)
        if place is None:
            return
        # While the reference is held, no other storage has this number.
        self._places[place] = StorageWeakRef(tensor.untyped_storage())
        if len(self._places) > self._most:
            alive = {place: ref for place, ref in self._places.items() if not ref.expired()}
            self._places, self._most = alive, 1000 + 2 * len(alive)


def place_of(tensor):
    """Return what tells a place in memory, None of what has none, such as a sparse tensor."""
    try:
        return tensor.untyped_storage()._cdata, tensor.storage_offset()
    except (AttributeError, NotImplementedError, RuntimeError):
        return None


FILLED = Filled()
