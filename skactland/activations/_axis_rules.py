"""What an operation does to the meaning of axes: one rule for each kind of operation.

A rule takes the axes of an operation's tensors and gives those of its result; what no rule knows
has unknown axes, and is asked about rather than guessed. To follow one more operation, write its
rule, or find one that fits, and add its name to `RULES`.
"""

from skactland.activations._axis_parts import (
    UNITS,
    axis,
    cut,
    is_better,
    is_of_units,
    moved,
    size_of,
    take,
    unknown,
    whole,
    without_units,
)

# Each rule takes (axes, args, shape): `axes(x)` gives the axes of an argument, None if they are
# unknown; `axes.depends(x)` tells activations from weights; `shape` is that of the result.


def _same(axes, args, shape):
    """As the first argument has them."""
    given = axes(args[0])
    return given if given is not None and len(given) == len(shape) else None


def elementwise(axes, args, shape):
    """As those arguments have them that are not broadcast along an axis; what is known wins.

    All of torch's operations that it tags "pointwise" are such.
    """
    result = list(unknown(shape))
    for argument in args:
        given = axes(argument) or ()
        for i in range(1, min(len(given), len(shape)) + 1):
            parts = given[-i]
            if size_of(parts) == shape[-i] and is_better(parts, result[-i]):
                result[-i] = parts
    return tuple(result)


def _permute(axes, args, shape):
    given = axes(args[0])
    return given and tuple(given[i] for i in args[1])


def _transpose(axes, args, shape):
    given = list(axes(args[0]) or ())
    if given:
        i, j = args[1:] if len(args) > 1 else (0, len(given) - 1)
        given[i], given[j] = given[j], given[i]
    return tuple(given)


def _view(axes, args, shape):
    """Deal the parts out in their order to axes of the new sizes."""
    given = axes(args[0])
    if given is None or tuple(map(size_of, given)) == tuple(shape):
        return given
    parts = [part for parts in given for part in parts if part.size != 1]
    result = [take(parts, size) for size in shape]
    return None if None in result else tuple(map(whole, result))


def _expand(axes, args, shape):
    """As before where the size stays; what is repeated counts nothing of its own."""
    return elementwise(axes, args[:1], shape)


def _unsqueeze(axes, args, shape):
    given = list(axes(args[0]) or ())
    if given:
        given.insert(args[1] % len(shape), axis(None, 1))
    return tuple(given)


def _dropped(given, dims):
    """Return the axes that are left without some of them."""
    dims = {i % len(given) for i in dims}
    return tuple(parts for i, parts in enumerate(given) if i not in dims)


def _squeeze(axes, args, shape):
    given = axes(args[0])
    if not given:
        return None
    dims = range(len(given)) if len(args) < 2 else args[1]
    dims = [dims] if isinstance(dims, int) else dims
    return _dropped(given, [i for i in dims if size_of(given[i]) == 1])


def _select(axes, args, shape):
    given = axes(args[0])
    return given and _dropped(given, [args[1]])


def _reduce(axes, args, shape):
    """Without the axes that are summed over, or with axes of size one in their place."""
    given = axes(args[0])
    if not given or len(args) < 2 or args[1] is None:
        return None
    dims = [args[1]] if isinstance(args[1], int) else list(args[1])
    dims = {i % len(given) for i in dims or range(len(given))}
    if len(shape) == len(given):
        return tuple(axis(None, 1) if i in dims else parts for i, parts in enumerate(given))
    return _dropped(given, dims)


def _resized(axes, args, shape):
    """As before where the size stays; an axis of another size has other positions."""
    given = axes(args[0])
    if given is None or len(given) != len(shape):
        return None
    pairs = zip(given, shape, strict=True)
    return tuple(parts if size_of(parts) == size else moved(parts, size) for parts, size in pairs)


def _chosen(axes, args, shape, dim=None):
    """As before but for the axis along which entries are chosen or put in another order."""
    given = axes(args[0])
    if given is None or len(given) != len(shape):
        return None
    dim = args[1] if dim is None else dim
    result = list(given)
    result[dim] = moved(given[dim], shape[dim])
    return tuple(result)


def _largest(axes, args, shape):
    """As if chosen along an axis, which comes after their number."""
    return _chosen(axes, args, shape, args[2] if len(args) > 2 else -1)


def _gathered(axes, args, shape):
    """Along an axis as the indices have it, else as if chosen; but each row takes its own.

    So what was chosen of units are no units, and positions those of the indices.
    """
    dim = args[1] % len(shape)
    given, indices = (axes(each) or unknown(each.shape) for each in args[::2][:2])
    result = list(elementwise(axes, args[::2][:2], shape))
    result[dim] = indices[dim]
    if indices[dim] == axis(None, shape[dim]) and not any(map(is_of_units, given[dim])):
        result[dim] = moved(given[dim], shape[dim])
    return tuple(result)


