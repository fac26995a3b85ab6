"""One network: which of its layers are read, and what their columns are called."""

from skactland.activations._ends import predicted_classes
from skactland.activations._forward import Forward
from skactland.activations._isolation import undisturbed
from skactland.activations._layers import evenly_spaced, select_layers
from skactland.activations._modules import named_layers, unheard_layers
from skactland.activations._reading import check_names
from skactland.activations._session import Session


def read_network(network, inputs, schedule, reading, name, row):
    """Return, by column in the order of execution, a layer's points and how many each input gave.

    And the layers that are left out since they hold no activations, with the reason. `name` is what
    the network is called in warnings, `row` the :class:`Row` that it stands in.
    """
    modules = named_layers(network)
    columns, by_leaf = select_layers(modules, reading.layers, reading.exclude)
    for end in reading.ends:
        if end in columns or end in columns.values():
            raise ValueError(
                f"it has a layer called {end!r} itself; use include_{end}=False, or leave "
                "that layer out of `layers`."
            )
    check_names(reading, [*modules, *reading.ends], inputs)
    unheard = unheard_layers(modules)
    if refused := [name for name in columns if name in unheard and name not in by_leaf]:
        raise ValueError(" ".join(f"layer {name!r} is {unheard[name]}" for name in refused))
    columns = {name: column for name, column in columns.items() if name not in unheard}
    wanted = {name: name in by_leaf for name in columns}
    heard = {name: module for name, module in modules.items() if name not in unheard}
    may_be_pure = inputs.prepare is not None and not callable(reading.output)
    with undisturbed(network, reading.device, name, row, may_be_pure) as (device, state):
        forward = Forward(network, modules, inputs, reading, device, state)
        session = Session(forward, heard, wanted, schedule, reading)
        order = [key for key in session.look.seen if key[0] in columns]
        _check_called(columns, by_leaf, order, reading.ends)
        order = [key for key in order if key[0] not in by_leaf or session.is_leaf_to_read(key)]
        names = _column_names(order, columns, reading)
        ends = {(end, 0): end for end in reading.ends}
        first = {key: end for key, end in ends.items() if end == "input"}
        points, left_out = session.read({**first, **names, **ends})
    if "classes" in reading.ends:
        # From the scores of all batches: those of an input in another batch agree to rounding, the
        # largest of them may be another.
        scores, counts = points["classes"]
        points["classes"] = predicted_classes(scores, name), counts
    return points, {**{name: unheard[name] for name in by_leaf if name in unheard}, **left_out}


def _column_names(order, columns, reading):
    """Return the names of the columns, by (layer, call)."""
    repeated = {name for name, call in order if call > 0}
    names = {
        (name, call): f"{columns[name]}@{call}" if name in repeated else columns[name]
        for name, call in order
    }
    if len(set(names.values())) < len(names):
        raise ValueError(f"two layers would share a name among {list(names.values())}; rename one.")
    return names if reading.n_layers is None else evenly_spaced(order, reading.n_layers)


def _check_called(columns, by_leaf, order, ends):
    """Refuse layers that were asked for and that the forward pass never called.

    "leaf" asks for those that are called; it is refused only if none is, and nothing else wanted.
    """
    called = {name for name, _ in order}
    idle = [name for name in columns if name not in called]
    named = [name for name in idle if name not in by_leaf]
    if named or not (called or ends):
        raise ValueError(
            f"the forward pass never called {', '.join(map(repr, named or idle))}; choose other "
            "`layers`, or name these in `exclude`. What a network gives as a whole is read with "
            "include_logits=True."
        )
