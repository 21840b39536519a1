"""A TIFF image of which only what is asked for is read: strip by strip, tile by tile.

What is taken from tifffile is where the strips and tiles of each page lie and how one
of them is decoded. The files are opened for every reading, so that none is held open.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.read.damage import noticing_damage
from napari_unetseg.core.read.indexing import complete
from napari_unetseg.core.read.lazy import LazyArray
from napari_unetseg.core.read.segments import Layout, Segments, Span, paste

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike, NDArray
    from tifffile import TiffPageSeries

# Of decoded strips and tiles, so that a strip is not decoded again for each row.
CACHED = 64 * 2**20


class TiffArray(LazyArray):
    """An image in a TIFF file, read where it is indexed.

    Parameters
    ----------
    name : str
        Name of the file, for messages.
    pages : sequence of Segments
        One per page, in the order of the leading dimensions.
    layout : Layout
        Of every page.
    shape : sequence of int
        The leading dimensions, then those of a page.
    dtype : dtype
        In native byte order.

    Attributes
    ----------
    shape, ndim, size, dtype
        As of an ndarray.
    chunks : tuple of int
        What is decoded at once.
    """

    def __init__(
        self,
        name: str,
        pages: Sequence[Segments],
        layout: Layout,
        shape: Sequence[int],
        dtype: DTypeLike,
    ) -> None:
        self.name = name
        self.shape = tuple(int(length) for length in shape)
        self.dtype = np.dtype(dtype)
        self._pages = pages
        self._layout = layout
        self._leading = len(self.shape) - len(layout.axes)
        self._cache: OrderedDict[tuple[int, int], NDArray[Any]] = OrderedDict()
        self._cached = 0
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Bytes in memory, if all of it was read."""
        return self.size * self.dtype.itemsize

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of what is decoded at once."""
        sides = (1, *self._layout.segment, self._layout.shape[4])
        inner = [min(sides[i], self._layout.shape[i]) for i in self._layout.axes]
        return (1,) * self._leading + tuple(inner)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Read a part.

        Parameters
        ----------
        key : int, slice, Ellipsis, or tuple of them
            As for an ndarray.

        Raises
        ------
        ReadError
            If the file is damaged there, or gone.
        """
        ranges, numbered = self._ranges(key)
        lead, inner = ranges[: self._leading], ranges[self._leading :]
        shape = [len(one) for one in ranges]
        found: NDArray[Any] = np.empty(shape, self.dtype)
        if found.size:
            for place in product(*(range(len(one)) for one in lead)):
                index = tuple(one[i] for one, i in zip(lead, place, strict=True))
                page = int(np.ravel_multi_index(index, self.shape[: self._leading]))
                found[place] = self._read(page if index else 0, inner)
        return found[tuple(0 if one else slice(None) for one in numbered)]

    def _ranges(self, key: Any) -> tuple[list[range], list[bool]]:
        """What is asked for of each dimension, and whether by a single number."""
        keys = complete(key, self.ndim)
        ranges, numbered = [], []
        for one, length in zip(keys, self.shape, strict=True):
            every = range(length)
            numbered.append(not isinstance(one, slice))
            if isinstance(one, slice):
                ranges.append(every[one])
            else:
                number = every[int(one)]  # An IndexError if it is out of bounds.
                ranges.append(range(number, number + 1))
        return ranges, numbered

    def _read(self, page: int, inner: Sequence[range]) -> NDArray[Any]:
        """Read a part of a page; one range per dimension of a page."""
        layout = self._layout
        spans: list[Span] = [(0, length) for length in layout.shape]
        for axis, one in zip(layout.axes, inner, strict=True):
            spans[axis] = (min(one[0], one[-1]), max(one[0], one[-1]) + 1)
        box = np.empty([stop - start for start, stop in spans], self.dtype)
        for number in layout.numbers(spans):
            pixels, corner = self._segment(page, number)
            paste(box, spans, pixels, corner)
        where = [slice(None)] * 5
        for axis, one in zip(layout.axes, inner, strict=True):
            where[axis] = slice(None, None, one.step)
        part = box[tuple(where)]
        return part.reshape([len(one) for one in inner])

    def _segment(self, page: int, number: int) -> tuple[NDArray[Any], tuple[int, ...]]:
        """Pixels of a segment (depth, height, width, samples), and its first place."""
        with self._lock:
            known = self._cache.get((page, number))
            if known is not None:
                self._cache.move_to_end((page, number))
        where = self._pages[page]
        layout = self._layout
        with noticing_damage(self.name):
            data = None
            if known is None and where.sizes[number]:
                with where.file.open("rb") as file:
                    file.seek(where.offsets[number])
                    data = file.read(where.sizes[number])
                if len(data) < where.sizes[number]:
                    raise EOFError("the file ends before its data do")
            more = {"jpegtables": where.tables, "jpegheader": layout.header}
            pixels, corner, shape = layout.decode(data, number, **more)
        if known is not None:
            return known, corner
        if pixels is None:
            pixels = np.full(shape, layout.empty)
        pixels = pixels.astype(self.dtype, copy=False)
        self._keep((page, number), pixels)
        return pixels, corner

    def _keep(self, key: tuple[int, int], pixels: NDArray[Any]) -> None:
        with self._lock:
            if key not in self._cache:
                self._cache[key] = pixels
                self._cached += pixels.nbytes
            while self._cached > CACHED:
                _, oldest = self._cache.popitem(last=False)
                self._cached -= oldest.nbytes


def lazy_array(series: TiffPageSeries, name: str) -> TiffArray | None:
    """Describe an image of an open file, to be read when the file is closed.

    Parameters
    ----------
    series : TiffPageSeries
        An image, or one level of it.
    name : str
        Name of the file, for messages.

    Returns
    -------
    TiffArray or None
        None if its pages are put together in a way that is not known here.
    """
    page = series.keyframe
    if page.is_tiled:
        segment = (page.tiledepth, page.tilelength, page.tilewidth)
    else:
        segment = (1, page.rowsperstrip, page.imagewidth)
    layout = Layout(
        shape=tuple(page.shaped),
        segment=segment,
        decode=page.decode,
        header=page.jpegheader,
        empty=page.nodata,
    )
    inner = tuple(page.shaped[i] for i in layout.axes)
    leading = tuple(series.shape[: len(series.shape) - len(inner)])
    count = math.prod(leading)
    if tuple(series.shape[len(leading) :]) != inner or page.dtype != series.dtype:
        return None
    pages: list[Segments] = []
    listed = [one for one in series if one is not None]
    if len(listed) == count:
        pages = [
            Segments(
                Path(one.parent.filehandle.path),
                one.dataoffsets,
                one.databytecounts,
                one.jpegtables,
            )
            for one in listed
        ]
    elif series.dataoffset is not None:
        # ImageJ describes one page, and the data of all follow it.
        file = Path(page.parent.filehandle.path)
        for number in range(count):
            shift = series.dataoffset - page.dataoffsets[0] + number * page.nbytes
            offsets = [offset + shift for offset in page.dataoffsets]
            pages.append(Segments(file, offsets, page.databytecounts))
    if len(pages) != count:
        return None
    dtype = np.uint8 if series.dtype == bool else series.dtype.newbyteorder("=")
    return TiffArray(name, pages, layout, series.shape, dtype)
