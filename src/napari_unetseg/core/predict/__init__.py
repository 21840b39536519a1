"""From an image and a network to scores, tile by tile, as if in one piece."""
