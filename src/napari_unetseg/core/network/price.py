"""What one layer of a network costs. Loads no torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layer:
    """What one layer costs, per patch.

    Attributes
    ----------
    values : int
        Numbers in the largest map that it makes.
    parameters : int
        Learnt numbers.
    multiply_adds : int
        Of one forward pass.
    written : int
        Numbers that a forward pass writes, here and in what follows the layer:
        normalisation, ReLU, concatenation.
    kept : int
        Those of them that wait for the backward pass.
    places : int
        Places of maxima, which wait for it too, as 64-bit integers.
    taught : int
        Pixels of scores, which the loss compares.
    """

    values: int
    parameters: int = 0
    multiply_adds: int = 0
    written: int = 0
    kept: int = 0
    places: int = 0
    taught: int = 0
