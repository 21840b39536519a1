"""``python parent.py FOLDER attached|detached``: starts an endless run, watches it."""

from __future__ import annotations

import sys
from pathlib import Path

from napari_unetseg.runs import client, process

process.engine_command = lambda folder, python: [
    python,
    str(Path(__file__).with_name("child.py")),
    "endless",
    str(folder),
]

folder = Path(sys.argv[1])
run = client.start(folder, attached=sys.argv[2] == "attached")
for _ in client.watch(folder, run):
    pass
