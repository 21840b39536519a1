"""The whole mirrored image through the padded network, nothing clever."""

from __future__ import annotations

import torch


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
    extended = mirrored(image, box)
    with torch.no_grad():
        scores = network.eval()(torch.from_numpy(extended)[None])
        scores = torch.softmax(scores, dim=1)[0].numpy()
    return scores[tuple(inside)]


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
