"""The callbacks of the recorder, each under the trainer that calls it or one with its manners."""

import copy
import math
import pickle
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import skorch
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from torch import nn
from transformers import BertConfig, BertForSequenceClassification, TrainerControl, TrainerState
from transformers.trainer_callback import CallbackHandler, DefaultFlowCallback, TrainerCallback

from skactland import LayerActivationExtractor, SnapshotRecorder
from skactland.training._callbacks import Hooks

X = torch.linspace(-1, 1, 96).reshape(24, 4)
Y = torch.arange(24) % 3


class Counted(nn.Module):
    """A network whose single weight says how many steps it has made."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return x * self.weight


def steps_of(recorder, name="weight"):
    return [int(snapshot[name].item()) for snapshot in recorder.snapshots_]


class TestSkorch:
    """24 samples in batches of 8: three steps an epoch."""

    @pytest.fixture
    def make_net(self, make_network):
        def make(*callbacks, max_epochs=4, **changes):
            torch.manual_seed(0)
            settings = {
                "criterion": nn.CrossEntropyLoss,
                "batch_size": 8,
                "train_split": None,
                "verbose": 0,
            }
            return skorch.NeuralNetClassifier(
                nn.Sequential(nn.Dropout(0.3), make_network()),
                callbacks=list(callbacks),
                max_epochs=max_epochs,
                iterator_train__shuffle=True,
                **(settings | changes),
            )

        return make

    @pytest.mark.parametrize(
        ("unit", "every", "index"),
        [
            ("epoch", 1, [0, 1, 2, 3, 4]),
            ("epoch", 3, [0, 3]),
            ("step", 5, [0, 5, 10]),
            ("step", 3, [0, 3, 6, 9, 12]),
        ],
    )
    @pytest.mark.parametrize("train_split", [None, skorch.dataset.ValidSplit(3)])
    def test_index(self, make_net, unit, every, index, train_split):
        recorder = SnapshotRecorder()
        net = make_net(
            recorder.callback("skorch", every=every, unit=unit),
            train_split=train_split,
            batch_size=8 if train_split is None else 6,  # three steps also of two thirds
        )
        net.fit(X, Y)
        assert recorder.index_ == index

    def test_training_does_not_notice(self, make_net, probe):
        recorder = SnapshotRecorder(LayerActivationExtractor(probe))
        alone = make_net().fit(X, Y).module_.state_dict()
        watched = make_net(recorder.callback("skorch")).fit(X, Y).module_.state_dict()
        assert recorder.table().shape == (5, 6)
        assert all(torch.equal(alone[name], watched[name]) for name in alone)

    @pytest.mark.parametrize(("unit", "last"), [("epoch", 6), ("step", 18)])
    def test_partial_fit_goes_on(self, make_net, unit, last):
        recorder = SnapshotRecorder()
        net = make_net(recorder.callback("skorch", unit=unit), max_epochs=2)
        for _ in range(3):
            net.partial_fit(X, Y)
        assert recorder.index_ == list(range(last + 1))

    def test_fit_begins_anew(self, make_net):
        recorder = SnapshotRecorder()
        net = make_net(recorder.callback("skorch"), max_epochs=3)
        net.fit(X, Y)
        net.set_params(max_epochs=2).fit(X, Y)
        assert recorder.index_ == [0, 1, 2]

    def test_copies_have_recorders_of_their_own(self, make_net):
        recorder = SnapshotRecorder()
        net = make_net(recorder.callback("skorch"), max_epochs=2)
        for again in (clone(net), copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
            again.fit(X, Y)
            callback = dict(again.callbacks_)["SnapshotCallback"]
            assert callback.recorder is not recorder
            assert callback.recorder.index_ == [0, 1, 2]
        assert recorder.index_ == []

    def test_search_over_its_parameters(self, make_net):
        net = make_net(("snapshots", SnapshotRecorder().callback("skorch")))
        grid = {"callbacks__snapshots__every": [1, 2]}
        search = GridSearchCV(net, grid, cv=2).fit(X.numpy(), Y.numpy())
        recorder = dict(search.best_estimator_.callbacks_)["snapshots"].recorder
        assert recorder.index_ in ([0, 1, 2, 3, 4], [0, 2, 4])


class Handler(CallbackHandler):
    """What the Trainer of Hugging Face does with callbacks; the loop itself needs accelerate."""

    def __init__(self, model, *callbacks):
        super().__init__([DefaultFlowCallback, *callbacks], model, None, None, None)
        self.state, self.control = TrainerState(epoch=0, max_steps=10**9), TrainerControl()
        self.arguments = SimpleNamespace(
            logging_first_step=False, **dict.fromkeys(("logging_strategy", "eval_strategy"), "no")
        )
        self.arguments.save_strategy = "no"

    def event(self, name):
        getattr(self, name)(self.arguments, self.state, self.control)

    def train(self, n_epochs, *, n_batches=6, accumulation=1, max_steps=math.inf):
        self.event("on_init_end")
        self.event("on_train_begin")
        for epoch in range(int(self.state.epoch), n_epochs):
            self.event("on_epoch_begin")
            for batch in range(n_batches):
                if (batch + 1) % accumulation:
                    self.event("on_substep_end")
                    continue
                self.event("on_step_begin")
                self.event("on_pre_optimizer_step")
                with torch.no_grad():
                    next(self.model.parameters()).add_(1)
                self.event("on_optimizer_step")
                self.state.global_step += 1
                self.state.epoch = epoch + (batch + 1) / n_batches
                self.event("on_step_end")
                if self.state.global_step >= max_steps:
                    break
            self.event("on_epoch_end")
            if self.state.global_step >= max_steps:
                break
        self.event("on_train_end")


class TestTransformers:
    @pytest.mark.parametrize(
        ("unit", "every", "index", "steps"),
        [
            ("epoch", 1, [0, 1, 2, 3], [0, 3, 6, 9]),
            ("epoch", 2, [0, 2], [0, 6]),
            ("step", 1, list(range(10)), list(range(10))),
            ("step", 4, [0, 4, 8], [0, 4, 8]),
        ],
    )
    def test_index(self, unit, every, index, steps):
        recorder = SnapshotRecorder()
        callback = recorder.callback("transformers", unit=unit, every=every)
        Handler(Counted(), callback).train(3, accumulation=2)
        assert recorder.index_ == index
        assert steps_of(recorder) == steps

    def test_an_epoch_that_is_cut_short(self):
        recorder = SnapshotRecorder()
        Handler(Counted(), recorder.callback("transformers")).train(3, max_steps=9)
        assert recorder.index_ == [0, 1, 1.5]
        assert steps_of(recorder) == [0, 6, 9]

    @pytest.mark.parametrize("unit", ["epoch", "step"])
    def test_a_training_that_is_resumed(self, unit):
        recorder = SnapshotRecorder()
        handler = Handler(Counted(), recorder.callback("transformers", unit=unit))
        handler.train(2)
        handler.train(4)
        assert recorder.index_ == list(range(5 if unit == "epoch" else 25))

    def test_another_training_is_refused_before_it_begins(self):
        recorder = SnapshotRecorder()
        Handler(Counted(), recorder.callback("transformers")).train(2)
        another = Counted()
        with pytest.raises(ValueError, match=r"got 0 after 2.*make another recorder"):
            Handler(another, recorder.callback("transformers")).train(2)
        assert another.weight == 0

    def test_clouds_of_a_bert(self):
        shape = {"hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 8}
        torch.manual_seed(0)
        bert = BertForSequenceClassification(
            BertConfig(vocab_size=30, num_hidden_layers=2, **shape)
        )
        probe = {"input_ids": np.arange(60).reshape(10, 6) % 30}
        recorder = SnapshotRecorder(
            LayerActivationExtractor(probe, layers="encoder.layer.*.output")
        )
        Handler(bert, recorder.callback("transformers", submodule="bert")).train(2)
        assert recorder.table().shape == (3, 2)
        assert recorder.table()[0, 0].shape == (10, 8)

    def test_is_of_the_class_that_the_trainer_takes(self):
        assert isinstance(SnapshotRecorder().callback("transformers"), TrainerCallback)


#: The hooks of lightning.pytorch.Callback in a fit, and what its Trainer adds to itself and the
#: module.
HOOKS = {
    "setup": ["stage"],
    "teardown": ["stage"],
    "on_fit_start": [],
    "on_fit_end": [],
    "on_sanity_check_start": [],
    "on_sanity_check_end": [],
    "on_train_start": [],
    "on_train_end": [],
    "on_train_epoch_start": [],
    "on_train_epoch_end": [],
    "on_train_batch_start": ["batch", "batch_idx"],
    "on_train_batch_end": ["outputs", "batch", "batch_idx"],
    "on_before_backward": ["loss"],
    "on_after_backward": [],
    "on_before_optimizer_step": ["optimizer"],
}


def hook(arguments):
    names = ", ".join(["self", "trainer", "pl_module", *arguments])
    return eval(f"lambda {names}: None")


@pytest.fixture
def install(monkeypatch):
    """Put a stand-in where Lightning would be, under one of its names; return its Callback."""

    def make(name="lightning.pytorch"):
        module = ModuleType(name)
        methods = {name: hook(arguments) for name, arguments in HOOKS.items()}
        module.Callback = type("Callback", (), {**methods, "state_key": "SnapshotCallback"})
        monkeypatch.setitem(sys.modules, name, module)
        return module.Callback

    return make


class Trainer:
    """What the Trainer of Lightning does with callbacks, in its order and with its counts."""

    def __init__(self, *callbacks, kind, max_epochs=3, n_batches=6, accumulation=1, optimisers=1):
        assert all(isinstance(callback, kind) for callback in callbacks)  # else it raises, as this
        self.callbacks = callbacks
        self.max_epochs, self.n_batches = max_epochs, n_batches
        self.accumulation, self.optimisers = accumulation, optimisers
        self.current_epoch = self.global_step = 0

    def call(self, name, *arguments):
        for callback in self.callbacks:
            assert callback.state_key
            getattr(callback, name)(self, self.module, *arguments)

    def fit(self, module):
        self.module = module
        self.call("setup", "fit")
        self.call("on_fit_start")
        self.call("on_sanity_check_start")
        self.call("on_sanity_check_end")
        self.call("on_train_start")
        while self.current_epoch < self.max_epochs:
            self.call("on_train_epoch_start")
            for i in range(self.n_batches):
                self.call("on_train_batch_start", X, i)
                self.call("on_before_backward", torch.zeros(1))
                self.call("on_after_backward")
                if (i + 1) % self.accumulation == 0:
                    for _ in range(self.optimisers):
                        self.call("on_before_optimizer_step", None)
                        with torch.no_grad():
                            next(module.parameters()).add_(1)
                        self.global_step += 1
                self.call("on_train_batch_end", {"loss": torch.zeros(1)}, X, i)
            self.call("on_train_epoch_end")
            self.current_epoch += 1
        self.call("on_train_end")
        self.call("on_fit_end")
        self.call("teardown", "fit")


class TestLightning:
    @pytest.mark.parametrize(
        ("changes", "unit", "every", "index", "steps"),
        [
            ({}, "epoch", 1, [0, 1, 2, 3], [0, 6, 12, 18]),
            ({}, "epoch", 2, [0, 2], [0, 12]),
            ({}, "step", 5, [0, 5, 10, 15], [0, 5, 10, 15]),
            ({"accumulation": 2}, "step", 4, [0, 4, 8], [0, 4, 8]),
            ({"accumulation": 2}, "epoch", 1, [0, 1, 2, 3], [0, 3, 6, 9]),
            ({"optimisers": 2}, "step", 12, [0, 12, 24, 36], [0, 12, 24, 36]),
        ],
    )
    def test_index(self, install, changes, unit, every, index, steps):
        kind = install()
        recorder = SnapshotRecorder()
        callback = recorder.callback("lightning", unit=unit, every=every)
        Trainer(callback, kind=kind, **changes).fit(Counted())
        assert recorder.index_ == index
        assert steps_of(recorder) == steps

    @pytest.mark.parametrize(
        "names",
        [["lightning.pytorch"], ["pytorch_lightning"], ["pytorch_lightning", "lightning.pytorch"]],
    )
    def test_each_of_its_packages_takes_it(self, install, names):
        kinds = [install(name) for name in names]
        for kind in kinds:
            recorder = SnapshotRecorder()
            Trainer(recorder.callback("lightning"), kind=kind).fit(Counted())
            assert recorder.index_ == [0, 1, 2, 3]

    def test_fit_again_with_more_epochs(self, install):
        kind = install()
        recorder = SnapshotRecorder()
        trainer = Trainer(recorder.callback("lightning"), kind=kind)
        module = Counted()
        trainer.fit(module)
        trainer.max_epochs = 5
        trainer.fit(module)
        assert recorder.index_ == list(range(6))

    def test_the_network_that_a_module_holds(self, install, make_network, probe):
        """Many a LightningModule has no forward pass of its own."""
        kind = install()
        module = nn.Module()
        module.parts = nn.ModuleDict({"generator": make_network()})
        recorder = SnapshotRecorder(LayerActivationExtractor(probe))
        callback = recorder.callback("lightning", submodule="parts.generator")
        Trainer(callback, kind=kind).fit(module)
        assert recorder.table().shape == (4, 5)

    def test_a_part_that_there_is_not(self, install, make_network):
        kind = install()
        callback = SnapshotRecorder().callback("lightning", submodule="ac1")
        with pytest.raises(ValueError, match=r"submodule='ac1' .* Sequential: did you mean 'act1'"):
            Trainer(callback, kind=kind).fit(make_network())


class TestEvery:
    @given(
        st.lists(st.integers(0, 3)),
        st.integers(1, 6),
        st.integers(0, 20),
        st.sampled_from(["epoch", "step"]),
    )
    def test_each_multiple_that_is_reached_is_recorded_once(self, increments, every, start, unit):
        recorder, network = SnapshotRecorder(), Counted()
        counts = np.cumsum([start, *increments]).tolist()
        hooks = Hooks(recorder, every, unit)
        for count in counts:
            hooks.offer(network, **{unit: count})
            hooks.offer(network, **{"step" if unit == "epoch" else "epoch": 0})  # the other is none
        assert recorder.index_ == sorted({count for count in counts if count % every == 0})

    @pytest.mark.parametrize(
        ("changes", "error", "words"),
        [
            ({"framework": "keras"}, ValueError, "framework must be one of .*'lightning'"),
            ({"every": 0}, ValueError, "every must be"),
            ({"every": 0.5}, TypeError, "every must be"),
            ({"unit": "batch"}, ValueError, r"unit must be one of \['epoch', 'step'\]"),
        ],
    )
    def test_bad_input(self, changes, error, words):
        with pytest.raises(error, match=words):
            SnapshotRecorder().callback(**({"framework": "skorch"} | changes))
