from .api.looks import preview_augmentation, weight_map
from .api.questions import evaluate, segment, train
from .core.config import (
    AugmentConfig,
    InstancesConfig,
    NetworkConfig,
    SegmentConfig,
    TrainConfig,
)
from .core.errors import UnetsegError
from .core.image import Image
from .core.network.build import build_network
from .core.network.convolutional import convolutionalise
from .core.network.measure import NetworkGeometry, network_geometry
from .core.network.modelfile import Model, load_model
from .core.network.pretrained import load_vgg16
from .core.network.retouch import set_thresholds
from .core.presets import train_config
from .core.read import read_image
from .core.samples import sample_data

__all__ = [
    "AugmentConfig",
    "Image",
    "InstancesConfig",
    "Model",
    "NetworkConfig",
    "NetworkGeometry",
    "SegmentConfig",
    "TrainConfig",
    "UnetsegError",
    "build_network",
    "convolutionalise",
    "evaluate",
    "load_model",
    "load_vgg16",
    "network_geometry",
    "preview_augmentation",
    "read_image",
    "sample_data",
    "segment",
    "set_thresholds",
    "train",
    "train_config",
    "weight_map",
]
