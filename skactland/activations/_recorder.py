"""What some layers give, written down batch after batch."""

from threading import get_ident

from skactland.activations._hooks import LastLayerReached, Listener


class Recorder(Listener):
    """Writes down what some layers give, batch after batch.

    Parameters
    ----------
    modules : dict of str to Module
    columns : dict of (str, int) to Column
        Where to write what the calls give.
    course : list of str or None
        The calls after which nothing more is wanted.
    reading : Reading
    """

    def __init__(self, modules, columns, course, reading):
        wanted = {name for name, _ in columns}
        super().__init__({n: m for n, m in modules.items() if n in wanted}, reading.call)
        self.columns = columns
        self.course = course
        self.choose = reading.choose
        self._is_chosen = callable(reading.output) or reading.call == "all"

    def _hooks(self, name):
        """Return hooks of which the one after the call does little where a batch is as the first.

        It is called for every layer and batch.
        """
        before, leave = super()._hooks(name)
        column = None if self._is_chosen else self.columns.get((name, 0))
        if column is None:
            return before, leave

        def after(module, args, output):
            if get_ident() != self.thread or not column.add(output, *self.batch[:2]):
                leave(module, args, output)
                return
            self.calls.append(name)
            if self.calls == self.course:
                raise LastLayerReached

        return before, after

    def begin(self, start, n_shown, masks, seen_masks):
        """Expect a batch, the inputs from `start` on."""
        self.calls = []
        self.batch = start, n_shown, masks, seen_masks

    def leave(self, name, module, output, call):
        """Write what a module gave; stop the pass if it was the last."""
        self.write((name, call), output, self.choose(output))
        if self.calls == self.course:
            raise LastLayerReached

    def write(self, key, output, tensor):
        """Write a tensor's rows to their column, unless that cannot be read."""
        column = self.columns.get(key)
        if column is not None and not column.add(tensor, *self.batch[:2]):
            column.write(output, tensor, *self.batch)
