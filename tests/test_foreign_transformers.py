"""Transformers as people have them: the points are those of hand-written hooks and definitions."""

import functools
import warnings

import pytest
import torch
from architectures import ARCHITECTURES
from foreign import (
    fits,
    hear,
    holds_values,
    of_first_fit,
    pool_map,
    pool_tokens,
    read,
    same_values,
    take,
)
from numpy.testing import assert_allclose, assert_array_equal

# Each with as many inputs as it has tokens, where sizes tell nothing, and with nine.
HARD = [(name, of.n_tokens) for name, of in ARCHITECTURES.items()]
CASES = [*HARD, *((name, 9) for name in ARCHITECTURES)]


class Case:
    """A network, its probe, and what plain hooks hear of it."""

    def __init__(self, name, n_inputs):
        torch.manual_seed(0)
        self.of = ARCHITECTURES[name]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a library says of its own
            self.network, self.probe = self.of.make(n_inputs)
            self.heard = hear(self.network, self.probe)
            self.of_fewer = hear(self.network, take(self.probe, slice(n_inputs - 2)))
        self.n_inputs = n_inputs

    def output(self, name):
        """What a layer gave, input by input."""
        tensor = self.heard.last[name]
        return tensor.transpose(0, 1) if self.layout(name) == "time_first" else tensor

    def layout(self, name):
        return of_first_fit(name, self.of.layouts)

    def mask(self, name):
        entry = of_first_fit(name, self.of.masks)
        return None if entry is None else self.probe[entry]

    def is_same_for_all(self, name):
        """Tell whether a layer gives the same whatever is shown, once or for each input."""
        if self.heard.last[name].shape == self.of_fewer.last[name].shape:
            return True
        output = self.output(name)
        return len(output) == self.n_inputs and bool((output == output[:1]).all())

    def is_sequence(self, name):
        output = self.heard.last[name]
        return output.ndim == 3 and self.layout(name) in (None, "time_first")

    def is_map(self, name):
        is_map = self.layout(name) in ("channels_first", "channels_last")
        return is_map and self.heard.last[name].ndim > 2


@functools.cache
def make_case(name, n_inputs):
    return Case(name, n_inputs)


def name_case(case):
    return f"{case[0]}, {case[1]} inputs"


@pytest.fixture(params=CASES, ids=name_case)
def case(request):
    return make_case(*request.param)


def test_the_default_gives_a_table_and_leaves_nothing_out_silently(case):
    clouds, told = read(case.network, case.probe)
    assert len(told) <= 1
    for name in case.heard.leaves:
        if name not in clouds:
            could_not = fits(name, (*case.of.merged, *case.of.unreadable))
            assert case.is_same_for_all(name) or (could_not and name in told[0]), name
    assert not [name for name in clouds if fits(name, case.of.unreadable)]
    for name, cloud in clouds.items():
        assert cloud.shape[0] == case.n_inputs, name
        assert cloud.ndim == 2, name


def test_modules_that_compute_beyond_their_children_are_layers(case):
    clouds, _ = read(case.network, case.probe, tokens="flatten")
    could_not = (*case.of.merged, *case.of.unreadable)
    for name in set(case.heard.last) - set(case.heard.leaves):
        if name in clouds:
            inner = case.heard.inner[name] & set(clouds)
            given = [tensor for child in inner for tensor in case.heard.each[child]]
            assert not any(same_values(case.heard.last[name], tensor) for tensor in given), name
        elif not case.heard.is_of_a_child(name, holds_values):
            assert fits(name, could_not), name


def readable(case):
    """Every module that gives a row for each input, whether or not it is a layer by default."""
    could_not = (*case.of.merged, *case.of.unreadable)
    return [n for n in case.heard.last if not (fits(n, could_not) or case.is_same_for_all(n))]


def with_known_axes(case):
    return [name for name in readable(case) if not fits(name, case.of.untold)]


