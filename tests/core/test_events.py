"""One line of JSON is the whole event."""

import pytest

from napari_unetseg.core import events

ONE_OF_EACH = [
    events.Started(job="train", device="cpu", precision="fp32"),
    events.Note(text="µm 'quoted'", level="warning"),
    events.Waiting(what="workers of a cluster"),
    events.Planned(total=10, unit="step", seconds=1.5),
    events.Divided(
        parts=[{"image": 0, "name": "gap", "start": [0, 0], "stop": [9, 9]}]
    ),
    events.Step(step=1, total=10, loss=0.5, learning_rate=1e-3),
    events.Validated(
        step=3, iou={"1": 0.5, "2": None}, mean_iou=0.5, pixel_error=0.1, best=True
    ),
    events.Saved(step=3),
    events.Paused(step=3),
    events.Resumed(step=3),
    events.Edited(number=1, step=3, pixels=40),
    events.Previewed(number=2, step=3, image=0, start=[0, 4], stop=[9, 9]),
    events.Tile(done=1, total=4, start=[0, 0], stop=[16, 16], number=0, checksum=7),
    events.Block(done=3, total=0),
    events.Item(name="a.tif", number=1, total=3),
    events.Forecast(
        tile=[512, 512],
        halo=[92, 92],
        tiles=4,
        memory=10**8,
        free=10**10,
        seconds=1.5,
        size=10**6,
    ),
    events.Finished(result={"out": ["a.tif"]}),
    events.Stopped(reason="kept", result={"model": "m", "resumable": True}),
    events.Failed(message="No.", mendable=True, error="InputError"),
]


def test_every_event_is_here():
    assert {type(event).__name__ for event in ONE_OF_EACH} == set(events.Event.kinds)


@pytest.mark.parametrize("event", ONE_OF_EACH, ids=lambda e: type(e).__name__)
def test_round_trip(event):
    line = events.to_json(event)
    assert "\n" not in line
    assert events.from_json(line) == event


@pytest.mark.parametrize("line", ["{}", '{"event": "Boom"}', "[]", "{"])
def test_other_lines_are_refused(line):
    with pytest.raises(ValueError, match=r"not an event|Expecting"):
        events.from_json(line)
