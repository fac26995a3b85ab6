"""The reading of one network: a first look at a few inputs, then all of them."""

from contextlib import nullcontext
from functools import cache, partial

from skactland._checks import at_place
from skactland._torch import drawn_from, seed_generators
from skactland.activations._agreement import are_equal, disagreement, rounding, tolerance
from skactland.activations._axes import Axes
from skactland.activations._column import Column, settle
from skactland.activations._ends import class_scores, input_rows, logits, softmax
from skactland.activations._layers import first_names
from skactland.activations._look import Look
from skactland.activations._masks import Masks, may_be_mask
from skactland.activations._outputs import (
    LayerOutputError,
    SameForAll,
    Unreadable,
    arrangement,
    check_tensor,
    plain,
)
from skactland.activations._recorder import Recorder

# What is read of a network's output, by column.
_OF_LOGITS = {"logits": lambda values: values, "softmax": softmax, "classes": class_scores}
# Of a network that draws random numbers so many are shown, so often with other seeds.
_SOME, _DRAWS = 64, 8
# What is said if that fails, as of a program that was exported for one size of batch alone.
_CHECK = (
    " This batch checks that inputs have rows of their own; check=False shows whole batches alone."
)

_APART = (
    "its output is computed from nothing that the network is shown, as far as the operations of "
    "torch tell; if it holds activations, name it in `layers`."
)


