"""Digests by content: equal for copies, different after any change that could matter."""

import copy
import enum
import functools
import importlib
import os
import pickle
import re
import subprocess
import sys
import threading
import types
import warnings
from collections import Counter, OrderedDict, defaultdict, deque
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numba
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch import nn

import skactland.activations  # noqa: F401  registers what torch knows
from skactland._table._digest import Undigestible, digest, plain_array


def test_digest_is_the_same_in_another_process(make_network):
    code = (
        "from conftest import mlp; from skactland._table._digest import digest; "
        "import skactland.activations; "
        "print(digest(mlp(3), {'b': 1}, {3, 1}, print, len))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="tests"
    )
    assert done.stdout == digest(make_network(3), {"b": 1}, {3, 1}, print, len) + "\n"


def test_digest_tells_values_apart():
    values = [
        0, 0.0, "0", b"0", None, (), [], {}, (0,), [0], ([0], []), ([], [0]), "ab", ("a", "b"),
        np.zeros(2), np.zeros(2, np.float32), np.zeros((2, 1)), np.array(["a"]),
        np.array([None]), torch.zeros(2), torch.zeros(2, dtype=torch.bfloat16), nn.ReLU(),
        nn.Tanh(), nn.Linear, {"a": 0}, {"a": 1}, slice(1), lambda: 0, lambda: 1, lambda x=1: 0,
    ]  # fmt: skip
    assert len({digest(value) for value in values}) == len(values)


def test_digest_sees_sharing():
    one, two = nn.Linear(2, 2), nn.Linear(2, 2)
    two.load_state_dict(one.state_dict())
    assert digest(nn.Sequential(one, one)) != digest(nn.Sequential(one, two))
    nested = []
    for _ in range(60):  # 2**60 paths
        nested = [nested, nested]
    assert digest(nested) == digest(copy.deepcopy(nested))


BODIES = {
    "other attribute": "scale = 3\n    def forward(self, x): return self.scale * x",
    "an attribute": "scale = 2\n    def forward(self, x): return self.scale * x",
    "static method": "f = staticmethod(lambda x: 2)\n    def forward(self, x): self.f(x)",
    "other static method": "f = staticmethod(lambda x: x)\n    def forward(self, x): self.f(x)",
    "a property": "f = property(lambda self: 2)\n    def forward(self, x): return self.f * x",
    "other property": "f = property(lambda self: 3)\n    def forward(self, x): return self.f * x",
    "methods": "def f(self, x): return x\n    def forward(self, x): return 2 * x",
    "methods swapped": "def forward(self, x): return x\n    def f(self, x): return 2 * x",
    "a constant": "def forward(self, x): return CONSTANT * x",
    "other constant": "def forward(self, x): return (CONSTANT + 1) * x",
    "a function": "def forward(self, x): return double(x)",
    "a slot": "__slots__ = ('a',)\n    def forward(self, x): return x",
}


def defined(body, name="Network", **variables):
    """An instance of a class of the user's, written anew."""
    names = {"nn": nn, "__name__": "not_installed", **variables}
    exec(f"class {name}(nn.Module):\n    {body}", names)
    return names[name]()


def double(x):
    return 2 * x


def triple(x):
    return 3 * x


def test_digest_sees_all_that_a_class_defines():
    variables = {"CONSTANT": 2, "double": double}
    found = {name: digest(defined(body, **variables)) for name, body in BODIES.items()}
    assert len(set(found.values())) == len(BODIES)
    assert found == {name: digest(defined(body, **variables)) for name, body in BODIES.items()}
    for name, other in [("a constant", {"CONSTANT": 5}), ("a function", {"double": triple})]:
        assert found[name] != digest(defined(BODIES[name], **(variables | other)))
    unused = variables | {"log": [1, 2, 3], "unused": 7}
    assert found["a constant"] == digest(defined(BODIES["a constant"], **unused))


class WithSlots:
    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value


def empty_cell():
    def inner():
        return later

    if inner is None:
        later = 0
    return inner


def quantised(seed):
    torch.manual_seed(seed)
    linear = nn.Linear(3, 2).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch deprecates these tensors; people still have them
        return torch.quantize_per_tensor(linear.weight.detach(), 0.1 + seed, 0, torch.qint8)


