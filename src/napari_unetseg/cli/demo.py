"""``unetseg demo``: the whole way on a built-in sample, with nothing to prepare."""

from __future__ import annotations

import shlex
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_unetseg.core.errors import WriteError

if TYPE_CHECKING:
    from napari_unetseg.core.evaluate.report import Report
    from napari_unetseg.core.image import Image

SAMPLE = "em"
MINUTES = 2.0
# The slices between and behind them are not painted when the network learns. Slices
# 10 and 11 choose the weights that are kept; 12 keeps the last three apart from them.
VALIDATION = "10-11"
UNPAINTED = slice(12, 16)
TESTED = slice(13, 16)
SHOWN = 14

# Many small steps. Measured on the slices judged, 90 s on one core: mean IoU 0.87, with
# the default learning rate 0.85, and with the default patches too 0.69.
TRAINING: dict[str, Any] = {"preset": "fast", "patch": 128, "learning_rate": 3e-3}


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """Names of all that a demo leaves in its folder."""

    folder: Path

    @property
    def image(self) -> Path:
        """The sample."""
        return self.folder / "image.ome.tif"

    @property
    def truth(self) -> Path:
        """Labels of all its slices."""
        return self.folder / "truth.ome.tif"

    @property
    def painted(self) -> Path:
        """The labels that the training is given."""
        return self.folder / "training-labels.ome.tif"

    @property
    def model(self) -> Path:
        """The trained model."""
        return self.folder / "em.unetseg.safetensors"

    @property
    def segmentation(self) -> Path:
        """Labels that the model gave to all slices."""
        return self.folder / "segmentation.ome.tif"

    @property
    def report(self) -> Path:
        """How good they are on the slices that were kept apart."""
        return self.folder / "report.json"

    @property
    def overview(self) -> Path:
        """One of these slices: image, truth, prediction and errors."""
        return self.folder / "overview.png"


def demo(
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for all that is made.")
    ] = Path("unetseg-demo"),
    minutes: Annotated[
        float, typer.Option(metavar="M", help="How long to train.")
    ] = MINUTES,
    seed: Annotated[
        int, typer.Option(metavar="S", help="Start of all random numbers.")
    ] = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier demo.")
    ] = False,
) -> None:
    """Train on a sample, segment it, evaluate and show where to look."""
    begun = time.monotonic()
    files = DemoFiles(out)
    _check_folder(out, overwrite=overwrite)
    command = shlex.join(["unetseg", "demo", "--out", str(out), "--overwrite"])
    again = f"The demo begins anew with: {command}"
    image, truth = write_sample(files, overwrite=overwrite)
    _train(files, minutes, seed, overwrite=overwrite, again=again)
    _segment(files, overwrite=overwrite, again=again)
    report = judge(files, image, truth, overwrite=overwrite)
    _tell(files, report, time.monotonic() - begun)


def write_sample(files: DemoFiles, *, overwrite: bool) -> tuple[Image, Image]:
    """Write the sample, its labels, and the labels without the slices kept apart.

    Returns
    -------
    image, truth : Image
    """
    from napari_unetseg.core.samples import sample_data
    from napari_unetseg.core.write.ome_tiff import write_ome_tiff
    from napari_unetseg.runs.saved import saved

    typer.echo("Making the sample: a stack like electron microscopy.", err=True)
    image, truth = sample_data(SAMPLE)
    painted = truth.array.copy()
    painted[UNPAINTED] = 0
    for path, one in (
        (files.image, image),
        (files.truth, truth),
        (files.painted, replace(truth, array=painted, name="training-labels")),
    ):
        write_ome_tiff(path, one, overwrite=overwrite, description=saved())
    return image, truth