def _index_select(axes, args, shape):
    """As if chosen; rows of a table of weights are an embedding of the indices."""
    table, dim, indices = args[:3]
    if not axes.depends(table) and len(shape) == 2 and dim % 2 == 0:
        return (*(axes(indices) or unknown(shape[:1])), axis(UNITS, shape[1]))
    return _chosen(axes, args, shape)


def _padded(axes, args, shape):
    """As before, with other positions along axes that begin elsewhere than they did."""
    given = axes(args[0])
    if given is None or len(given) != len(shape):
        return None
    before = [*([0] * (2 * len(shape) - len(args[1]))), *args[1][::-1]][1::2]
    return tuple(
        moved(parts, size) if n_before else cut(parts, size)
        for parts, size, n_before in zip(given, shape, before, strict=True)
    )


def _shuffled(axes, args, shape):
    """Units at axis 1, made of other numbers of units and positions."""
    given = axes(args[0]) or unknown(shape)
    if len(given) != len(shape):
        return None
    after = [moved(parts, size) for parts, size in zip(given[2:], shape[2:], strict=True)]
    return (given[0], axis(UNITS, shape[1]), *after)


def _unfolded(axes, args, shape):
    """Windows last, and before them all numbers of each."""
    given = axes(args[0])
    return given and (given[0], axis(UNITS, shape[1]), axis(None, shape[2]))


def _slice(axes, args, shape):
    """As before but for one axis; cut at its end, position i still is position i."""
    given = axes(args[0])
    _, dim, start, _, step = (*args, *(0, 0, None, 1)[len(args) - 1 :])
    if given and not start and step == 1:
        result = list(given)
        result[dim] = cut(given[dim], shape[dim])
        return tuple(result)
    return _resized(axes, args, shape)


def _rolled(axes, args, shape):
    """As before, but positions are shifted along some axes, the last argument."""
    given = axes(args[0])
    dims = args[-1]
    if given is None:
        return None
    result = list(given)
    for i in dims:
        result[i] = moved(given[i], shape[i])
    return tuple(result)


def _cat(axes, args, shape):
    dim = (args[1] if len(args) > 1 else 0) % len(shape)
    known = [given for given in map(axes, args[0]) if given and len(given) == len(shape)]
    if not known:
        return None
    result = list(known[0])
    for given in known[1:]:
        result = [b if is_better(b, a) else a for a, b in zip(result, given, strict=True)]
    joined = [part for given in known for part in given[dim] if part.of is not None]
    result[dim] = moved(joined, shape[dim])
    return tuple(result)


def _stack(axes, args, shape):
    given = elementwise(axes, args[0], _without(shape, args[1] if len(args) > 1 else 0))
    dim = (args[1] if len(args) > 1 else 0) % len(shape)
    return (*given[:dim], axis(None, shape[dim]), *given[dim:])


def _without(shape, dim):
    dim %= len(shape)
    return (*shape[:dim], *shape[dim + 1 :])


def _convolution(axes, args, shape):
    """Units at axis 1, and positions after it.

    Those of a convolution without strides whose window for position i has position i in it, as all
    that keep the length or look back only, are the same positions.
    """
    given = axes(args[0]) or unknown(shape)
    if len(given) != len(shape):
        return None
    given = without_units(given)
    after = [
        cut(parts, size) if is_kept else moved(parts, size)
        for parts, size, is_kept in zip(given[2:], shape[2:], _keeps(args, len(shape)), strict=True)
    ]
    return (given[0], axis(UNITS, shape[1]), *after)


def _keeps(args, ndim):
    """Tell, of each axis of a convolution, whether the window for position i has i in it."""
    if len(args) < 7 or args[6]:  # not with these arguments, or transposed
        return [False] * (ndim - 2)
    kernel = args[1].shape[2:]
    stride, padding, dilation = (list(a) * (ndim - 2) if len(a) == 1 else a for a in args[3:6])
    return [
        stride[i] == 1 and 0 <= padding[i] <= (kernel[i] - 1) * dilation[i] for i in range(ndim - 2)
    ]


def _norm_of_channels(axes, args, shape):
    """As the argument has them, which has its units at axis 1."""
    given = list(without_units(axes(args[0]) or unknown(shape)))
    if len(given) == len(shape) > 1:  # not so of the statistics that come with it
        given[1] = axis(UNITS, shape[1])
    return tuple(given)


def _norm_of_units(axes, args, shape):
    """As the argument has them; normalised over one axis, that holds its units."""
    given = axes(args[0]) or unknown(shape)
    if len(args[1]) == 1 and len(given) == len(shape):
        return (*without_units(given[:-1]), axis(UNITS, shape[-1]))
    return given


def _linear(axes, args, shape):
    """Units last, all else as the argument has it."""
    given = axes(args[0])
    before = given[:-1] if given and len(given) == len(shape) else unknown(shape[:-1])
    return (*without_units(before), axis(UNITS, shape[-1]))


