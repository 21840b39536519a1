"""Segment an image with workers that SLURM starts.

Run it on a node that may submit jobs, with ``pip install dask-jobqueue``:

    python examples/slurm.py IMAGE MODEL OUT --jobs 4
    python examples/slurm.py IMAGE MODEL OUT --dry-run    # prints a job's script

All nodes must see the image under the same path, and have the same environment. What
is finished stays when this program ends: go on with the command that it prints, and
``--resume``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys


def main() -> int:
    """Start the workers, and the command that uses them."""
    parser = argparse.ArgumentParser(description="Segment with workers of SLURM.")
    for name in ("image", "model", "out"):
        parser.add_argument(name)
    parser.add_argument("--jobs", type=int, default=2, help="workers to start")
    parser.add_argument("--queue", help="SLURM's partition")
    parser.add_argument("--dry-run", action="store_true")
    asked = parser.parse_args()
    try:
        from dask_jobqueue import SLURMCluster
    except ModuleNotFoundError:
        print("dask-jobqueue is missing. Install it: pip install dask-jobqueue")
        return 2
    with SLURMCluster(
        queue=asked.queue,
        cores=8,
        processes=1,  # One worker for each job, which computes with all its cores.
        memory="32GB",
        walltime="04:00:00",
    ) as cluster:
        if asked.dry_run:
            print(cluster.job_script())
            return 0
        cluster.scale(jobs=asked.jobs)
        address = cluster.scheduler_address
        print(f"Waiting for the first worker at {address}", flush=True)
        cluster.wait_for_workers(1)
        command = [sys.executable, "-m", "napari_unetseg", "segment", asked.image]
        command += ["--model", asked.model, "--out", asked.out, "--dask", address]
        print(" ".join(command), flush=True)
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
