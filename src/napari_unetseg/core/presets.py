"""Settings to start from."""

from __future__ import annotations

from napari_unetseg.core.config import AugmentConfig, TrainConfig
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.sizes import STATED, Sizes

# Beside the sizes, and the 3D ones beside the 2D ones.
PRESETS: dict[str, dict[str, object]] = {
    "default": {},
    "fast": {},
    # Ronneberger 2015; its learning rate is not published.
    "paper": {
        "network": "unet",
        "dropout": 0.5,
        "optimiser": "sgd",
        "learning_rate": 1e-3,
        "weight_decay": 0.0,
        "averaging": 0.0,
        # Half of the 572 pixels that the network sees: a 3 x 3 grid over them.
        "augment": AugmentConfig(
            bent=1.0, elastic_spacing=286.0, scale=0.0, gamma=0.0, blur=0.0, noise=0.0
        ),
    },
}
_PRESETS_3D: dict[str, dict[str, object]] = {
    # The vectors of planes would fold some of the smaller patches of volumes.
    "default": {"augment": AugmentConfig(elastic_sigma=6.0)},
    "fast": {"augment": AugmentConfig(elastic_sigma=5.0)},
    # Cicek 2016: batch norm in place of dropout, a finer grid of smaller vectors.
    "paper": {
        "dropout": 0.0,
        "augment": AugmentConfig(
            bent=1.0,
            elastic_sigma=4.0,
            elastic_spacing=32.0,
            gamma=0.0,
            blur=0.0,
            noise=0.0,
        ),
    },
}

# Without batch norm, which "unet" has in 3D alone, the weights do not bear the default
# learning rate. A classifier of single pixels learns from many windows at once.
_GENTLE: dict[str, object] = {"learning_rate": 1e-3}
_NETWORK_WISHES: dict[object, dict[str, object]] = {
    ("unet", 2): _GENTLE,
    ("fcn-32s", 2): _GENTLE,
    ("fcn-16s", 2): _GENTLE,
    ("fcn-8s", 2): _GENTLE,
    ("deconvnet", 2): {"patch": 224},
    ("patch", 2): _GENTLE | {"patch": 1, "batch": 64},
}
# What the papers of the networks before and beside the U-Net say otherwise than its
# own. Their learning rates are of other losses and batches.
_OF_LONG: dict[str, object] = {
    "patch": 512,
    "learning_rate": 1e-4,
    "weight_decay": 5e-4,
}
_PAPER_WISHES: dict[object, dict[str, object]] = {
    "fcn-32s": _OF_LONG,
    "fcn-16s": _OF_LONG,
    "fcn-8s": _OF_LONG,
    "segnet": {
        "patch": 352,
        "batch": 4,
        "dropout": 0.0,
        "weight_decay": 5e-4,
        "class_weights": "median-frequency",
    },
    "deconvnet": {"batch": 8, "dropout": 0.0, "weight_decay": 5e-4},
    "patch": {"base": 48, "dropout": 0.0},
}


def train_config(preset: str = "default", **wishes: object) -> TrainConfig:
    """A preset, with some of its values replaced.

    Parameters
    ----------
    preset : {"fast", "default", "paper"}
        "fast": a quarter of the channels' work, for a first look; "paper": the network
        and training of Ronneberger 2015, in three dimensions of Cicek 2016; of another
        network its own paper's width.
    **wishes
        Fields of `TrainConfig`; None keeps the preset's value. `steps` replaces the
        minutes.

    Raises
    ------
    InputError
        Naming the first value that does not fit.
    """
    if preset not in PRESETS:
        raise InputError(
            f"There is no preset '{preset}'", f"Choose one of: {', '.join(PRESETS)}"
        )
    given = {name: value for name, value in wishes.items() if value is not None}
    if "steps" in given:
        given.setdefault("minutes", None)
    values = PRESETS[preset] | {"preset": preset}
    dimensions = given.get("dimensions", 2)
    if dimensions == 3:
        values |= _PRESETS_3D.get(preset, {})
    network = given.get("network")
    values |= _NETWORK_WISHES.get((network, dimensions), {})
    if preset == "paper":
        values |= _PAPER_WISHES.get(network, {})
    values |= given
    return TrainConfig.check(**values)


def sizes(config: TrainConfig, device: str) -> Sizes:
    """Sizes of a training: those that it states, and its preset's for the others.

    Parameters
    ----------
    config : TrainConfig
        The training.
    device : str
        As `core.device.choose_device` returned it.
    """
    stated = STATED[config.preset, config.dimensions][device != "cpu"]
    given = {name: getattr(config, name) for name in Sizes._fields}
    return stated._replace(**{k: v for k, v in given.items() if v is not None})
