"""napari-unetseg: train a U-Net on painted labels, segment, and read the IoU.

Importing this package loads neither torch nor napari; each name is loaded when it is
first used.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
