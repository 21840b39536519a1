"""What the steps of a training learn from: batches of a size, and the loss."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from napari_unetseg.core.events import Event, Note
from napari_unetseg.core.network.geometry import axis_geometries
from napari_unetseg.core.predict.run import free_cache
from napari_unetseg.core.prepare.sampling import class_blocks
from napari_unetseg.core.train.batches import Batches
from napari_unetseg.core.train.losses import loss_function
from napari_unetseg.core.train.schedule import parts_within
from napari_unetseg.core.train.sizing import extent, shrunk, smaller

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from torch import nn

    from napari_unetseg.core.config import TrainConfig
    from napari_unetseg.core.prepare.samples import Sample
    from napari_unetseg.core.sizes import Sizes
    from napari_unetseg.core.train.data import TrainingData
    from napari_unetseg.core.train.losses import Loss
    from napari_unetseg.core.train.state import TrainingState


# What a step does with a pixel, in passes of a prediction: one forwards, and backwards
# one for the weights and one for the layer before.
_PASSES = 3


class Lessons:
    """Batches and loss, which change with the memory and with what is painted.

    Parameters
    ----------
    network : nn.Module
        As it is trained.
    data : TrainingData
        What it is taught.
    config : TrainConfig
        How.
    device : str
        Where.

    Attributes
    ----------
    batches : Batches
        Set by `lay`.
    loss : Loss
        With the weights of the classes that are painted now.
    """

    batches: Batches
    loss: Loss

    def __init__(
        self, network: nn.Module, data: TrainingData, config: TrainConfig, device: str
    ) -> None:
        self._network, self._data = network, data
        self._config, self._device = config, device
        # Not those of frames that are painted later: what is resumed is as it was.
        self._shapes = data.shapes
        self._weigh()

    def lay(self, size: Sizes) -> None:
        """Make batches of a size."""
        sides = extent(self._network, size.patch, self._data.spacing, self._shapes)
        self._given = sides.given
        self.batches = Batches(
            self._data.train,
            self._data.teaching,
            self._config,
            batch=size.batch,
            input_shape=sides.given,
            output_shape=sides.taught,
            spacing=self._data.spacing,
            colour=self._data.colour,
            device=self._device,
        )

    def parts(self, steps: int, batch: int) -> int:
        """In how many parts to divide so many steps, to score after them.

        Scoring is to take a fifth of the time at most. It is counted in pixels, not in
        seconds, so that the same steps are scored whatever computes them.
        """
        learnt = steps * batch * prod(self._given) * _PASSES
        scored = sum(prod(one.model_shape) for one in self._data.validation)
        return parts_within(learnt, scored)

    def shrink(self, state: TrainingState) -> Generator[Event, None, None]:
        """Go on with smaller batches, or patches, after one did not fit into memory.

        Raises
        ------
        DeviceError
            If nothing smaller makes sense.
        """
        stride = max(axis.stride for axis in axis_geometries(self._network))
        size = smaller(state.size, "takes more memory than there is", stride)
        yield Note(text=shrunk(state.size, size, state.step), level="warning")
        self.close()
        del self.batches  # or the samples would lie on the device twice
        free_cache()
        self.lay(size)
        state.size = size

    def repaint(self, samples: Sequence[Sample]) -> None:
        """Learn from what was painted, from the next batch on."""
        if samples:
            self.batches.repaint(samples)
            self._weigh()

    def folds(self) -> Iterator[Event]:
        """Tell how many patches the elastic deformation has folded, if any."""
        bent, folded = self.batches.bent, self.batches.folded
        if folded:
            yield Note(
                text=f"{folded} of {bent} bent patches were folded by the deformation."
            )

    def close(self) -> None:
        """End what reads ahead."""
        self.batches.close()

    def _weigh(self) -> None:
        teaching = self._data.teaching
        targets = [one.target for one in self._data.train]
        taught = (classes for _, _, classes in class_blocks(targets, teaching))
        self.loss = loss_function(self._config, taught, len(teaching.ids), self._device)
