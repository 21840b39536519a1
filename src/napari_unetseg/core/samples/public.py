"""Public data sets that are downloaded: where they lie, their hashes and terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from napari_unetseg.core.errors import InputError

_CHALLENGE = "https://data.celltrackingchallenge.net/training-datasets"
_TERMS = (
    "Free to download. Name the Cell Tracking Challenge as the source; scientific use "
    "outside of it wants the permission of the data's providers, commercial use that "
    "of the organisers too (celltrackingchallenge.net/datasets)."
)
_CHALLENGE_PAPER = "Ulman et al. 2017, Nature Methods, doi:10.1038/nmeth.4473"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSample:
    """A data set that somebody else publishes.

    Attributes
    ----------
    key : str
        How it is called here.
    title : str
        How it is called in the field.
    kind : {"challenge", "membranes"}
        How its files lie: as the Cell Tracking Challenge has them, or as two stacks of
        which the labels are white in cells and black on membranes.
    url : str
        Of a zip file.
    sha256 : str
        Of that file; empty where nobody has published it.
    megabytes : int
        About so many are downloaded.
    spacing : tuple of float
        Pixel size, (Y, X) or (Z, Y, X), which the files themselves do not tell.
    unit : str
        Of the pixel size.
    licence, citation : str
        What its publishers ask for, and what is to be cited.
    """

    key: str
    title: str
    kind: Literal["challenge", "membranes"]
    url: str
    sha256: str
    megabytes: int
    spacing: tuple[float, ...]
    unit: str
    licence: str
    citation: str

    @property
    def archive(self) -> str:
        """Name of the zip file."""
        return urlsplit(self.url).path.rpartition("/")[2]

    @property
    def host(self) -> str:
        """Who is asked for it."""
        return urlsplit(self.url).hostname or self.url

    @property
    def terms(self) -> str:
        """Citation and licence, in sentences."""
        return f"Please cite {self.citation}. {self.licence}"


PUBLIC = {
    sample.key: sample
    for sample in (
        PublicSample(
            key="isbi2012",
            title="ISBI 2012",
            kind="membranes",
            url="https://downloads.imagej.net/ISBI-2012-challenge.zip",
            # Neither the organisers nor ImageJ, who keep it, have published one.
            sha256="",
            megabytes=15,
            spacing=(50.0, 4.0, 4.0),
            unit="nm",
            licence="Published for research, for the ISBI 2012 challenge "
            "(imagej.net/events/isbi-2012-segmentation-challenge).",
            citation="Cardona et al. 2010, PLoS Biology, "
            "doi:10.1371/journal.pbio.1000502",
        ),
        PublicSample(
            key="phc-u373",
            title="PhC-U373",
            kind="challenge",
            url=f"{_CHALLENGE}/PhC-C2DH-U373.zip",
            sha256="b18185c18fce54e8eeb93e4bbb9b201d757add9409bbf2283b8114185a11bc9e",
            megabytes=40,
            spacing=(0.65, 0.65),
            unit="um",
            licence=_TERMS,
            citation=_CHALLENGE_PAPER,
        ),
        PublicSample(
            key="dic-hela",
            title="DIC-HeLa",
            kind="challenge",
            url=f"{_CHALLENGE}/DIC-C2DH-HeLa.zip",
            sha256="832fed2d05bb7488cf9c51a2994b75f8f3f53b3c3098856211f2d39023c34e1a",
            megabytes=42,
            spacing=(0.19, 0.19),
            unit="um",
            licence=_TERMS,
            citation=_CHALLENGE_PAPER,
        ),
    )
}


def public_sample(key: str) -> PublicSample:
    """Find a data set by its name here.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if key not in PUBLIC:
        raise InputError(
            f"There is no public data set named '{key}'",
            f"Choose one of {', '.join(PUBLIC)}",
        )
    return PUBLIC[key]
