"""napari's layers become images and back: arrays and attributes, without napari."""
