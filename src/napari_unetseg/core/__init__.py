"""The science: no Qt, no napari, no terminal.

The way of the data, one folder a stage::

    read -> prepare -> augment -> network -> train
    read -> predict -> postprocess -> evaluate -> write

`jobs` joins the stages into the questions a person asks: train, segment.
"""
