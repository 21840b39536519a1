"""What a segmentation would take, told by a process that loads torch in our place."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import numpy as np
import pytest

from napari_unetseg.core.config import NetworkConfig, SegmentConfig
from napari_unetseg.core.errors import RunError
from napari_unetseg.core.events import Failed, Forecast, Note
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.core.network.modelfile import Model
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.runs import foreteller, foretelling
from napari_unetseg.runs.described import Described
from napari_unetseg.runs.foreseeing import foresee
from napari_unetseg.runs.foreteller import Foreteller
from napari_unetseg.runs.questions import SegmentQuestion

SHAPE = (3, 40, 50)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Return the file of a model that nothing was taught."""
    path = tmp_path_factory.mktemp("model") / "m.unetseg.safetensors"
    network = NetworkConfig(base=2, depth=1)
    card = ModelCard(
        network=network, classes=(1, 3), halo=(8, 8), spacing=(4.0, 4.0), unit="nm"
    )
    Model(card, network_of(network, seed=3).state_dict()).save(path)
    return path


@pytest.fixture
def image():
    """Return an image of other pixels than the model's."""
    array = np.zeros(SHAPE, np.uint8)
    return Image(array=array, axes="ZYX", spacing=(50, 8, 8), unit="nm", name="grey")


@pytest.fixture
def teller():
    found = Foreteller()
    yield found
    found.close()


def question(model, **config):
    config = SegmentConfig(tile=16, **config)
    return SegmentQuestion(
        image="image", model=str(model), out="out.zarr", config=config
    )


def drained(story):
    while True:
        try:
            next(story)
        except StopIteration as end:
            return end.value


def test_it_is_what_the_engine_foresees_without_a_pixel(
    model, image, teller, tmp_path, monkeypatch
):
    asked = question(model, average="flips", region={"Z": (1, 2), "Y": (0, 33)})
    note, told = drained(teller.ask(asked, image, tmp_path / "run"))

    path = tmp_path / "image.ome.tif"
    write_ome_tiff(path, image)
    *_, expected = foresee(asked.model_copy(update={"image": str(path)}), tmp_path)
    assert isinstance(note, Note)
    assert isinstance(told, Forecast)
    for name in ("tile", "halo", "tiles", "memory", "size", "resampled"):
        assert getattr(told, name) == getattr(expected, name), name
    assert told.disk > 0

    # The same process answers again; what would be refused is told.
    process = teller._process
    (refused,) = drained(teller.ask(question(model, link=True), image, tmp_path))
    assert isinstance(refused, Failed)
    assert "linked" in refused.message
    assert teller._process is process

    # Ended, it is started again.
    process.kill()
    process.wait()
    knows_nothing = (
        "import json; print(json.dumps({'number': json.loads(input())['number']}))"
    )
    monkeypatch.setattr(
        foreteller, "command", lambda python: [python, "-c", knows_nothing]
    )
    assert drained(teller.request({"answer": "nothing"})) == ()
    assert teller._process is not process


def test_a_process_that_ends_without_an_answer_is_told(
    model, image, teller, tmp_path, monkeypatch
):
    monkeypatch.setattr(foreteller, "command", lambda python: [python, "-c", "pass"])

    with pytest.raises(RunError, match="torch does not start"):
        drained(teller.ask(question(model), image, tmp_path))


def test_an_older_question_gets_no_answer(model, image, teller, tmp_path, monkeypatch):
    command = [sys.executable, "-c", "input(); input(); input()"]
    monkeypatch.setattr(foreteller, "command", lambda python: command)
    old = teller.ask(question(model), image, tmp_path)
    next(old)

    next(teller.ask(question(model), image, tmp_path))

    assert drained(old) == ()


def test_of_questions_that_wait_the_last_is_answered():
    lines = io.StringIO("first\nsecond\nthird\n")

    assert [*foretelling._newest(lines, 5)][-1] == "third\n"


def test_it_ends_when_nobody_asks():
    class Silent:
        def __iter__(self):
            threading_free.wait()
            yield "late"

    import threading

    threading_free = threading.Event()
    assert not [*foretelling._newest(Silent(), 0.05)]
    threading_free.set()


def test_what_is_asked_badly_is_answered_all_the_same():
    *events, last = foretelling.answers_to(json.dumps({"number": 4, "question": {}}))

    assert json.loads(last) == {"number": 4}
    assert json.loads(json.loads(events[0])["event"])["event"] == "Failed"


def test_a_description_keeps_all_but_the_pixels(image):
    described = Described.model_validate_json(Described.of(image).model_dump_json())

    found = described.image()

    for name in ("shape", "dtype", "axes", "spacing", "unit", "channels", "name"):
        assert getattr(found, name) == getattr(image, name)
    assert not any(found.array.strides)


def test_who_asks_loads_no_torch():
    code = (
        "import sys, napari_unetseg.runs.foreteller, napari_unetseg.runs.fitting\n"
        "print('torch' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )
    assert answer.stdout.strip() == "False"
