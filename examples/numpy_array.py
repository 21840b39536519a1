"""Train on an array, segment what was not trained on, and read how good it is.

Run it with ``python examples/numpy_array.py``, or with the minutes that the training
may take: ``python examples/numpy_array.py 5``. The array is made on the spot.
"""

from __future__ import annotations

import sys

import napari_unetseg as us


def main(minutes: float | None = 0.5, steps: int | None = None) -> float:
    """Return the mean IoU of four slices that the network has never seen."""
    image, labels = us.sample_data("em")
    pixels, painted = image.array, labels.array  # Arrays of numpy, (Z, Y, X).

    model = us.train(
        pixels[:12],
        painted[:12],
        preset="fast",
        validation="10-11",
        minutes=minutes,
        steps=steps,  # One of both is None.
        class_names={1: "cell interior", 2: "membrane", 3: "mitochondrion"},
    )
    found = us.segment(pixels[12:], model)

    report = us.evaluate(found, painted[12:])
    scores = report.to_dict()
    for identity, name in model.card.class_names.items():
        print(f"{name:15} IoU {scores['classes'][identity]['iou']:.3f}")
    print(f"{'mean':15} IoU {scores['mean_iou']:.3f}")
    mean: float = scores["mean_iou"]
    return mean


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.5)