@pytest.mark.parametrize(
    "make",
    [
        WithSlots,
        lambda v: deque([1, v]),
        lambda v: [v].append,
        lambda v: re.compile(str(v)),
        lambda v: np.random.default_rng(v),
        lambda v: torch.Generator().manual_seed(v),
        lambda v: torch.tensor([[0.0, v + 1]]).to_sparse(),
        lambda v: torch.torch_version.TorchVersion(f"2.{v}"),
        lambda v: np.array([None, v]),
        lambda v: partial(max, v),
        quantised,
        lambda v: [torch.float32, torch.float64][v],
    ],
)
def test_digest_of_unusual_values(make):
    assert digest(make(0)) == digest(make(0)) != digest(make(1))


def test_digest_of_an_empty_cell():
    assert digest(empty_cell()) == digest(empty_cell())


def test_inner_wrappers_do_not_change_the_digest(make_network):
    plain = nn.Sequential(make_network(), nn.ReLU())
    wrapped = nn.Sequential(nn.DataParallel(make_network()), nn.ReLU())
    compiled = nn.Sequential(torch.compile(make_network(), backend="eager"), nn.ReLU())
    assert digest(plain) == digest(wrapped) == digest(compiled)
    compiled(torch.zeros(2, 4))
    assert digest(plain) == digest(compiled)


def test_digest_of_a_recurrent_network_and_of_a_cycle():
    lstm = nn.LSTM(3, 4)
    assert digest(lstm) == digest(copy.deepcopy(lstm)) == digest(pickle.loads(pickle.dumps(lstm)))
    cycle = nn.Linear(2, 2)
    cycle.me = [cycle]
    assert digest(cycle) == digest(copy.deepcopy(cycle))


# What a function reads


def function(body, **variables):
    """A function of the user's, with variables of its module, written anew."""
    names = {"__name__": "not_installed", **variables}
    exec(f"def function(x):\n    return {body}", names)
    return names["function"]


def module(name="settings", **variables):
    made = types.ModuleType(name)
    vars(made).update(variables)
    return made


@dataclass
class Settings:
    scale: int


@dataclass(frozen=True, slots=True)
class Frozen:
    scale: int


class Pair(NamedTuple):
    scale: int
    other: int = 0


class Scale(enum.Enum):
    ONE = 1
    TWO = 2


class Plain:
    def __init__(self, scale):
        self.scale = scale

    def times(self, x):
        return self.scale * x

    def __call__(self, x):
        return self.scale * x


class OwnDict(dict):
    pass


def with_attribute(v):
    made = function("x")
    made.scale = v
    return made


def own_array(v):
    made = np.zeros(2).view(type("Own", (np.ndarray,), {"__module__": "not_installed"}))
    made.scale = v
    return made


GLOBALS = {
    "number": ("C * x", lambda v: v),
    "dictionary": ("C['scale'] * x", lambda v: {"scale": v}),
    "dictionary in one": ("C['a']['scale'] * x", lambda v: {"a": {"scale": v}}),
    "own dictionary": ("C['scale'] * x", lambda v: OwnDict(scale=v)),
    "default dictionary": ("C['scale'] * x", lambda v: defaultdict(int, scale=v)),
    "ordered dictionary": ("C['scale'] * x", lambda v: OrderedDict(scale=v)),
    "read-only dictionary": ("C['scale'] * x", lambda v: types.MappingProxyType({"scale": v})),
    "list": ("C[0] * x", lambda v: [v]),
    "tuple of lists": ("C[0][0] * x", lambda v: ([v],)),
    "deque": ("C[0] * x", lambda v: deque([v])),
    "set": ("x in C", lambda v: {"a", f"b{v}", "c"}),
    "frozen set": ("x in C", lambda v: frozenset(["a", f"b{v}"])),
    "counter": ("C[x]", lambda v: Counter({"a": v})),
    "namespace": ("C.scale * x", lambda v: types.SimpleNamespace(scale=v)),
    "data class": ("C.scale * x", Settings),
    "frozen data class": ("C.scale * x", Frozen),
    "named tuple": ("C.scale * x", Pair),
    "member": ("C.value * x", lambda v: list(Scale)[v]),
    "instance": ("C.scale * x", Plain),
    "callable instance": ("C(x)", Plain),
    "bound method": ("C(x)", lambda v: Plain(v).times),
    "class": ("C.scale * x", lambda v: type("C", (), {"scale": v, "__module__": "not_installed"})),
    "attribute of a function": ("C.scale * x", with_attribute),
    "function that reads": ("C(x)", lambda v: function("D[0] * x", D=[v])),
    "closure": ("C(x)", lambda v: lambda x: v * x),
    "partial": ("C(x)", lambda v: partial(pow, v)),
    "cached function": ("C(x)", lambda v: functools.cache(function("D * x", D=v))),
    "wrapping function": ("C(x)", lambda v: functools.wraps(Plain)(function("D * x", D=v))),
    "compiled function": ("C(x)", lambda v: numba.njit(function("D * x", D=v))),
    "module": ("C.scale * x", lambda v: module(scale=v)),
    "module in one": ("C.a.scale * x", lambda v: module(a=module("a", scale=v))),
    "function of a module": ("C.f(x)", lambda v: module(f=function("D * x", D=v))),
    "module handed on": ("vars(C)['scale'] * x", lambda v: module(scale=v)),
    "array": ("C * x", lambda v: np.array([0, v])),
    "masked array": ("C * x", lambda v: np.ma.array([0, 1], mask=[True, v])),
    "own array": ("C.scale * x", own_array),
    "array of objects": ("C[0] * x", lambda v: np.array([Settings(v), None])),
    "tensor": ("C * x", lambda v: torch.tensor([0, v])),
    "regular expression": ("C.match(x)", lambda v: re.compile(f"a{v}")),
    "property": (
        "C().scale * x",
        lambda v: type(
            "C", (), {"scale": functools.cached_property(lambda s: v), "__module__": "mine"}
        ),
    ),
}


