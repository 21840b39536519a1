"""Models of the library made of packages and of plain weights; this takes torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_unetseg.core.export.importing import model_of_package, model_of_weights
from napari_unetseg.runs import listing
from napari_unetseg.runs.library import free_path

if TYPE_CHECKING:
    from pathlib import Path


def bring_in_foreign(path: Path, name: str, network: dict[str, Any]) -> Path:
    """Make a model of the library of a package or of plain weights.

    Parameters
    ----------
    path : Path
        A BioImage.IO package that this program wrote, or a state_dict of PyTorch. No
        code in it is run.
    name : str
        In the library; the file's own if empty.
    network : dict
        Of a state_dict: fields of `NetworkConfig`.

    Returns
    -------
    Path
        The new file.

    Raises
    ------
    ModelError, InputError, WriteError
        If it is neither, the weights do not fit the network, or the name is taken.
    """
    target = free_path(name or listing.file_name(path.name.partition(".")[0]))
    if path.suffix.lower() == ".zip":
        model = model_of_package(path)
    else:
        model = model_of_weights(path, network)
    model.save(target)
    return target
