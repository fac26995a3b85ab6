"""Hooks on the modules of a network."""

import threading
from contextlib import contextmanager

from skactland._checks import at_place


class LastLayerReached(BaseException):
    """Nothing more is wanted of this forward pass; not for a network's own ``except`` clauses."""


class Listener:
    """Whoever is told what some modules give, call by call.

    Parameters
    ----------
    modules : dict of str to Module
        The modules to listen to, by name.
    call : {"last", "all"}
        Whether a module's calls in one forward pass are told apart.
    """

    def __init__(self, modules, call):
        self.modules = modules
        self.call = call
        self.calls = []
        self.thread = threading.get_ident()

    @contextmanager
    def listening(self):
        """Register hooks on each module, and remove those very hooks afterwards.

        In the tables where torch's own functions put them, under themselves in place of a number:
        the handles that these give would be a tenth of what a small network costs.
        """
        registered = []
        try:
            for name, module in self.modules.items():
                before, after = self._hooks(name)
                if before is not None:
                    registered.append((module._forward_pre_hooks, before))
                registered.append((module._forward_hooks, after))
            for table, hook in registered:
                table[hook] = hook
            yield self
        finally:
            for table, hook in registered:
                table.pop(hook, None)

    enter = None

    def leave(self, name, module, output, call):
        """Take what a module gave."""
        raise NotImplementedError

    def _hooks(self, name):
        def before(module, args):
            if threading.get_ident() == self.thread:
                self.enter(name, args)

        def after(module, args, output):
            if threading.get_ident() != self.thread:
                return  # another thread may run the same network meanwhile, on inputs of its own
            call = self.calls.count(name) if self.call == "all" else 0
            self.calls.append(name)
            try:
                self.leave(name, module, output, call)
            except Exception:
                with at_place(f"layer {name!r}"):
                    raise

        return None if self.enter is None else before, after
