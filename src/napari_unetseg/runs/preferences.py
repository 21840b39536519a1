"""What holds for all work on this computer: device, memory, folder, interpreter.

They lie in our own settings file. The docks and the command line ask by them; napari's
Preferences show them too. The Python functions take what is said to them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import ValidationError, field_validator

from napari_unetseg.core.config import Config, Device, SegmentConfig, TrainConfig
from napari_unetseg.core.config.base import Percent, unfit
from napari_unetseg.core.errors import InputError
from napari_unetseg.runs import home, settings
from napari_unetseg.runs.interpreter import check_python
from napari_unetseg.runs.questions import SegmentQuestion, TrainQuestion

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

SECTION = "preferences"
ALL = 100

Asked = TypeVar("Asked", bound=TrainQuestion | SegmentQuestion)
Configured = TypeVar("Configured", bound=TrainConfig | SegmentConfig)


class Preferences(Config):
    """What holds where nothing else is said.

    Attributes
    ----------
    device : {"auto", "cpu", "cuda", "mps"}
        What the device "auto" of a training or a segmentation means.
    memory : int
        Percent of the free memory of the device that may be used.
    models : str
        Folder of the models that the docks train; empty for the usual one.
    python : str
        Interpreter of the environment that does the work; empty for the one that asks.
    """

    device: Device = "auto"
    memory: Percent = ALL
    models: str = ""
    python: str = ""

    @field_validator("models", "python")
    @classmethod
    def _check_path(cls, given: str) -> str:
        """Know the user's folder by "~"; where a program was started says nothing."""
        path = given.strip()
        if not path:
            return ""
        path = os.path.expanduser(path)
        if not os.path.isabs(path) or "\0" in path:
            raise unfit("Give a whole path, from the root of the disk on, or nothing")
        return path


def read() -> Preferences:
    """Read the preferences; what does not fit counts as if it were not said."""
    return _understood()[0]


def doubts() -> list[str]:
    """Say which preferences in the settings file do not fit, a sentence each."""
    return [
        f"In the settings, {part['loc'][0]} = {part['input']!r} does not fit and does "
        f"not count. {part['msg']}."
        for part in _understood()[1]
    ]


def write(preferences: Preferences) -> None:
    """Keep preferences; only what differs from what is usual stands in the file.

    Raises
    ------
    WriteError
        If the settings file cannot be written.
    """
    settings.keep(SECTION, preferences.model_dump(exclude_defaults=True))


def changed(preferences: Preferences, **values: Any) -> Preferences:
    """Change some preferences.

    Raises
    ------
    InputError
        Naming the first value that does not fit.
    """
    return Preferences.check(**{**preferences.model_dump(), **values})


def settle(**values: Any) -> Preferences:
    """Change some preferences and keep them, once what they name was looked at.

    Parameters
    ----------
    **values
        Fields of `Preferences`.

    Returns
    -------
    Preferences
        All of them.

    Raises
    ------
    InputError, RunError, WriteError
        In one sentence; then nothing is changed. An interpreter has to load torch and
        this program, which takes seconds.
    """
    known = changed(read(), **values)
    if "models" in values and Path(known.models or ".").is_file():
        raise InputError(f"'{known.models}' is a file", "Name a folder for the models")
    if "python" in values and known.python:
        check_python(known.python)
    write(known)
    return known


def preferred_python() -> str:
    """Path of the interpreter that is to do the work; it is not looked at."""
    return read().python or sys.executable


def engine_python(python: str | None = None) -> str:
    """Choose the interpreter for a child process.

    Parameters
    ----------
    python : str, optional
        The one to take, as it is.

    Returns
    -------
    str
        By default the preferred one, which was seen to load what is needed.

    Raises
    ------
    RunError
        If it does not, in one sentence.
    """
    if python is not None:
        return python
    python = preferred_python()
    check_python(python)
    return python


def models_folder() -> Path:
    """Folder of the models that the docks train; not made here.

    ``UNETSEG_HOME`` counts before the preferences.
    """
    preferred = "" if home.is_moved() else read().models
    return Path(preferred) if preferred else home.usual_models_folder()


def preferred(question: Asked) -> Asked:
    """Say in a question what it leaves to the preferences.

    Parameters
    ----------
    question : TrainQuestion or SegmentQuestion
        What is asked.

    Returns
    -------
    TrainQuestion or SegmentQuestion
        Where its device is "auto", with the preferred one; where its memory is not
        said, with the share that may be used. Of what a cluster computes nothing is
        changed: its devices are not those of this computer.
    """
    if isinstance(question, SegmentQuestion) and question.dask is not None:
        return question
    told = question.model_copy(update={"config": filled(question.config)})
    return cast(Asked, told)


def filled(config: Configured) -> Configured:
    """Say in a configuration what it leaves to the preferences, as in `preferred`."""
    preferences = read()
    wishes: dict[str, Any] = {}
    if config.device == "auto":
        wishes["device"] = preferences.device
    if config.memory is None and preferences.memory != ALL:
        wishes["memory"] = preferences.memory
    return cast(Configured, config.model_copy(update=wishes))


def _understood() -> tuple[Preferences, list[ErrorDetails]]:
    values = settings.recall(SECTION)
    try:
        return Preferences.model_validate(values), []
    except ValidationError as error:
        wrong = error.errors()
    bad = {part["loc"][0] for part in wrong}
    fit = {name: value for name, value in values.items() if name not in bad}
    return Preferences.model_validate(fit), wrong
