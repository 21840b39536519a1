"""What does one command make of each kind of data?

For every set of catalogue.py: the training that a person would type, with the default
settings but for the minutes, then the segmentation of the image that was scored, and a
picture of it: image, truth and prediction. The scores are those of the validation that
the training chose by itself, which also chose the weights.

    python benchmarks/quality/sets.py --pictures FOLDER [--sets NAME ...] [--minutes 2]
        [--cache FILE]

Prints a table in Markdown and the commands to standard error.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from catalogue import TRAININGS, Training
from report import DATA, report
from tasks import answer_or_ask, task_options
from triptych import write_triptych

from napari_unetseg.core.read import read_image

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from tasks import Result, Task

Event = dict[str, Any]


class Shown(NamedTuple):
    """The plane of a picture: of which image, its index, and a box (Y, X) in it."""

    image: int
    plane: tuple[int, ...]
    box: tuple[slice, slice]


def main() -> None:
    parser = task_options(__doc__, seeds=[0])
    parser.add_argument("--sets", nargs="+", choices=TRAININGS, default=list(TRAININGS))
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--pictures", type=Path, help="folder to draw into")
    answer_or_ask(parser, answer, tasks, tell)


def tasks(options: argparse.Namespace) -> list[Task]:
    """A training for each set and seed."""
    pictures = str(options.pictures.resolve()) if options.pictures else ""
    return [
        {"set": name, "minutes": options.minutes, "seed": seed, "pictures": pictures}
        for seed in options.seeds
        for name in options.sets
    ]


def answer(task: Task) -> Result:
    """Train, segment, and draw."""
    training = TRAININGS[task["set"]]
    name = task["set"].replace(",", "").replace(" ", "-")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for path in (DATA / training.folder).glob("*.tif"):
            (folder / path.name).symlink_to(path.resolve())
        command = train_command(training, name, task["minutes"], task["seed"])
        begun = time.monotonic()
        events = told(unetseg(folder, f"{command} --json"))
        trained = time.monotonic()
        shown = plane_to_show(folder, training, events)
        image = training.images[shown.image]
        segmenting = f"segment {image} --model {model(name)} --out {name}.ome.tif"
        unetseg(folder, segmenting)
        segmented = time.monotonic()
        if task["pictures"]:
            picture = Path(task["pictures"]) / f"{name}.png"
            picture.parent.mkdir(parents=True, exist_ok=True)
            draw(picture, folder, training, shown, f"{name}.ome.tif")
        commands = [command, segmenting]
        found: Result = {}
        if training.other:
            other, found = held_out(folder, training, name)
            commands += other
    result = finished(events)
    return {
        **scores(result["validation"]),
        **found,
        "steps": result["steps"],
        "kept step": result["kept_step"],
        "training (s)": round(trained - begun, 1),
        "segmenting (s)": round(segmented - trained, 1),
        "notes": [event["text"] for event in events if event["event"] == "Note"],
        "commands": [f"unetseg {one}" for one in commands],
    }


def train_command(training: Training, name: str, minutes: float, seed: int) -> str:
    """What is typed behind "unetseg"."""
    words = [
        "train",
        f"--image {' '.join(training.images)}",
        f"--labels {' '.join(training.labels)}",
        training.options,
        f"--model {model(name)}",
        f"--minutes {minutes:g}",
        f"--seed {seed}" if seed else "",
    ]
    return " ".join(word for word in words if word)


def model(name: str) -> str:
    return f"{name}.unetseg.safetensors"


def unetseg(folder: Path, command: str) -> str:
    """Run a command line; return what it prints, and show it if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "napari_unetseg", *shlex.split(command)],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-3:])
        sys.exit(f"unetseg {command}\nfailed ({done.returncode}): {tail}")
    return done.stdout


def told(lines: str) -> list[Event]:
    """The events of a run."""
    return [json.loads(line) for line in lines.splitlines() if line.startswith("{")]


def finished(events: Sequence[Event]) -> dict[str, Any]:
    """The result that the last event tells."""
    result: dict[str, Any] = events[-1]["result"]
    return result


