"""What napari's manifest points at: entry points of a few lines, one kind a module."""
