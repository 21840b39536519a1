"""The questions a person asks, as generators of events that return the answer.

The command line, the docks and Python all drain these same generators.
"""

from napari_unetseg.core.predict.segmentation import Segmentation, foresee, segment
from napari_unetseg.core.train.training import Training, train

__all__ = ["Segmentation", "Training", "foresee", "segment", "train"]
