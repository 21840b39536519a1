"""Networks in words: what one is called in a paper, and which paper it is from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNET = "Ronneberger et al. 2015, doi:10.1007/978-3-319-24574-4_28"
_FCN = "Long et al. 2015, arXiv:1411.4038"
_PAPERS = {
    "fcn-32s": _FCN,
    "fcn-16s": _FCN,
    "fcn-8s": _FCN,
    "segnet": "Badrinarayanan et al. 2017, arXiv:1511.00561",
    "deconvnet": "Noh et al. 2015, arXiv:1505.04366",
    "patch": "Ciresan et al. 2012",
}


def words_of_network(config: Mapping[str, Any]) -> str:
    """A network with its size, as in "U-Net (unet-bn, 2D, depth 4)".

    Parameters
    ----------
    config : mapping of str to object
        Fields of a `NetworkConfig` or a `TrainConfig`.
    """
    name = _name(config)
    width = f"{config['base']} channels at the first level" if config["base"] else ""
    depth = f"depth {config['depth']}" if config["depth"] else ""
    about = ", ".join(filter(None, (f"{config['dimensions']}D", width, depth)))
    return f"U-Net ({name}, {about})" if "unet" in name else f"{name} ({about})"


def paper_of(config: Mapping[str, Any]) -> str:
    """The paper that a network is from, to be cited; as for `words_of_network`."""
    return _PAPERS.get(_name(config), _UNET)


def _name(config: Mapping[str, Any]) -> str:
    return str(config.get("network") if "network" in config else config["name"])