def test_flattened_columns_are_what_hooks_hear(case):
    by_default, _ = read(case.network, case.probe, tokens="flatten")
    by_name, _ = read(case.network, case.probe, tokens="flatten", layers=readable(case))
    assert list(by_name) == readable(case)
    for name, cloud in (*by_default.items(), *by_name.items()):
        expected = case.output(name).reshape(case.n_inputs, -1)
        assert_array_equal(cloud, expected.numpy(), err_msg=name)


@pytest.mark.parametrize("tokens", ["mean", "cls", "last", "positions"])
@pytest.mark.parametrize("case", HARD, ids=name_case, indirect=True)
def test_tokens_that_count_make_the_points(case, tokens):
    layers = with_known_axes(case)
    clouds, _ = read(case.network, case.probe, layers=layers, tokens=tokens)
    assert list(clouds) == layers
    for name, cloud in clouds.items():
        if case.is_sequence(name):
            expected = pool_tokens(case.output(name), case.mask(name), tokens)
            assert_allclose(cloud, expected, rtol=1e-5, atol=1e-6, err_msg=name)
        else:
            expected = case.output(name).flatten(1).numpy()
            assert_array_equal(cloud, expected, err_msg=name)


# Those that are given masks.
WITH_MASKS = [(name, n) for name, n in HARD if ARCHITECTURES[name].masks]


@pytest.mark.parametrize("case", WITH_MASKS, ids=name_case, indirect=True)
def test_without_masks_all_tokens_count(case):
    sequences = [name for name in with_known_axes(case) if case.is_sequence(name)]
    clouds, _ = read(case.network, case.probe, layers=sequences, masks=None)
    for name, cloud in clouds.items():
        expected = pool_tokens(case.output(name), None, "mean")
        assert_allclose(cloud, expected, rtol=1e-5, atol=1e-6, err_msg=name)


# Those that give maps.
WITH_MAPS = [(name, n) for name, n in CASES if ARCHITECTURES[name].gives_maps]


@pytest.mark.parametrize("feature_map", ["gap", "positions"])
@pytest.mark.parametrize("case", WITH_MAPS, ids=name_case, indirect=True)
def test_positions_make_the_points_of_maps(case, feature_map):
    maps = [name for name in with_known_axes(case) if case.is_map(name)]
    clouds, _ = read(case.network, case.probe, layers=maps, feature_map=feature_map)
    assert list(clouds) == maps
    for name in maps:
        expected = pool_map(case.heard.last[name], case.layout(name), feature_map)
        assert_allclose(clouds[name], expected, rtol=1e-5, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("case", HARD, ids=name_case, indirect=True)
def test_batches_do_not_matter(case):
    whole, _ = read(case.network, case.probe)
    parts, _ = read(case.network, case.probe, batch_size=4)
    assert list(parts) == list(whole)
    for name, cloud in parts.items():
        assert_allclose(cloud, whole[name], rtol=1e-4, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("tokens", ["mean", "last", "positions"])
def test_sound_that_is_masked_in_samples_is_asked_about_in_frames(tokens):
    torch.manual_seed(0)
    network, probe = ARCHITECTURES["wav2vec2"].make(9)
    n_samples = torch.tensor([120, 60, 90, 120, 40, 75, 110, 60, 100])
    probe["attention_mask"] = (torch.arange(120) < n_samples[:, None]).long()
    options = {"layers": "encoder.layers.*", "tokens": tokens}
    with pytest.raises(ValueError, match=r"layer 'encoder\.layers\.0'.*masks"):
        read(network, probe, **options)
    n_frames = ((n_samples - 10) // 5 + 1 - 3) // 2 + 1  # as its two convolutions shorten them
    clouds, _ = read(network, probe, masks={"encoder.**": n_frames.numpy()}, **options)
    heard = hear(network, probe)
    mask = torch.arange(11) < n_frames[:, None]
    for name, cloud in clouds.items():
        expected = pool_tokens(heard.last[name], mask, tokens)
        assert_allclose(cloud, expected, rtol=1e-5, atol=1e-6, err_msg=name)
