"""What a job says while it works.

A job is a generator of these small frozen records. They hold plain values only, so
that one line of JSON is the whole event (`to_json`, `from_json`), in a run's
``events.jsonl``, on the terminal and in a test.
"""

from napari_unetseg.core.events.base import (
    Event,
    Failed,
    Finished,
    Note,
    Planned,
    Started,
    Stopped,
    Waiting,
    from_json,
    to_json,
)
from napari_unetseg.core.events.segmenting import (
    Block,
    Forecast,
    Item,
    Tile,
)
from napari_unetseg.core.events.training import (
    Divided,
    Edited,
    Paused,
    Previewed,
    Resumed,
    Saved,
    Step,
    Validated,
)

__all__ = [
    "Block",
    "Divided",
    "Edited",
    "Event",
    "Failed",
    "Finished",
    "Forecast",
    "Item",
    "Note",
    "Paused",
    "Planned",
    "Previewed",
    "Resumed",
    "Saved",
    "Started",
    "Step",
    "Stopped",
    "Tile",
    "Validated",
    "Waiting",
    "from_json",
    "to_json",
]
