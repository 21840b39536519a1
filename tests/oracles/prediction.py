"""The whole mirrored image through the padded network, nothing clever."""

from __future__ import annotations

import torch


def whole_image(network, image, stride):
    """Softmax scores of (C, Y, X) values, from one pass over a mirrored image.

    The image is extended by far more than any receptive field, and by a multiple of the
    stride in front, so that the poolings fall on the image's own grid and the zeros
    that the network pads with are too far away to matter.
    """
    reach = 16 * stride
    height, width = image.shape[1:]
    after = [reach + (-length) % stride for length in (height, width)]
    rows = [reflect(i, height) for i in range(-reach, height + after[0])]
    columns = [reflect(i, width) for i in range(-reach, width + after[1])]
    extended = image[:, rows][:, :, columns]
    with torch.no_grad():
        scores = network.eval()(torch.from_numpy(extended)[None])
        scores = torch.softmax(scores, dim=1)[0].numpy()
    return scores[:, reach : reach + height, reach : reach + width]


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
