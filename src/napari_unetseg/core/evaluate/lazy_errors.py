"""The map of errors of any two arrays, worked out only where somebody looks."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.evaluate.errors_map import errors_map
from napari_unetseg.core.evaluate.pixels import check_pair

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Key = tuple[Any, ...]


class LazyErrors:
    """`errors_map` of two arrays; nothing is read or kept until it is indexed.

    It shows the arrays as they are at that moment, so that later strokes show.

    Parameters
    ----------
    prediction, truth : array of equal shape and dtype int or bool
        numpy, dask, zarr, or whatever takes a number or a slice per axis.
    identity, ignore
        As for `errors_map`.

    Raises
    ------
    ValueError
        As `errors_map`.
    """

    dtype = np.dtype(np.uint8)

    def __init__(
        self,
        prediction: Any,
        truth: Any,
        *,
        identity: int | None = None,
        ignore: Sequence[int] = (),
    ) -> None:
        check_pair(prediction, truth)
        self._prediction, self._truth = prediction, truth
        self._identity, self._ignore = identity, tuple(ignore)
        self._known: tuple[Key, NDArray[np.uint8]] | None = None
        self.shape = tuple(int(length) for length in truth.shape)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of pixels."""
        return int(np.prod(self.shape, dtype=np.int64))

    def __len__(self) -> int:
        """Length of the first axis."""
        return self.shape[0]

    def __getitem__(self, key: Any) -> NDArray[np.uint8]:
        """Map a part: a number or a slice per axis; axes that are not named whole."""
        whole = self._per_axis(key)
        known = self._known
        if known is not None and known[0] == self._places(whole):
            return known[1]
        return errors_map(
            np.asarray(self._prediction[whole]),
            np.asarray(self._truth[whole]),
            identity=self._identity,
            ignore=self._ignore,
        )

    def __array__(
        self, dtype: Any = None, copy: bool | None = None
    ) -> NDArray[np.generic]:
        """Map everything, in memory."""
        if copy is False:
            raise ValueError("the errors are worked out, not stored")
        return np.asarray(self[()], dtype)

    @contextmanager
    def holding(self, key: Key, errors: NDArray[np.uint8]) -> Iterator[None]:
        """Take a part as it was worked out elsewhere, for as long as this lasts.

        Parameters
        ----------
        key : tuple of int or slice
            Which part, as for indexing.
        errors : ndarray of uint8
            What indexing would return.
        """
        self._known = self._places(self._per_axis(key)), errors
        try:
            yield
        finally:
            self._known = None

    def _per_axis(self, key: Any) -> Key:
        """One number or slice per axis."""
        given = key if isinstance(key, tuple) else (key,)
        if Ellipsis in given:
            place = given.index(Ellipsis)
            between = len(self.shape) - len(given) + 1
            given = (*given[:place], *[slice(None)] * between, *given[place + 1 :])
        return (*given, *[slice(None)] * (len(self.shape) - len(given)))

    def _places(self, key: Key) -> tuple[int | range, ...]:
        """What a key means, whichever way it is written."""
        return tuple(
            range(length)[one] for one, length in zip(key, self.shape, strict=True)
        )