def _product(axes, args, shape):
    """Rows of the first, columns of the second; weights make other units of those they meet."""
    first, second = (axes(each) or unknown(each.shape) for each in args[:2])
    if not axes.depends(args[1]):
        return (*without_units(first[:-1]), axis(UNITS, shape[-1]))
    if not axes.depends(args[0]):
        rest = without_units((*second[:-2], second[-1]))
        return (*rest[:-1], axis(UNITS, shape[-2]), rest[-1])
    return (*first[:-1], second[-1])


def _added_product(axes, args, shape):
    return _product(axes, args[1:], shape)


def _embedding(axes, args, shape):
    given = axes(args[1]) or unknown(shape[:-1])
    return (*given, axis(UNITS, shape[-1]))


def _pack(axes, args, shape):
    """Put the steps of all inputs along one axis, in an order of their own."""
    given = axes(args[0])
    steps = given and given[1 if args[2] else 0]
    return steps and (axis(steps[0].of, shape[0]), *given[2:])


def _unpack(axes, args, shape):
    """Give each input its steps again, along the axis that is wanted."""
    given = axes(args[0])
    if given is None:
        return None
    inputs, steps = (0, 1) if args[2] else (1, 0)
    both = {inputs: axis(None, shape[inputs]), steps: axis(given[0][0].of, shape[steps])}
    return (both[0], both[1], *given[1:])


def _attention(axes, args, shape):
    """Positions of the queries, units of the values."""
    queries, values = axes(args[0]), axes(args[2])
    if queries is None or values is None:
        return None
    return (*queries[:-1], values[-1])


_BY_RULE = {
    _same: """
        alias clone contiguous detach detach_ dequantize quantize_per_tensor quantize_per_channel
        lift lift_fresh _to_copy _softmax _log_softmax _safe_softmax softmax cumsum cumprod
        native_dropout hardswish hardswish_ _prelu_kernel log_sigmoid_forward rrelu_with_noise
        rrelu_with_noise_ _fused_rms_norm quantize_per_tensor_dynamic index_put index_put_
        masked_scatter slice_scatter select_scatter""",
    _permute: "permute",
    _transpose: "transpose transpose_ t",
    _view: "view _unsafe_view reshape _reshape_alias _reshape_copy",
    _expand: "expand repeat",
    _unsqueeze: "unsqueeze unsqueeze_",
    _squeeze: "squeeze squeeze_",
    _select: "select",
    _reduce: "mean sum amax amin max min var std var_mean norm linalg_vector_norm logsumexp argmax "
    "prod any all median",
    _resized: """
        split split_with_sizes glu fractional_max_pool2d fractional_max_pool3d
        reflection_pad1d reflection_pad2d
        reflection_pad3d replication_pad1d replication_pad2d replication_pad3d
        avg_pool1d avg_pool2d avg_pool3d max_pool1d max_pool2d max_pool3d max_pool2d_with_indices
        max_pool3d_with_indices adaptive_avg_pool1d _adaptive_avg_pool2d _adaptive_avg_pool3d
        adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d
        upsample_nearest1d upsample_nearest2d upsample_nearest3d upsample_linear1d
        upsample_bilinear2d upsample_bicubic2d upsample_trilinear3d _upsample_bilinear2d_aa
        _upsample_bicubic2d_aa _upsample_nearest_exact1d _upsample_nearest_exact2d""",
    _slice: "slice",
    _chosen: "sort",
    _index_select: "index_select",
    _gathered: "gather",
    _padded: "constant_pad_nd",
    _shuffled: "pixel_shuffle pixel_unshuffle channel_shuffle native_channel_shuffle",
    _unfolded: "im2col",
    _largest: "topk",
    _rolled: "roll flip",
    elementwise: "copy_ where",
    _cat: "cat",
    _stack: "stack",
    _convolution: """
        convolution _convolution mkldnn_convolution cudnn_convolution conv1d conv2d conv3d
        conv1d_relu conv2d_relu conv3d_relu""",
    _norm_of_channels: """
        native_batch_norm cudnn_batch_norm _native_batch_norm_legit _batch_norm_with_update
        _native_batch_norm_legit_no_training native_group_norm batch_norm1d batch_norm2d""",
    _norm_of_units: "native_layer_norm layer_norm",
    _linear: "linear linear_dynamic linear_relu_dynamic linear_relu linear_dynamic_fp16",
    _product: "mm bmm matmul",
    _added_product: "addmm baddbmm addmm_",
    _embedding: "embedding",
    _pack: "_pack_padded_sequence",
    _unpack: "_pad_packed_sequence",
    _attention: """
        _scaled_dot_product_flash_attention_for_cpu _scaled_dot_product_flash_attention
        _scaled_dot_product_efficient_attention _scaled_dot_product_cudnn_attention
        scaled_dot_product_attention _scaled_dot_product_attention_math
        _scaled_dot_product_fused_attention_overrideable""",
}

RULES = {name: rule for rule, names in _BY_RULE.items() for name in names.split()}
