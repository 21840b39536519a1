"""Run folders as they are left: nothing was computed for them."""

from __future__ import annotations

from napari_unetseg.core.events import Failed, Planned, Step
from napari_unetseg.runs import client
from napari_unetseg.runs.home import runs_folder
from napari_unetseg.runs.journal import Journal
from napari_unetseg.runs.questions import SegmentQuestion, TrainQuestion


def made(name, job="train"):
    """Ask for a run, and let it have failed after step 3 of 8."""
    folder = runs_folder() / name
    if job == "train":
        question = TrainQuestion(images=("a.tif",), labels=("b.tif",), model="m")
    else:
        question = SegmentQuestion(image="a.tif", model="m", out="o.ome.tif")
    client.create(folder, question)
    with Journal(folder) as journal:
        journal.append(Planned(total=8, unit="step"))
        journal.append(Step(step=3, total=8, loss=1.0, learning_rate=0.1))
        journal.append(Failed(message="No room", mendable=True, error="WriteError"))
    return folder
