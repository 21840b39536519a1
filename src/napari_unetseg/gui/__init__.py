"""The docks of napari: forms over `runs.client`. Nothing here ever loads torch."""