def judge(files: DemoFiles, image: Image, truth: Image, *, overwrite: bool) -> Report:
    """Evaluate on the slices kept apart; write the report and the picture."""
    from napari_unetseg.core.evaluate.picture import comparison, write_png
    from napari_unetseg.core.evaluate.report import evaluate
    from napari_unetseg.core.read import read_image
    from napari_unetseg.core.samples import CLASS_NAMES

    names = CLASS_NAMES[SAMPLE]
    segmented = read_image(files.segmentation)
    report = evaluate(
        replace(segmented, array=segmented.array[TESTED]),
        replace(truth, array=truth.array[TESTED], name=files.truth.name),
        names=names,
    )
    report.write_json(files.report, overwrite)
    planes = (one.array[SHOWN] for one in (image, truth, segmented))
    write_png(files.overview, comparison(*planes, names=names), overwrite)
    return report


def _train(
    files: DemoFiles, minutes: float, seed: int, *, overwrite: bool, again: str
) -> None:
    """Ask what ``unetseg train`` would ask."""
    from napari_unetseg.core.presets import train_config
    from napari_unetseg.runs.questions import TrainQuestion

    wishes: dict[str, Any] = {
        "minutes": minutes,
        "seed": seed,
        "validation": VALIDATION,
    } | TRAINING
    question = TrainQuestion(
        images=(str(files.image.absolute()),),
        labels=(str(files.painted.absolute()),),
        model=str(files.model.absolute()),
        overwrite=overwrite,
        config=train_config(**wishes),
    )
    _ask(question, files.model, overwrite=overwrite, again=again)


def _segment(files: DemoFiles, *, overwrite: bool, again: str) -> None:
    """Ask what ``unetseg segment`` would ask, for the whole stack."""
    from napari_unetseg.runs.questions import SegmentQuestion

    question = SegmentQuestion(
        image=str(files.image.absolute()),
        model=str(files.model.absolute()),
        out=str(files.segmentation.absolute()),
        overwrite=overwrite,
    )
    _ask(question, files.segmentation, overwrite=overwrite, again=again)


def _ask(question: Any, output: Path, *, overwrite: bool, again: str) -> None:
    from napari_unetseg.cli.following import follow
    from napari_unetseg.cli.starting import run_folder
    from napari_unetseg.runs import client

    folder = run_folder(None, output, "--out")
    client.create(folder, question, overwrite=overwrite)
    follow(folder, again=again, fresh=True, as_json=False)


def _check_folder(folder: Path, *, overwrite: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise WriteError(f"'{folder}' is a file", "Name a folder by --out")
    if not overwrite and folder.is_dir() and any(folder.iterdir()):
        raise WriteError(
            f"The folder '{folder}' exists and is not empty",
            "Name another by --out, or add --overwrite to replace an earlier demo",
        )


def _tell(files: DemoFiles, report: Report, seconds: float) -> None:
    """Print the scores, what was made, and how to look at it."""
    from importlib.util import find_spec

    from napari_unetseg.cli.tables import report_table, show
    from napari_unetseg.runs.story import duration

    first, last = TESTED.start, TESTED.stop - 1
    table = report_table(report, f"Slices {first}-{last}, not trained on")
    show(table, report.overlap.pixel_error)
    typer.echo(
        "These slices were not painted for the training, and played no part in "
        "choosing its weights."
    )
    typer.echo(f"Done in {duration(seconds)}. In {files.folder}:")
    for name, path in (
        ("image, truth, prediction and errors side by side", files.overview),
        ("segmentation of all slices", files.segmentation),
        ("model", files.model),
        ("scores", files.report),
    ):
        typer.echo(f"  {path.name + ':':28}{name}")
    if find_spec("napari") is None:
        typer.echo('napari is not installed here: pip install "napari[all]"')
    typer.echo("These two lines open the result in napari:")
    for line in napari_lines(files):
        typer.echo(line)


def napari_lines(files: DemoFiles) -> tuple[str, str]:
    """Two lines for a shell: one command that lays the segmentation on the image."""
    image, labels = files.image.as_posix(), files.segmentation.as_posix()
    return (
        f"python -c \"import napari; v = napari.Viewer(); v.open('{image}')",
        f"v.open('{labels}', layer_type='labels'); napari.run()\"",
    )
