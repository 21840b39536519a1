"""Random changes of training patches: one coordinate map, one resampling."""
