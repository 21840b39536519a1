"""All that a training is after some steps: what a checkpoint holds."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import torch

from napari_unetseg.core.network.window import NORMS
from napari_unetseg.core.sizes import Sizes
from napari_unetseg.core.train.schedule import PARTS
from napari_unetseg.core.train.score import Score

if TYPE_CHECKING:
    from torch import Tensor, nn

    from napari_unetseg.core.config import TrainConfig

_WARM_UP_OF_AVERAGE = 10
_MOMENTUM_OF_STATISTICS = 0.3
_COUNTERS = ("step", "validated", "total", "parts", "best_step", "stale", "held")


class TrainingState:
    """Network, averaged network, optimiser, best weights so far, and counters.

    Parameters
    ----------
    network : nn.Module
        The network to train, on its device.
    config : TrainConfig
        Optimiser and averaging.
    size : Sizes
        Patch and batch to begin with.

    Attributes
    ----------
    average : nn.Module
        Exponential moving average of `network`, buffers included: what is validated
        and saved. Its fluctuation is far smaller than that of the weights themselves.
    step : int
        Number of steps done.
    validated : int
        Steps behind the latest validation; -1 before the first.
    total : int or None
        Number of all steps, once it is known.
    parts : int
        In how many parts they are divided, to be validated.
    size : Sizes
        Patch and batch, which become smaller if the memory is too small.
    best : dict of str to Tensor
        Weights of the best validation, on the CPU; empty before the first.
    best_step : int
        Steps behind `best`.
    best_score : Score or None
        Agreement of `best` with the validation samples.
    stale : int
        Validations in a row that were not better.
    held : bool
        Whether the samples are in memory. Patches that are read differ in their last
        digits, so that it stays as it was.
    """

    def __init__(self, network: nn.Module, config: TrainConfig, size: Sizes) -> None:
        self.network = network
        self.average = copy.deepcopy(network).requires_grad_(False)
        if config.averaging:
            _hasten_statistics(network)
        self.optimiser = _optimiser(network, config)
        self.averaging = config.averaging
        self.step = 0
        self.validated = -1
        self.total = config.steps
        self.parts = PARTS
        self.size = size
        self.best: dict[str, Tensor] = {}
        self.best_step = 0
        self.best_score: Score | None = None
        self.stale = 0
        self.held = True

    def update_average(self) -> None:
        """Move the average towards the network, faster in the first steps."""
        ramp = (1 + self.step) / (_WARM_UP_OF_AVERAGE + self.step)
        weight = 1 - min(self.averaging, ramp)
        pairs = zip(
            self.average.state_dict().values(),
            self.network.state_dict().values(),
            strict=True,
        )
        for average, current in pairs:
            if average.is_floating_point():
                average.lerp_(current, weight)
            else:
                average.copy_(current)

    def is_best(self, score: Score) -> bool:
        """Whether the averaged weights, which score so, are the best so far.

        Those before the first step never are: where one class fills the validation
        samples, a network that has learnt nothing may score well. Of equals the later
        are.
        """
        best = self.best_score
        return self.step > 0 and (best is None or score.value >= best.value)

    def judge(self, score: Score) -> None:
        """Remember the averaged weights if they are the best so far."""
        if self.step == 0:
            return
        best = self.best_score
        better = best is None or score.value > best.value
        self.stale = 0 if better else self.stale + 1
        if self.is_best(score):
            self.best = weights(self.average)
            self.best_step = self.step
            self.best_score = score

    def forget_best(self) -> None:
        """Let the next score be the best: what it is measured by has changed.

        If these weights were scored before, they are scored again.
        """
        self.best_score = None
        self.stale = 0
        self.validated = min(self.validated, self.step - 1)

    def tensors(self) -> dict[str, Tensor]:
        """All tensors, by unique names."""
        found = {f"network.{k}": v for k, v in self.network.state_dict().items()}
        found |= {f"average.{k}": v for k, v in self.average.state_dict().items()}
        found |= {f"best.{k}": v for k, v in self.best.items()}
        for number, values in self.optimiser.state_dict()["state"].items():
            found |= {f"optimiser.{number}.{k}": v for k, v in values.items()}
        return {k: v.detach().cpu().contiguous() for k, v in found.items()}

    def facts(self) -> str:
        """Everything else, as JSON."""
        facts = {name: getattr(self, name) for name in _COUNTERS}
        facts["size"] = self.size._asdict()
        if self.best_score is not None:
            facts["best_score"] = self.best_score.facts()
        return json.dumps(facts)

    def restore(self, tensors: dict[str, Tensor], facts: str) -> None:
        """Go back to where `tensors` and `facts` were taken."""
        parts: dict[str, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            part, _, key = name.partition(".")
            parts.setdefault(part, {})[key] = tensor
        self.network.load_state_dict(parts["network"])
        self.average.load_state_dict(parts["average"])
        self.best = parts.get("best", {})
        self._restore_optimiser(parts.get("optimiser", {}))
        values = json.loads(facts)
        for name in _COUNTERS:
            setattr(self, name, values[name])
        self.size = Sizes(**values["size"])
        if "best_score" in values:
            self.best_score = Score.from_facts(values["best_score"])

    def _restore_optimiser(self, tensors: dict[str, Tensor]) -> None:
        state: dict[int, dict[str, Any]] = {}
        for name, tensor in tensors.items():
            number, _, key = name.partition(".")
            state.setdefault(int(number), {})[key] = tensor
        whole = self.optimiser.state_dict()
        self.optimiser.load_state_dict({**whole, "state": state})


def _hasten_statistics(network: nn.Module) -> None:
    """Let the statistics of batch normalisation follow the weights faster.

    At the usual 0.1 they are ten steps behind, which in the first dozens of steps are
    those of another network. That they fluctuate more does not matter: what is scored
    and kept is their average.
    """
    for layer in network.modules():
        if isinstance(layer, NORMS):
            layer.momentum = _MOMENTUM_OF_STATISTICS


def weights(network: nn.Module) -> dict[str, Tensor]:
    """Copy of a network's weights and buffers on the CPU."""
    return {k: v.detach().cpu().clone() for k, v in network.state_dict().items()}


def _optimiser(network: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    learnt = [weight for weight in network.parameters() if weight.requires_grad]
    rate, decay = config.learning_rate, config.weight_decay
    if config.optimiser == "sgd":
        return torch.optim.SGD(learnt, rate, momentum=0.99, weight_decay=decay)
    kind = torch.optim.Adam if config.optimiser == "adam" else torch.optim.AdamW
    return kind(learnt, rate, weight_decay=decay)
