"""Does a megapixel cost the same in a small image and in a large one?

Segments square planes of growing size, from zarr to zarr, through the command line,
with a small network (8 channels, three poolings). CPU seconds and resident memory are
those of all processes that the command starts; the start-up, which is that of the
smallest plane, is taken off. With --kill a run is also killed (SIGKILL) several times
in the middle, goes on, and its result is compared with an uninterrupted one. With
--dask it is also computed by so many processes.

    python benchmarks/speed/scale.py [--sides 1024 2048 4096 8192 16384] [--dask 1 2]
    python benchmarks/speed/scale.py --sides 20000 --kill 3
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from inputs import random_model, write_em_zarr
from report import report

SMALLEST, FLAT_FROM = 512, 4096
BASE, DEPTH = 8, 3
# Waiting is not work: threads that wait must not spin.
QUIET = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}
LOOK_EVERY = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sides", type=int, nargs="+", default=[1024, 2048, 4096, 8192, 16384]
    )
    parser.add_argument("--dask", type=int, nargs="*", default=[])
    parser.add_argument("--kill", type=int, default=0, help="how often")
    parser.add_argument("--note", help="what else is to be known of this machine")
    options = parser.parse_args()
    figures: dict[str, object] = {"load average before": round(os.getloadavg()[0], 2)}
    if options.note:
        figures["note"] = options.note
    ratios: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        random_model(BASE, DEPTH).save(folder / "m.unetseg.safetensors")
        started = Segmented(folder, SMALLEST).run()["cpu"]
        figures["start-up (CPU s)"] = round(started, 2)
        costs = {}
        for side in options.sides:
            one = Segmented(folder, side)
            found = one.run()
            cost = (found["cpu"] - started) / ((side**2 - SMALLEST**2) / 1e6)
            costs[side] = cost
            name = f"{side} x {side}"
            figures[f"{name}: CPU seconds per megapixel"] = round(cost, 4)
            figures[f"{name}: wall (s)"] = round(found["wall"], 1)
            figures[f"{name}: peak resident memory (MB)"] = round(found["peak"] / 1e6)
            figures[f"{name}: processes"] = found["processes"]
            if options.kill:
                figures |= killed(one, options.kill, name)
            for count in options.dask:
                many = one.run(f"dask-{count}", "--dask", f"local:{count}")
                key = f"{name}, {count} Dask processes"
                figures[f"{key}: wall (s)"] = round(many["wall"], 1)
                figures[f"{key}: CPU seconds"] = round(many["cpu"], 1)
                figures[f"{key}: the same bytes"] = one.digest("out") == one.digest(
                    f"dask-{count}"
                )
        # The first tiles of a small plane take up memory, those of a large one have it.
        first, *larger = [side for side in options.sides if side >= FLAT_FROM] or [0]
        for side in larger:
            name = f"CPU seconds per megapixel, {side} / {first}"
            ratios[name] = round(costs[side] / costs[first], 3)
    figures["load average after"] = round(os.getloadavg()[0], 2)
    report(figures, ratios)


class Segmented:
    """A plane of some size, and how it is segmented."""

    def __init__(self, folder: Path, side: int) -> None:
        self.folder = folder / str(side)
        self.model = folder / "m.unetseg.safetensors"
        self.folder.mkdir()
        write_em_zarr(self.folder / "image.zarr", side)

    def command(self, out: str, *options: str) -> list[str]:
        command = [sys.executable, "-m", "napari_unetseg", "segment"]
        command += [str(self.folder / "image.zarr"), "--model", str(self.model)]
        return [*command, "--out", str(self.folder / f"{out}.zarr"), *options]

    def run(self, out: str = "out", *options: str) -> dict[str, Any]:
        """Segment it to its end; CPU seconds, wall and memory of all processes."""
        return watched(self.command(out, *options))

    def digest(self, out: str) -> str:
        """Over the result at full resolution."""
        found = hashlib.sha256()
        place = self.folder / f"{out}.zarr" / "0"
        for file in sorted(path for path in place.rglob("*") if path.is_file()):
            found.update(str(file.relative_to(place)).encode() + file.read_bytes())
        return found.hexdigest()


def watched(command: list[str]) -> dict[str, Any]:
    """Run a command to its end, looking at all processes that it starts."""
    begun = time.monotonic()
    # What it says goes where it cannot mix with the one JSON object.
    process = subprocess.Popen(command, env={**os.environ, **QUIET}, stdout=sys.stderr)
    cpu: dict[int, float] = {}
    peaks: dict[int, int] = {}
    most = 0
    while process.poll() is None:
        for one in family(process.pid):
            try:
                times = one.cpu_times()
                cpu[one.pid] = times.user + times.system
                peaks[one.pid] = max(peaks.get(one.pid, 0), one.memory_info().rss)
            except psutil.Error:
                continue
        most = max(most, len(cpu))
        time.sleep(LOOK_EVERY)
    if process.returncode:
        raise SystemExit(process.returncode)
    return {
        "cpu": sum(cpu.values()),
        "wall": time.monotonic() - begun,
        "peak": max(peaks.values()),
        "processes": most,
    }


def family(pid: int) -> list[psutil.Process]:
    """A process and all that it has started."""
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.Error:
        return []


def killed(one: Segmented, times: int, name: str) -> dict[str, object]:
    """Kill a run spread over its tiles, let it go on, compare the result."""
    peak = 0
    events = one.folder / "killed.zarr.run" / "events.jsonl"
    total = tiles(one.folder / "out.zarr.run" / "events.jsonl")
    for number in range(times):
        options = ["--resume"] if number else []
        process = subprocess.Popen(
            one.command("killed", *options),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None and tiles(events) < total * (number + 1) // (
            times + 1
        ):
            peak = max(peak, *(memory(child) for child in family(process.pid)))
            time.sleep(0.02)
        for child in reversed(family(process.pid)):
            with suppress(psutil.NoSuchProcess):
                child.kill()
        process.wait()
        time.sleep(1)
    found = one.run("killed", "--resume")
    computed = tiles(events)
    return {
        f"{name}, killed {times} times: tiles computed, of so many": [computed, total],
        f"{name}, killed {times} times: the same bytes": one.digest("out")
        == one.digest("killed"),
        f"{name}, killed {times} times: peak resident memory (MB)": round(
            max(peak, found["peak"]) / 1e6
        ),
    }


def tiles(events: Path) -> int:
    """How many tiles a run's story tells of."""
    if not events.exists():
        return 0
    lines = events.read_bytes().split(b"\n")[:-1]
    return sum(json.loads(line)["event"] == "Tile" for line in lines)


def memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


if __name__ == "__main__":
    main()
