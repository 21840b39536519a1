"""What can be asked: frozen, checked, and the same in Python, JSON and a run folder."""

from typing import get_args

from napari_unetseg.core.config.augment import AugmentConfig
from napari_unetseg.core.config.base import (
    Config,
    Device,
    Dimensions,
    NonNegative,
    PositiveFloat,
    PositiveInt,
)
from napari_unetseg.core.config.instances import Apart, InstancesConfig, PixelWeights
from napari_unetseg.core.config.network import (
    POOLINGS,
    WAYS_UP,
    NetworkConfig,
    NetworkName,
    Upsampling,
)
from napari_unetseg.core.config.segment import SegmentConfig, Size, Uncertainty, Views
from napari_unetseg.core.config.train import (
    Centres,
    ClassWeights,
    Loss,
    Optimiser,
    Precision,
    Schedule,
    TrainConfig,
)

__all__ = [
    "APARTS",
    "CENTRES",
    "CLASS_WEIGHTS",
    "LOSSES",
    "NETWORKS",
    "OPTIMISERS",
    "PIXEL_WEIGHTS",
    "POOLINGS",
    "SCHEDULES",
    "UNETS",
    "UPSAMPLINGS",
    "WAYS_UP",
    "AugmentConfig",
    "Config",
    "Device",
    "Dimensions",
    "InstancesConfig",
    "NetworkConfig",
    "NonNegative",
    "Optimiser",
    "PositiveFloat",
    "PositiveInt",
    "Precision",
    "Schedule",
    "SegmentConfig",
    "Size",
    "TrainConfig",
    "Uncertainty",
    "Views",
]

NETWORKS: tuple[str, ...] = get_args(NetworkName)
UNETS: tuple[str, ...] = tuple(name for name in NETWORKS if name not in POOLINGS)
UPSAMPLINGS: tuple[str, ...] = get_args(Upsampling)
LOSSES: tuple[str, ...] = get_args(Loss)
CLASS_WEIGHTS: tuple[str, ...] = get_args(ClassWeights)
CENTRES: tuple[str, ...] = get_args(Centres)
OPTIMISERS: tuple[str, ...] = get_args(Optimiser)
SCHEDULES: tuple[str, ...] = get_args(Schedule)
APARTS: tuple[str, ...] = get_args(Apart)
PIXEL_WEIGHTS: tuple[str, ...] = get_args(PixelWeights)