class Session:
    """The reading of one network: a first look, then all inputs, batch after batch.

    Parameters
    ----------
    forward : Forward
    modules : dict of str to Module
    wanted : dict of str to bool
        Names of layers, and whether they are wanted only as leaves.
    schedule : Schedule
        Which inputs to show when.
    reading : Reading
    """

    def __init__(self, forward, modules, wanted, schedule, reading):
        firsts = first_names(modules)
        self.forward = forward
        self.modules = {name: module for name, module in modules.items() if firsts[name] == name}
        self.wanted = wanted
        self.schedule = schedule
        self.reading = reading
        self.look, self.seen_masks = self._look()
        if self._must_follow():
            self.look, self.seen_masks = self._look(follow=True)

    def _look(self, follow=False, shift=0, indices=None):
        """Show some inputs, with all modules listened to; `follow` what becomes of their axes."""
        take = self.schedule.take_seen
        if indices is None:
            indices = self.schedule.seen
        else:
            take = self.forward.inputs.taker(indices)
        (args, kwargs, entries), told, masks = self._batch(take, indices)
        self.reading.check_entries(entries)
        axes = Axes(entries, (args, kwargs)) if follow else None
        look = Look(self.modules, self.wanted, self.reading, axes)
        # Other numbers than in the batches, lest what is random agree.
        is_same = self.reading.rows == "dependent"
        self._seed(shift + (not is_same))
        hint = "" if self.schedule.n_seen == self.schedule.n_first else _CHECK
        before = self._drawn_from()
        with look.listening(), axes or nullcontext():
            output = self.forward(args, kwargs, hint)
        look.draws = self._drawn_from() != before
        look.note_parts("the network", output)
        look.check_parts()
        for end, tensor in self._ends(told, output):
            with at_place(f"column {end!r}"):
                look.note((end, 0), tensor)
        return look, masks

    def _seed(self, shift=0):
        """Seed the generators, if the network might draw from them."""
        if not self.forward.only_computes:
            seed_generators(self.reading.seed + shift, self.forward.device)

    def _drawn_from(self):
        """Return what tells, compared with later, whether the network drew random numbers."""
        return None if self.forward.only_computes else drawn_from(self.forward.device)

    def _batch(self, take, shown):
        """Return the arguments that some inputs are, what is read from them, and their masks.

        Made once of what many networks are lent, as it then depends on no other part of them.
        """
        ready = take.ready if self.forward.only_computes else {}
        key = self.forward.dtype, self.forward.device
        if key in ready:
            return ready[key]
        given = self.forward.batch(take)
        entries = self._apart(given[2])
        batch = given, entries, Masks(self.reading.masks, entries, shown)
        if take.kept is not None and entries.get(None) is take.kept:
            ready[key] = batch
        return batch

    def _apart(self, entries):
        """Return what masks and the input are read from, apart from what the network is given.

        It may write to that.
        """
        if self.forward.only_computes:
            return entries
        is_read = {
            name: self.reading.include_input or may_be_mask(name, values)
            for name, values in entries.items()
        }
        return {name: v.clone() if is_read[name] else v for name, v in entries.items()}

    def _ends(self, entries, output):
        """Yield the columns that are no layers, of those that are wanted."""
        for end in self.reading.ends:
            with at_place(f"column {end!r}"):
                if end == "input":
                    yield end, input_rows(entries)
                else:
                    yield end, _OF_LOGITS[end](logits(output, self.reading.output))

    def _must_follow(self):
        """Tell whether some output has axes beside those of inputs and units."""
        tensors = [seen for seen in self.look.seen.values() if seen.tensor is not None]
        n_seen = self.schedule.n_seen  # packed and nested sequences have no shape
        is_plain = all(s.shape and s.shape[0] == n_seen and len(s.shape) < 3 for s in tensors)
        may_be_padded = self.forward.inputs.may_be_padded
        return not is_plain or may_be_padded or self.reading.rows == "dependent"

    def is_leaf_to_read(self, key):
        """Tell whether a leaf has activations; where they are counted out, whether it seems so."""
        seen = self.look.seen[key]
        if seen.is_constant:
            return False
        if self.reading.n_layers is None:  # else it is told, once all is known
            return True
        try:
            check_tensor(seen.tensor, None)
            arrangement(tuple(plain(seen.tensor)[0].shape), self.schedule.n_seen, seen.axes)
        except LayerOutputError:
            return False
        return True

    def read(self, names):
        """Return the points of some columns, and why others are left out.

        Parameters
        ----------
        names : dict of (str, int) to str
            What the columns are called, by layer and call.

        Returns
        -------
        points : dict of str to (ndarray, int or ndarray)
            Points, and how many each input gave, in the order of `names`; of classes their scores.
        left_out : dict of str to str
            Layers without activations, and what they give.
        """
        schedule = self.schedule
        of_weights = cache(partial(rounding, self.forward.network))  # walks it once, if at all
        close = partial(tolerance, of_weights=of_weights, device=self.forward.device)
        columns = {
            key: Column(key[0], self.look.seen[key], schedule, self.reading, close) for key in names
        }
        recorder = Recorder(self.modules, columns, self._course(columns), self.reading)
        if self.look.draws and self.reading.check and self.reading.rows == "independent":
            self._refuse_random(columns)
        self._seed()
        with recorder.listening():
            for start, shown, take in schedule.batches:
                (args, kwargs, _), entries, masks = self._batch(take, shown)
                recorder.begin(start, len(shown), masks, self.seen_masks)
                output = self.forward(args, kwargs)
                for end, tensor in self._ends(entries, output):
                    recorder.write((end, 0), tensor, tensor)
                if start == 0:
                    left_out = self._settle(columns, len(shown))
                else:
                    self._refuse({key: c.problem for key, c in columns.items() if c.problem})
        points = {}
        for key in list(columns):
            with at_place(f"{'column' if key[0] in self.reading.ends else 'layer'} {key[0]!r}"):
                points[names[key]] = columns.pop(key).points()
        return points, left_out

    def _course(self, columns):
        """Return the calls of a forward pass, after which it may end; None if it may not.

        It may not where the network's output is wanted, or a module is called more than once.
        """
        calls = [name for name in self.look.calls if any(name == key[0] for key in columns)]
        is_whole = set(self.reading.ends) & set(_OF_LOGITS)
        return None if is_whole or len(set(calls)) < len(calls) else calls

    def _settle(self, columns, n_shown):
        """Tell what the first batch showed: layers that hold no activations, or other ones.

        Returns
        -------
        dict of str to str
            Which layers are left out, and why; tables of positions and the like without a word.
        """
        settle(columns.values())
        problems = {key: column.problem for key, column in columns.items() if column.problem}
        if self.reading.rows == "dependent":  # no batch of another size tells tables from rows
            apart = [key for key, column in columns.items() if not column.seen.depends]
            problems |= {key: Unreadable(_APART) for key in apart if self.wanted.get(key[0], False)}
        left_out = {key: p for key, p in problems.items() if self._is_left_out(key, p)}
        is_nothing_left = not any(key[0] in self.wanted for key in columns if key not in left_out)
        self._refuse(problems if is_nothing_left else _without(problems, left_out))
        for key, column in columns.items():
            if column.deviation:
                raise disagreement(
                    key[0],
                    column.deviation,
                    self.schedule.n_seen,
                    n_shown,
                    lambda shift, key=key: self._look(shift=shift)[0].seen[key].tensor,
                )
        for column in columns.values():
            column.seen.tensor = None
        for key in left_out:
            del columns[key]
        return {
            name: str(problem)
            for (name, _), problem in left_out.items()
            if not isinstance(problem, SameForAll)
        }

    def _refuse_random(self, columns):
        """Refuse layers that give other activations with other random numbers.

        A few inputs may agree by chance where little is random; and most networks that draw in
        evaluation mode make no use of it.
        """
        some = self.schedule.batches[0][1][:_SOME]
        first, _ = self._look(indices=some)
        for shift in range(1, _DRAWS):
            other, _ = self._look(shift=shift, indices=some)
            for key in columns:
                if not are_equal(first.seen[key].tensor, other.seen[key].tensor):
                    raise disagreement(
                        key[0],
                        float("inf"),
                        len(some),
                        len(some),
                        lambda again, key=key, shift=shift: (
                            self._look(shift=again * shift, indices=some)[0].seen[key].tensor
                        ),
                    )

    def _refuse(self, problems):
        """Raise what cannot be read, all of it in one message."""
        if problems:
            raise LayerOutputError(" ".join(_told(problems, self.reading.ends)))

    def _is_left_out(self, key, problem):
        """Tell whether a layer that cannot be read was not asked for but as one of all leaves."""
        return self.wanted.get(key[0], False) and isinstance(problem, Unreadable)


def _without(problems, some):
    return {key: problem for key, problem in problems.items() if key not in some}


def _told(problems, ends):
    """Return what cannot be read and why, layers of the same reason together."""
    names = {}
    for (name, _), problem in problems.items():
        names.setdefault((str(problem), "column" if name in ends else "layer"), []).append(name)
    for (problem, kind), those in names.items():
        yield f"{', '.join(f'{kind} {name!r}' for name in those)}: {problem}"
