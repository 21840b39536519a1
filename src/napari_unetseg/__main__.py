"""``python -m napari_unetseg`` is the command line, and the engine of every run."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and end the process with its exit code."""
    from napari_unetseg.cli.app import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