@pytest.mark.parametrize("kind", GLOBALS)
def test_globals_count_by_content(kind):
    body, make = GLOBALS[kind]
    found = digest(function(body, C=make(0)))
    assert found == digest(function(body, C=make(0)))
    assert found != digest(function(body, C=make(1)))
    assert found == digest(function(body, C=make(0), another=make(1)))


def test_a_change_in_place_counts():
    settings = {"scale": [1]}
    read = function("C['scale'][0] * x", C=settings)
    before = digest(read)
    settings["scale"][0] = 2
    assert digest(read) != before
    settings["scale"][0] = 1
    assert digest(read) == before


def test_inner_functions_and_comprehensions_are_looked_into():
    for body in ("(lambda: C * x)()", "[C * y for y in x]", "{y for y in x if (lambda: C)()}"):
        assert digest(function(body, C=1)) != digest(function(body, C=2))


def test_what_is_not_read_does_not_count():
    lock = threading.Lock()
    read = function("x.log(C.scale)", C=module(scale=1, log=lock), log=lock)
    assert digest(read) == digest(function("x.log(C.scale)", C=module(scale=1)))


@pytest.mark.parametrize(
    "body", ["import late_one\n    late_one.scale", "from late_one import scale\n    scale"]
)
def test_what_a_function_imports_when_it_runs_counts(tmp_path, monkeypatch, body):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def found(scale):
        monkeypatch.delitem(sys.modules, "late_one", raising=False)
        (tmp_path / "late_one.py").write_text(f"scale = {scale}\n")
        importlib.invalidate_caches()
        names = {"__name__": "not_installed"}
        exec(f"def function(x):\n    {body} * x", names)
        return digest(names["function"])

    assert found(1) == found(1) != found(2)
    monkeypatch.delitem(sys.modules, "late_one")
    (tmp_path / "late_one.py").write_text("raise ImportError")
    names = {"__name__": "not_installed"}
    exec(f"def function(x):\n    {body} * x", names)
    assert digest(names["function"])


def test_cycles_end():
    def itself(v):
        made = {"v": v}
        made["me"] = [made]
        return made

    def of_a_set(v):
        made = Plain(v)
        made.members = {made}
        return made

    def recursive(v):
        variables = {"C": v}
        made = function("D['f'](C)", **variables, D={})
        made.__globals__["D"]["f"] = made
        return made

    def of_a_module(v):
        made = module(scale=v)
        made.me = made
        return function("vars(C)", C=made)

    for make in (itself, of_a_set, recursive, of_a_module):
        assert digest(make(0)) == digest(make(0)) != digest(make(1)), make.__name__


def test_what_cannot_be_seen_is_named():
    with pytest.raises(Undigestible, match=r"C\.lock is a _thread\.lock, whose content cannot"):
        digest(function("C['lock']", C={"lock": threading.Lock()}))
    with pytest.raises(Undigestible, match=r"C\.inner\.steps is a builtins\.generator"):
        digest(function("C", C={"inner": types.SimpleNamespace(steps=(i for i in ()))}))


