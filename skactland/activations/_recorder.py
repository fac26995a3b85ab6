"""What some layers give, written down batch after batch."""

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

    def begin(self, start, n_shown, masks, seen_masks):
        """Expect a batch, the inputs from `start` on."""
        self.calls = []
        self.batch = start, n_shown, masks, seen_masks

    def leave(self, name, module, output, call):
        """Write what a module gave; stop the pass if it was the last."""
        column = self.columns.get((name, call))
        if column is not None:
            column.write(output, self.choose(output), *self.batch)
        if self.calls == self.course:
            raise LastLayerReached

    def write(self, key, output, tensor):
        """Write a tensor's rows to their column, unless that cannot be read."""
        if key in self.columns:
            self.columns[key].write(output, tensor, *self.batch)
