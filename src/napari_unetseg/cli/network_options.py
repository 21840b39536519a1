"""Options that say which network is trained, and on what it is judged."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_unetseg.core.config import (
    CENTRES,
    CLASS_WEIGHTS,
    LOSSES,
    NETWORKS,
    UPSAMPLINGS,
)

NETWORK = "Network (as the preset states, if nothing is said)"

Network = Annotated[
    str | None,
    typer.Option(metavar="|".join(NETWORKS), help="Network.", rich_help_panel=NETWORK),
]
Dimensions = Annotated[
    int | None,
    typer.Option(
        metavar="2|3",
        help="What the network sees at once: slices (2), or volumes (3).",
        rich_help_panel=NETWORK,
    ),
]
Base = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Channels of the first level; each level below has twice as many. The "
        "papers' networks have 64, patch 48.",
        rich_help_panel=NETWORK,
    ),
]
Depth = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="How often the image is halved on the way down, of U-Nets.",
        rich_help_panel=NETWORK,
    ),
]
Up = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(UPSAMPLINGS),
        help="The way up: learnt, bilinear (trilinear), or back to where the maxima "
        "were (segnet, deconvnet).",
        rich_help_panel=NETWORK,
    ),
]
DeepSupervision = Annotated[
    bool | None,
    typer.Option(
        "--deep-supervision",
        help="Teach the coarser levels too.",
        rich_help_panel=NETWORK,
    ),
]
Vgg16 = Annotated[
    Path | None,
    typer.Option(
        "--vgg16",
        metavar="FILE",
        help="Weights of VGG16, in torchvision's naming, that fcn-*, segnet and "
        "deconvnet start from.",
        rich_help_panel=NETWORK,
    ),
]
Patch = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Side of what one patch teaches, in pixels of the finest axis.",
        rich_help_panel=NETWORK,
    ),
]
Batch = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="Patches in one training step.", rich_help_panel=NETWORK
    ),
]
Centres = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(CENTRES),
        help="Where patches lie: around annotated pixels, or each with an object in "
        "its middle.",
        rich_help_panel=NETWORK,
    ),
]
Loss = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(LOSSES), help="What is minimised.", rich_help_panel=NETWORK
    ),
]
ClassWeights = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(CLASS_WEIGHTS),
        help="How much each class counts in the loss.",
        rich_help_panel=NETWORK,
    ),
]