class Refusing:
    """An object that cannot be looked at, and says so in a way of its own."""

    def __reduce__(self):
        return 3


def test_foreign_errors_mean_that_it_cannot_be_seen():
    with pytest.raises(Undigestible, match=r"thing cannot be read \('int' object is not"):
        digest({"thing": Refusing()})


def test_files_are_left_alone(tmp_path):
    path = tmp_path / "notes"
    path.write_text("words")
    with open(path) as file:
        with pytest.raises(Undigestible, match="TextIOWrapper"):
            digest(file)
        assert file.read() == "words"


FRESH = """
from dataclasses import dataclass
import numpy as np
from skactland._table._digest import digest

@dataclass
class Settings:
    names: set

SETTINGS = Settings({"a", "b", ("c", frozenset("xyz"))})

def metric(a, b):
    return 0 if a in {"one", "two", "three"} else SETTINGS.names

print(digest(metric, {"p": np.arange(3)}, set("abcdef"), [SETTINGS] * 2))
"""


def test_digest_is_the_same_whatever_the_order_of_hashes():
    one, other = (
        subprocess.run(
            [sys.executable, "-c", FRESH],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1")
    )
    assert one == other


# Numbers


@given(
    hnp.arrays(
        st.sampled_from([np.float64, np.float32, np.int64, ">f8", np.bool_, "U3", np.complex64]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    )
)
def test_arrays_count_by_their_numbers(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("map") / "values.npy"
    np.save(path, values)
    frozen = values.copy()
    frozen.flags.writeable = False
    others = [np.asfortranarray(values), frozen, values[..., None][..., 0], values.T.copy().T]
    if values.size:
        others.append(np.load(path, mmap_mode="r"))
    for other in others:
        other = other.reshape(values.shape)
        assert digest(other) == digest(values)
    assert digest(values) != digest(values[None])


def test_plain_array():
    values = np.arange(6.0).reshape(2, 3)
    for other in (values, values.tolist(), tuple(map(tuple, values)), torch.tensor(values)):
        assert digest(plain_array(other)) == digest(values)
    half = torch.tensor(values, dtype=torch.bfloat16, requires_grad=True)
    assert digest(plain_array(half)) == digest(values)
    for other in ([[1, 2], [3]], None, np.ma.array([1, 2], mask=[True, False])):
        assert type(plain_array(other)) in (list, np.ndarray, np.ma.MaskedArray)


TENSORS = """
import sys, numpy as np, torch
from skactland._table._digest import digest
t = torch.arange(6.0).reshape(2, 3)
found = [digest({"w": w}) for w in (t, t.clone(), t.T.clone().T, t + 1, t.bfloat16())]
assert found[0] == found[1] == found[2]
assert len(set(found)) == 3
assert "skactland.activations" not in sys.modules
"""


def test_tensors_count_by_their_numbers_where_nothing_else_knows_torch():
    subprocess.run([sys.executable, "-c", TENSORS], check=True)


@given(hnp.arrays(np.float32, (5, 3), elements=st.floats(-9, 9, width=32)), st.integers(0, 59))
def test_digests_tell_what_an_accident_does(values, byte):
    garbled = values.copy()
    garbled.view(np.uint8).reshape(-1)[byte] ^= 0x10
    assert digest(garbled) != digest(values)
    assert digest({"a": [values]}) == digest({"a": [values.copy()]})


def code_of(body, **names):
    """The function f that a text defines, among some global names."""
    variables = {"__name__": "__main__", **names}
    exec(body, variables)
    return variables["f"]


def test_a_module_without_a_file_is_the_users_own(monkeypatch):
    settings = types.ModuleType("settings_made_at_run_time")
    monkeypatch.setitem(sys.modules, settings.__name__, settings)
    f = code_of("def f(x): return settings.scale * x", settings=settings)
    settings.scale = 1.0
    before = digest(f)
    settings.scale = 2.0
    assert digest(f) != before


def test_a_function_that_goes_by_a_librarys_name_counts_by_what_it_reads():
    body = "@wraps(library)\ndef f(x): return scale * library(x)"
    one, two = (code_of(body, wraps=functools.wraps, library=np.mean, scale=s) for s in (1.0, 2.0))
    assert one.__module__ == np.mean.__module__
    assert digest(one) != digest(two)


def test_the_kinds_of_arguments_count():
    one, two = (code_of(f"def f(x, {y}): return y") for y in ("y", "*y"))
    assert digest(one) != digest(two)
