"""The names in a run folder, and its ``run.json``: the question and its circumstances.

``run.json`` is replaced as a whole, so that a reader finds the old one or the new one.
"""

from __future__ import annotations

import json
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from napari_unetseg.core.errors import RunError
from napari_unetseg.core.write.atomic import write_text_atomic
from napari_unetseg.runs.questions import Question, TrainQuestion

if TYPE_CHECKING:
    from pathlib import Path

RUN = "run.json"
EVENTS = "events.jsonl"
INBOX = "inbox"
LOCK = "lock"
LOG = "log.txt"
WATCH = "watch"
STATE = "state"
EDITS = "edits"
PREVIEWS = "previews"
ANNOTATIONS = "annotations"
RESERVE = "reserve"
LAST = "last.unetseg.safetensors"

FORMAT = "napari-unetseg run"
VERSION = 1

PROGRAMS = ("napari-unetseg", "numpy", "scipy", "tifffile", "torch", "zarr")

_QUESTION: TypeAdapter[Question] = TypeAdapter(
    Annotated[Question, Field(discriminator="job")]
)


def is_run(folder: Path) -> bool:
    """Whether the folder holds a ``run.json`` of ours, of whatever version."""
    try:
        values = json.loads((folder / RUN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(values, dict) and values.get("format") == FORMAT


def write_question(folder: Path, question: Question) -> None:
    """Write the ``run.json`` of a new run."""
    seed = question.config.seed if isinstance(question, TrainQuestion) else None
    values = {
        "format": FORMAT,
        "version": VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "programs": programs(),
        "seed": seed,
        "facts": {},
        "question": question.model_dump(mode="json"),
    }
    _write(folder, values)


def read_question(folder: Path) -> Question:
    """Read what the run was asked.

    Raises
    ------
    RunError
        If the folder holds no run, a damaged one, or one of a newer version.
    """
    return _question(folder, _read(folder))


def fix_steps(folder: Path, total: int) -> None:
    """Rewrite a training's question from minutes to `total` steps.

    From then on the run depends on no clock: resumed, it ends with the same step. The
    minutes that were asked for are kept among the facts.
    """
    values = _read(folder)
    question = _question(folder, values)
    if not isinstance(question, TrainQuestion) or question.config.steps == total:
        return
    asked = question.config.minutes
    config = question.config.model_copy(update={"steps": total, "minutes": None})
    question = question.model_copy(update={"config": config})
    facts = {**values.get("facts", {}), "steps": total}
    if asked is not None:
        facts["minutes"] = asked
    _write(
        folder,
        {**values, "facts": facts, "question": question.model_dump(mode="json")},
    )


def record_programs(folder: Path) -> None:
    """Note the versions that do the work.

    They may be others than those that asked: the engine can run in an environment of
    its own, and a run can be resumed after an update.
    """
    values = _read(folder)
    if values.get("programs") != programs():
        _write(folder, {**values, "programs": programs()})


def read_programs(folder: Path) -> dict[str, str]:
    """Versions of the programs that have worked on a run, or were to.

    Raises
    ------
    RunError
        As of `read_question`.
    """
    found = _read(folder).get("programs")
    return dict(found) if isinstance(found, dict) else {}


def read_date(folder: Path) -> str:
    """Day on which a run was asked for, as in "2026-01-31"; empty if it is not noted.

    Raises
    ------
    RunError
        As of `read_question`.
    """
    return str(_read(folder).get("created", "")).partition("T")[0]


def programs() -> dict[str, str]:
    """Versions of Python and of the installed packages that shape a result."""
    versions = {"python": platform.python_version()}
    for name in PROGRAMS:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def _read(folder: Path) -> dict[str, Any]:
    """Read ``run.json`` up to the question, which is not yet checked."""
    path = folder / RUN
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunError(
            f"{folder} is not a run folder: it holds no {RUN}",
            "Name a folder in which a training or a segmentation was started",
        ) from error
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise _damaged(path, "it is not JSON") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise RunError(
            f"{folder} is not a run folder: its {RUN} belongs to another program",
            "Name a folder in which a training or a segmentation was started",
        )
    found = values.get("version")
    if not isinstance(found, int):
        raise _damaged(path, "its version is missing")
    if found > VERSION:
        raise RunError(
            f"{folder} was made by a newer version of napari-unetseg",
            "Update napari-unetseg to work on it",
        )
    return values


def _question(folder: Path, values: dict[str, Any]) -> Question:
    """Check the question that `_read` found."""
    try:
        return _QUESTION.validate_python(values.get("question"))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "question"
        raise _damaged(folder / RUN, f"{where}: {first['msg']}") from error


def _damaged(path: Path, why: str) -> RunError:
    return RunError(
        f"{path} is damaged ({why})",
        "Ask the question again in a new folder",
    )


def _write(folder: Path, values: dict[str, Any]) -> None:
    text = json.dumps(values, indent=2, ensure_ascii=False) + "\n"
    write_text_atomic(folder / RUN, text)