def scores(validation: dict[str, Any]) -> Result:
    """What the training scored; nothing where it had too little to validate."""
    names = {"mean_iou": "mean IoU", "pixel_error": "pixel error", "iou": "IoU"}
    names |= {"seg": "SEG", "f1": "F1", "slices": "validation slices"}
    return {
        word: validation[name] for name, word in names.items() if name in validation
    }


def plane_to_show(folder: Path, training: Training, events: Sequence[Event]) -> Shown:
    """The validation plane of which most is painted, around what validates of it."""
    divided = next(event for event in events if event["event"] == "Divided")
    parts = [part for part in divided["parts"] if part["name"] == "validation"]
    best, most = None, -1
    for part in parts or divided["parts"]:
        labels = read_image(folder / training.labels[part["image"]]).array
        *planes, rows, columns = (
            slice(a, b) for a, b in zip(part["start"], part["stop"], strict=True)
        )
        for offset in np.ndindex(*(one.stop - one.start for one in planes)):
            plane = tuple(o + one.start for o, one in zip(offset, planes, strict=True))
            painted = int(np.count_nonzero(np.asarray(labels[plane])[rows, columns]))
            if painted > most:
                window = around(rows, columns, labels.shape[-2:], training.shown)
                best, most = Shown(part["image"], plane, window), painted
    assert best is not None
    return best


def around(
    rows: slice, columns: slice, shape: tuple[int, int], side: int
) -> tuple[slice, slice]:
    """A square window around a box, inside the plane."""
    found = []
    for part, length in zip((rows, columns), shape, strict=True):
        middle = (part.start + part.stop) // 2
        start = max(0, min(middle - side // 2, length - side))
        found.append(slice(start, min(start + side, length)))
    return found[0], found[1]


def draw(
    picture: Path, folder: Path, training: Training, shown: Shown, prediction: str
) -> None:
    """Draw the plane: image, truth and prediction."""
    image = read_image(folder / training.images[shown.image])
    labels = read_image(folder / training.labels[shown.image])
    found = read_image(folder / prediction)
    seen = np.moveaxis(np.asarray(image.plane(shown.plane)), 0, -1)
    write_triptych(
        picture,
        seen[shown.box] if seen.shape[-1] == 3 else seen[shown.box][..., 0],
        np.asarray(labels.plane(shown.plane))[0][shown.box],
        np.asarray(found.plane(shown.plane))[0][shown.box],
        objects="instances" in training.options,
        drawn=training.drawn,
    )


def held_out(folder: Path, training: Training, name: str) -> tuple[list[str], Result]:
    """Segment and score a further image, with the commands for it."""
    out = f"{name}-other.ome.tif"
    commands = [
        f"segment {training.other} --model {model(name)} --out {out}",
        f"evaluate {out} {training.other_labels} --json other.json",
    ]
    for command in commands:
        unetseg(folder, command)
    found = json.loads((folder / "other.json").read_text())
    return commands, {"mean IoU of another image": found["mean_iou"]}


def tell(options: argparse.Namespace, done: list[tuple[Task, Result]]) -> None:
    """The table and the commands for people, all of it for programs."""
    columns = ("mean IoU", "pixel error", "SEG", "F1", "training (s)", "segmenting (s)")
    rows = [["set", *columns, "steps"], ["---"] * (len(columns) + 2)]
    for task, result in done:
        cells = [written(result.get(column)) for column in columns]
        rows.append([task["set"], *cells, str(result["steps"])])
    lines = [f"| {' | '.join(row)} |" for row in rows]
    commands = [line for _, result in done for line in [*result["commands"], ""]]
    print("\n".join([*lines, "", *commands]), file=sys.stderr)
    figures: dict[str, Any] = {"minutes": options.minutes}
    for task, result in done:
        seed = f", seed {task['seed']}" if len(options.seeds) > 1 else ""
        figures[f"{task['set']}{seed}"] = result
    report(figures, {})


def written(value: float | None) -> str:
    """A number as the table has it: scores with three places, seconds with none."""
    if value is None:
        return ""
    return f"{value:.3f}" if value <= 1 else f"{value:.0f}"


if __name__ == "__main__":
    main()
