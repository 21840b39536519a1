"""The whole mirrored image through the padded network, nothing clever."""

from __future__ import annotations

from itertools import product

import numpy as np
import torch

from napari_unetseg.core.predict.fill import RADIUS
from oracles.filling import filled
from oracles.models import strides_of
from oracles.resampling import resampled


def segmented(image, model, *, grid=None, average="none"):
    """Scores of an image in every view that is averaged over.

    Parameters
    ----------
    image : Image
        With the model's channels.
    model : Model
        Of padded convolutions.
    grid : tuple of int, optional
        ([Z,] Y, X) of a frame in pixels of the model.
    average : {"none", "flips", "rotations"}
        Which views there are.

    Returns
    -------
    list of ndarray of shape (classes, *labels)
        One for each view, turned back.
    """
    network, strides = model.network(), strides_of(model)
    names = "".join(axis for axis in "TZ" if axis not in image.axes) + image.axes
    names = ("" if "C" in names else "C") + names
    array = np.asarray(image.array)
    array = array.reshape((1,) * (len(names) - array.ndim) + array.shape)
    films = array.transpose([names.index(axis) for axis in "TZCYX"])
    every = []
    for stack in films:
        mean, scale = statistics(stack)
        volume = stack.swapaxes(0, 1)
        frames = [volume] if len(strides) == 3 else list(stack)
        for frame in frames:
            column = (-1,) + (1,) * (frame.ndim - 1)
            if frame.dtype.kind == "f":
                frame = filled(frame, mean, RADIUS)
            shown = frame if grid is None else resampled(frame, grid)
            normal = ((shown - mean.reshape(column)) / scale.reshape(column)).astype(
                np.float32
            )
            looks = []
            for turn, undo in turns(average, len(strides)):
                scores = undo(whole_image(network, turn(normal), strides))
                looks.append(
                    scores if grid is None else resampled(scores, frame.shape[1:])
                )
            every.append(looks)
    lengths = (len(films), films.shape[1], *films.shape[-2:])
    axes = image.plane_axes + "YX"
    order = [0, *(1 + "TZYX".index(axis) for axis in axes)]
    found = []
    for looks in zip(*every, strict=True):
        # Planes or volumes, one after the other, are the stacks of the film.
        joined = np.stack(looks, axis=1)
        joined = joined.reshape(len(joined), *lengths)
        gone = [1 + n for n, axis in enumerate("TZYX") if axis not in axes]
        full = joined.transpose([*order, *gone])
        found.append(full.reshape(full.shape[: len(order)]))
    return found


def statistics(stack):
    """Mean and scale of each channel of (Z, C, Y, X), of what is finite."""
    means, scales = [], []
    for channel in stack.swapaxes(0, 1):
        values = channel[np.isfinite(channel)].astype(np.float64)
        if not len(values):
            values = np.zeros(1)
        is_flat = values.min() == values.max()
        means.append(values[0] if is_flat else values.mean())
        scales.append(1.0 if is_flat else values.std())
    return np.array(means), np.array(scales)


def turns(average, dimensions):
    """Pairs of functions that turn (C, [Z,] Y, X) and turn it back."""
    axes = range(1, dimensions + 1)
    flips = [
        tuple(axis for axis, flip in zip(axes, chosen, strict=True) if flip)
        for chosen in product((False, True), repeat=dimensions)
    ]
    if average == "none":
        flips = [()]
    quarters = (0, 1) if average == "rotations" else (0,)

    def there(image, quarter, flip):
        return np.flip(np.rot90(image, quarter, (-2, -1)), flip)

    def back(image, quarter, flip):
        return np.rot90(np.flip(image, flip), -quarter, (-2, -1))

    for quarter, flip in product(quarters, flips):
        yield (
            lambda image, quarter=quarter, flip=flip: there(image, quarter, flip),
            lambda image, quarter=quarter, flip=flip: back(image, quarter, flip),
        )


def whole_image(network, image, strides):
    """Softmax scores of (C, [Z,] Y, X) values, from one pass over a mirrored image.

    The image is extended by far more than any receptive field, and by a multiple of the
    stride in front, so that the poolings fall on the image's own grid and the zeros
    that the network pads with are too far away to matter.
    """
    box, inside = [], [slice(None)]
    for size, stride in zip(image.shape[1:], strides, strict=True):
        reach = 16 * stride
        box.append((-reach, size + reach + (-size) % stride))
        inside.append(slice(reach, reach + size))
    extended = np.ascontiguousarray(mirrored(image, box))
    with torch.no_grad():
        scores = network.eval()(torch.from_numpy(extended)[None])
        scores = torch.softmax(scores, dim=1)[0].numpy()
    return scores[tuple(inside)]


def window_by_window(network, image):
    """Scores of a network that knows whole windows, pixel by pixel.

    Windows start at every half window of the image's own grid. Each is run alone, and
    the logarithm of the mean probability is returned, as (classes, Y, X).
    """
    side = network.window
    dtype = next(network.parameters()).dtype
    starts = [range(-side // 2, size, side // 2) for size in image.shape[1:]]
    total = None
    seen = np.zeros(image.shape[1:])
    for top, left in product(*starts):
        part = mirrored(image, [(top, top + side), (left, left + side)])
        with torch.no_grad():
            scores = network.eval()(torch.from_numpy(part.copy())[None].to(dtype))
            found = torch.softmax(scores, dim=1)[0].numpy()
        if total is None:
            total = np.zeros((len(found), *image.shape[1:]), found.dtype)
        for y in range(max(top, 0), min(top + side, image.shape[1])):
            inside = slice(max(left, 0), min(left + side, image.shape[2]))
            columns = slice(inside.start - left, inside.stop - left)
            total[:, y, inside] += found[:, y - top, columns]
            seen[y, inside] += 1
    return np.log(np.maximum(total / seen, 1e-30))


def mirrored(image, box):
    """Values of (C, ...) from start to stop along each axis, found by walking."""
    for axis, (start, stop) in enumerate(box, start=1):
        size = image.shape[axis]
        image = image.take([reflect(i, size) for i in range(start, stop)], axis)
    return image


def reflect(position: int, size: int) -> int:
    """Walk from pixel 0 to `position`, turning round at both borders."""
    place, direction = 0, 1
    for _ in range(abs(position)):
        if size == 1:
            return 0
        if not 0 <= place + direction < size:
            direction = -direction
        place += direction
    return place
