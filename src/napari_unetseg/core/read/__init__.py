"""Files become images: `read_image` knows the formats by their endings."""

from napari_unetseg.core.read.files import read_image

__all__ = ["read_image"]
