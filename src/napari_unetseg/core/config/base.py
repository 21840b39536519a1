"""What all configurations share: frozen, checked, errors in one sentence."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from napari_unetseg.core.errors import InputError

Dimensions = Literal[2, 3]
Device = Literal["auto", "cpu", "cuda", "mps"]
PositiveInt = Annotated[int, Field(gt=0)]
PositiveFloat = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Percent = Annotated[int, Field(ge=5, le=100)]
BelowOne = Annotated[float, Field(ge=0, lt=1)]


class Config(BaseModel):
    """Base: frozen, no unknown names, errors in one sentence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def check(cls, **values: object) -> Self:
        """Build the configuration from a user's values.

        Raises
        ------
        InputError
            Naming the first option that does not fit, and why.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            option = ".".join(str(part) for part in first["loc"])
            raise InputError(
                f"{option} = {first['input']!r} does not fit", first["msg"]
            ) from error


def share_of(free: int, percent: int | None) -> int:
    """Bytes that may be used of those that are free; None: all."""
    return free if percent is None else free * percent // 100


def unfit(why: str) -> PydanticCustomError:
    """Say why a value does not fit, as one sentence without a full stop."""
    return PydanticCustomError("unfit", "{why}", {"why": why})
