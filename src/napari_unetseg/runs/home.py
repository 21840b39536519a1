"""Where the program keeps what the docks make: models, runs and settings.

Models are the user's work and lie among the documents; runs hold copies of images and
lie where the system keeps programs' data; what was downloaded lies in the cache.
``UNETSEG_HOME`` puts all under one folder.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

VARIABLE = "UNETSEG_HOME"
_NAME = "napari-unetseg"


def usual_models_folder() -> Path:
    """Folder of models if no other is preferred, see `preferences`; not made here."""
    return (_home() or platformdirs.user_documents_path() / _NAME) / "models"


def runs_folder() -> Path:
    """Folder of the runs that the docks start; not made here."""
    return (_home() or platformdirs.user_data_path(_NAME, appauthor=False)) / "runs"


def samples_folder() -> Path:
    """Folder of the public data sets that were downloaded; not made here."""
    return (_home() or platformdirs.user_cache_path(_NAME, appauthor=False)) / "samples"


def settings_file() -> Path:
    """What the docks remember, as JSON; not made here."""
    return _config() / "settings.json"


def machine_file() -> Path:
    """What was measured about this computer, as JSON; not made here."""
    return _config() / "machine.json"


def is_moved() -> bool:
    """Whether ``UNETSEG_HOME`` says where all lies."""
    return _home() is not None


def _config() -> Path:
    return _home() or platformdirs.user_config_path(_NAME, appauthor=False)


def _home() -> Path | None:
    given = os.environ.get(VARIABLE)
    return Path(given).absolute() if given else None
