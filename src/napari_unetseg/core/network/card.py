"""What a model says about itself: its card, one JSON document in its file's header.

Reading it takes neither torch nor safetensors, so that a program that only asks can
show a model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    NonNegativeInt,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import from_json

from napari_unetseg.core.config import Config, NetworkConfig, NonNegative
from napari_unetseg.core.errors import InputError, ModelError
from napari_unetseg.core.network.claims import (
    Id,
    Length,
    Training,
    Validation,
    check_consistent,
    plain,
)
from napari_unetseg.core.network.header import metadata_of, no_model
from napari_unetseg.core.network.migrations import FORMAT, migrated
from napari_unetseg.core.units import unit_name

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = "unetseg"
_COLOUR = r"^#[0-9a-fA-F]{6}$"

HexColour = Annotated[str, Field(pattern=_COLOUR)]
"""A colour as "#rrggbb"."""


class Objects(Config):
    """How the objects of a model that was taught instances are found in its classes.

    Attributes
    ----------
    kind : {"components", "watershed"}
        Connected pixels of a class, or centres that grow into their borders.
    centre, border : int, optional
        Painted ids of the two classes, for "watershed".
    smallest : float
        Objects of less pixels, of the model's size, are none unless it is said
        otherwise: half of the smallest that was painted, but for a few.
    """

    kind: Literal["components", "watershed"] = "components"
    centre: int | None = None
    border: int | None = None
    smallest: NonNegative = 0.0


class ModelCard(Config):
    """What a model says about itself.

    Attributes
    ----------
    format : int
        Version of this document.
    network : NetworkConfig
        The architecture.
    classes : tuple of int
        Painted id of each class index.
    class_names : dict of str to str
        Names by painted id; may be empty.
    class_colors : dict of str to str
        Colours by painted id, as "#rrggbb"; may be empty.
    channels : tuple of str
        Names of the channels in the order the network sees them; may be empty.
    spacing : tuple of float
        ([Z,] Y, X) pixel size of the training images; with `unit`.
    unit : str
        "pixel" when unknown.
    normalisation : str
        "mean-std": per image, channel and time point to mean 0 and deviation 1.
    halo : tuple of int
        ([Z,] Y, X) pixels that a tile reads before what it writes.
    thresholds : dict of id to float
        Probability from which a class is chosen, for classes that have one.
    objects : Objects or None
        How objects are found; None of a model that was taught classes.
    training : dict
        How the model was made: images by name, steps, seed, settings.
    validation : dict
        Scores on the validation slices; empty without any.
    versions : dict of str to str
        Programs that made it.
    sha256 : str
        Checksum of the tensors.
    """

    format: Annotated[int, Field(strict=True, ge=FORMAT, le=FORMAT)] = FORMAT
    network: NetworkConfig
    classes: tuple[Id, ...]
    class_names: dict[str, str] = Field(default_factory=dict)
    class_colors: dict[str, HexColour] = Field(default_factory=dict)
    channels: tuple[str, ...] = ()
    spacing: tuple[Length, ...] = (1.0, 1.0)
    unit: Annotated[str, AfterValidator(unit_name)] = "pixel"
    normalisation: Literal["mean-std"] = "mean-std"
    halo: tuple[NonNegativeInt, ...]
    thresholds: dict[int, Annotated[float, Field(gt=0, lt=1)]] = Field(
        default_factory=dict
    )
    objects: Objects | None = None
    training: dict[str, Any] = Field(default_factory=dict)
    validation: dict[str, Any] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    sha256: str = ""

    @field_validator("training", "validation")
    @classmethod
    def _check_claims(cls, given: dict[str, Any], info: ValidationInfo) -> Any:
        claims = Training if info.field_name == "training" else Validation
        claims.model_validate(given)
        return given

    @model_validator(mode="after")
    def _check_consistent(self) -> Self:
        check_consistent(self)
        return self


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes of a training, as its card will tell them.

    Attributes
    ----------
    ids : tuple of int
        Painted id of each class index.
    names, colors : dict of str to str
        By painted id, for some of the classes or none.
    """

    ids: tuple[int, ...]
    names: dict[str, str] = field(default_factory=dict)
    colors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def described(
        cls,
        ids: tuple[int, ...],
        names: Mapping[Any, str] | None,
        colors: Mapping[Any, str] | None,
    ) -> Classes:
        """Take the names and colours of the classes that exist.

        Parameters
        ----------
        ids : tuple of int
            Painted id of each class index.
        names, colors : mapping of id to str, optional
            By painted id, as a number or as text. 0 is "background" unless it is given
            another name; names that are empty are left out.

        Raises
        ------
        InputError
            If a colour is not of the form "#rrggbb".
        """
        known = {str(label) for label in ids}
        given = {"0": "background"} | {
            str(label): " ".join(name.split()) for label, name in (names or {}).items()
        }
        shown = {str(label): color for label, color in (colors or {}).items()}
        for label, color in shown.items():
            if not re.fullmatch(_COLOUR, color):
                raise InputError(
                    f"'{color}' is no colour for class {label}",
                    'Write it as in "#ff8000"',
                )
        return cls(
            ids,
            {label: given[label] for label in given if label in known and given[label]},
            {label: shown[label] for label in shown if label in known},
        )


def read_card(path: str | Path) -> ModelCard:
    """Read what a model says about itself, without its weights.

    Parameters
    ----------
    path : str or Path
        A model file.

    Raises
    ------
    ModelError
        If the file is missing, incomplete, no model, or of a newer version. That its
        weights are undamaged only `load_model` finds out.
    """
    path = Path(path)
    return parsed_card(metadata_of(path).get(KEY, "null"), path.name)


def parsed_card(text: str | bytes, name: str) -> ModelCard:
    """Read a card from its text; one of an older format becomes one of today's.

    Parameters
    ----------
    text : str or bytes
        JSON, of whatever origin.
    name : str
        Of the file that it is from, to be told.

    Raises
    ------
    ModelError
        If it is damaged, no card, or of a newer version.
    """
    try:
        document = plain(from_json(text))
    except ValueError as error:
        raise no_model(name, "its description is damaged") from error
    if not isinstance(document, dict):
        raise no_model(name, "it says nothing about a network")
    version = document.get("format", 0)
    if isinstance(version, int) and version > FORMAT:
        raise ModelError(
            f"'{name}' was made by a newer napari-unetseg (format {version}; this "
            f"one reads up to {FORMAT})",
            "Update napari-unetseg",
        )
    try:
        return ModelCard.model_validate(migrated(document))
    except ValidationError as error:
        raise no_model(name, f"its description is damaged: {_why(error)}") from error


def _why(error: ValidationError) -> str:
    """Where a card is wrong, and how."""
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where}: {first['msg']}" if where else first["msg"]
