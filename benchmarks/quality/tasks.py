"""Trainings in processes of their own, some at a time, none of them done twice."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from report import commit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Task = dict[str, Any]
Result = dict[str, Any]


def task_options(
    description: str | None, seeds: Sequence[int] = (0, 1, 2)
) -> argparse.ArgumentParser:
    """Options of all scripts that train several times."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=list(seeds))
    parser.add_argument("--jobs", type=int, default=1, help="trainings at a time")
    parser.add_argument(
        "--threads",
        type=int,
        default=os.cpu_count() or 1,
        help="of each training (all cores)",
    )
    parser.add_argument("--cache", type=Path, help="results so far, to go on from")
    parser.add_argument("--task", type=json.loads, help=argparse.SUPPRESS)
    return parser


def answer_or_ask(
    parser: argparse.ArgumentParser,
    answer: Callable[[Task], Result],
    tasks: Callable[[argparse.Namespace], Sequence[Task]],
    tell: Callable[[argparse.Namespace, list[tuple[Task, Result]]], None],
) -> None:
    """Run a script: as a worker with ``--task``, otherwise with workers of its own.

    Parameters
    ----------
    parser : ArgumentParser
        As from `task_options`.
    answer : callable
        What a worker does.
    tasks : callable
        From the options to what is to be done, in this order.
    tell : callable
        Prints the report of all tasks that came to a result.
    """
    options = parser.parse_args()
    if options.task is not None:
        print(json.dumps(answer(options.task)))
        return
    script = Path(sys.argv[0]).resolve()
    wanted = [{**task, "threads": options.threads} for task in tasks(options)]
    deadline = getattr(options, "deadline", None)
    found = Cache(options.cache, script.name)
    run_all(script, wanted, found, options.jobs, deadline)
    done = [(task, found[task]) for task in wanted if task in found]
    tell(options, done)
    if len(done) < len(wanted):
        sys.exit(f"{len(wanted) - len(done)} of {len(wanted)} have no result")


class Cache:
    """Results by task; in a file of one JSON object a line, if there is one."""

    def __init__(self, path: Path | None, script: str) -> None:
        self._path, self._script = path, script
        self._found: dict[str, Result] = {}
        self._lock = threading.Lock()
        lines = path.read_text().splitlines() if path and path.exists() else []
        for entry in map(json.loads, lines):
            if entry["script"] == script:
                self._found[_key(entry["task"])] = entry["result"]

    def __contains__(self, task: Task) -> bool:
        return _key(task) in self._found

    def __getitem__(self, task: Task) -> Result:
        return self._found[_key(task)]

    def add(self, task: Task, result: Result) -> None:
        """Keep a result, also in the file."""
        result = {**result, "commit": commit()}
        line = json.dumps({"script": self._script, "task": task, "result": result})
        with self._lock:
            self._found[_key(task)] = result
            if self._path is not None:
                with self._path.open("a") as file:
                    file.write(line + "\n")


def run_all(
    script: Path,
    tasks: Sequence[Task],
    found: Cache,
    jobs: int,
    deadline: float | None = None,
) -> None:
    """Do what has no result yet; what fails is told, and the others go on.

    Parameters
    ----------
    script : Path
        Answers a task that it is given with ``--task``.
    tasks : sequence of dict
        In the order in which they are begun.
    found : Cache
        Where results go.
    jobs : int
        How many at a time.
    deadline : float, optional
        Seconds after which no more is begun.
    """
    begun = time.monotonic()
    missing = [task for task in tasks if task not in found]

    def run(task: Task) -> None:
        if deadline is not None and time.monotonic() - begun > deadline:
            log(f"no time left for {task}")
            return
        log(f"begins {task}")
        result = answered(script, task)
        if result is not None:
            found.add(task, result)
            log(f"done {task}: {result}")

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(run, missing))


def answered(script: Path, task: Task) -> Result | None:
    """Have a worker answer a task; None if it fails, which it tells itself."""
    threads = str(task["threads"])
    # Threads that wait for one another must not count as work.
    environment = os.environ | {
        "OMP_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "OMP_WAIT_POLICY": "PASSIVE",
        "GOMP_SPINCOUNT": "0",
    }
    done = subprocess.run(
        [sys.executable, str(script), "--task", json.dumps(task)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        log(f"failed {task}")
        return None
    result: Result = json.loads(done.stdout.splitlines()[-1])
    return result


def log(text: str) -> None:
    """Tell on standard error, with the time of day."""
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def _key(task: Task) -> str:
    return json.dumps(task, sort_keys=True)
