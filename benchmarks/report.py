"""What every benchmark prints: one JSON object."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("UNETSEG_DATA") or REPOSITORY.parent / "shared" / "data")


def report(figures: dict[str, object], ratios: dict[str, float]) -> None:
    """Print the benchmark's one JSON object."""
    packages = ("napari-unetseg", "numpy", "tifffile", "torch", "zarr")
    print(
        json.dumps(
            {
                "figures": figures,
                "ratios": ratios,
                "machine": {
                    "processor": processor(),
                    "cores": os.cpu_count(),
                    "system": f"{platform.system()} {platform.machine()}",
                },
                "versions": {name: version(name) for name in packages}
                | {"python": platform.python_version()},
                "commit": commit(),
            },
            indent=2,
        )
    )


def processor() -> str:
    """The processor's name as the system gives it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.processor()


def commit() -> str:
    """The commit that is measured, with a + if files differ from it."""
    command = ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    return done.stdout.strip()
