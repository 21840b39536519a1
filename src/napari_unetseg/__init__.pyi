from .api import evaluate, segment, train
from .core.config import NetworkConfig, SegmentConfig, TrainConfig, train_config
from .core.errors import UnetsegError
from .core.image import Image
from .core.network.modelfile import Model, load_model
from .core.read import read_image
from .core.samples import sample_data

__all__ = [
    "Image",
    "Model",
    "NetworkConfig",
    "SegmentConfig",
    "TrainConfig",
    "UnetsegError",
    "evaluate",
    "load_model",
    "read_image",
    "sample_data",
    "segment",
    "train",
    "train_config",
]
