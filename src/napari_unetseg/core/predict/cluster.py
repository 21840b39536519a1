"""Tiles computed by Dask's workers, on this computer or on a cluster.

All workers follow one plan, made before, and so compute the same tiles. They read the
image by themselves and send back results, which the coordinator alone writes.

On computers of one kind the bytes are those of one computer, if torch has as many
threads there: it parts the sums of a convolution among them, and the last digits tell
how. Measured on a CPU, in float32 and bfloat16: 1, 2, 4 and 8 threads give different
bytes with most networks. Those of 1 and 2 differed by 5e-7 in scores, and in no label.
"""

from __future__ import annotations

import json
import logging
import re
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from napari_unetseg.core.errors import DeviceError, InputError
from napari_unetseg.core.predict import recipe
from napari_unetseg.core.predict.remote import Remote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from distributed import Client

    from napari_unetseg.core.image import Image
    from napari_unetseg.core.predict.result import Wanted
    from napari_unetseg.core.predict.segmentation import Prepared

_LOCAL = re.compile(r"local:([1-9]\d*)")
_ADDRESS = re.compile(r"(tcp|tls|ws|wss|ucx)://\S+")
_FILE = ".json"

# Seconds to reach a scheduler, and to wait for a worker: a computer starts another in
# seconds, a cluster's queue takes longer.
_CONNECT = 10.0
_WORKER_HERE = 60.0
_WORKER_THERE = 300.0


def check_address(address: str) -> None:
    """Refuse what is no address of a cluster, or a computer that cannot use one.

    Parameters
    ----------
    address : str
        As for `cluster_of`.

    Raises
    ------
    InputError
        If it is none.
    DeviceError
        If Dask is not installed.
    """
    is_known = _LOCAL.fullmatch(address) or _ADDRESS.fullmatch(address)
    if not is_known and not address.endswith(_FILE):
        raise InputError(
            f"'{address}' is no address of a Dask cluster",
            "Give tcp://HOST:PORT, the file of a scheduler (.json), or local:N for N "
            "processes of this computer",
        )
    if find_spec("distributed") is None:
        raise DeviceError(
            "Dask is needed to compute on a cluster, and is not installed",
            'Install it with: pip install "napari-unetseg[distributed]"',
        )


@contextmanager
def cluster_of(
    address: str,
    open_image: Callable[[], Image],
    prepared: Prepared,
    wanted: Wanted,
) -> Iterator[Remote]:
    """Let the workers of a cluster predict an image.

    Parameters
    ----------
    address : str
        "tcp://host:8786" (or tls, ws), the path of a scheduler's file (.json), or
        "local:N" for N processes of this computer, which end with the context.
    open_image : callable
        Opens the image, with the network's channels, in the process of a worker. It
        must be picklable, and what it opens be there: of a file, give its path.
    prepared : Prepared
        The model and a plan with its statistics.
    wanted : Wanted
        What is made of the scores.

    Yields
    ------
    Remote
        What computes tasks.

    Raises
    ------
    InputError
        If the address is none.
    DeviceError
        If Dask is not installed, or nobody answers.
    """
    check_address(address)
    local = _LOCAL.fullmatch(address)
    count = int(local[1]) if local else 0
    with ExitStack() as stack:
        if count:
            scheduler = stack.enter_context(_processes(count)).scheduler_address
        else:
            scheduler = _scheduler(address)
        client = stack.enter_context(_connected(scheduler))
        told = recipe.Recipe(
            token=uuid4().hex,
            open_image=open_image,
            network=prepared.card.network,
            weights={
                name: tensor.cpu().numpy()
                for name, tensor in prepared.network.state_dict().items()
            },
            plan=prepared.plan,
            wanted=wanted,
            threads=_threads(count) if count else None,
            share=count > 0,
        )
        if not count:
            stack.callback(_forget, client, told.token)
        where = Path(address).name if address.endswith(_FILE) else address
        yield Remote(client, told, where, _WORKER_HERE if count else _WORKER_THERE)


def _threads(processes: int) -> int:
    """The part of torch's threads that each process gets."""
    from napari_unetseg.core.device import import_torch

    threads: int = import_torch().get_num_threads()
    return max(1, threads // processes)


def _processes(count: int) -> Any:
    """Start workers of this computer."""
    from distributed import LocalCluster

    return LocalCluster(
        n_workers=count,
        threads_per_worker=1,
        processes=True,
        # The plan knows the memory; a limit would end workers in the midst of a tile.
        memory_limit=0,
        # No dashboard, and no port that somebody else may have.
        scheduler_kwargs={"dashboard": False},
        dashboard_address="127.0.0.1:0",
        preload=[recipe.__name__],
        silence_logs=logging.ERROR,
    )


def _scheduler(address: str) -> str:
    """Where the scheduler is that an address names."""
    if not address.endswith(_FILE):
        return address
    path = Path(address)
    try:
        found: str = json.loads(path.read_text(encoding="utf-8"))["address"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DeviceError(
            f"'{path.name}' is not the file of a Dask scheduler",
            "Start one with: dask scheduler --scheduler-file FILE",
        ) from error
    return found


def _connected(address: str) -> Client:
    """Reach a scheduler."""
    from distributed import Client

    try:
        return Client(address, timeout=_CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise DeviceError(
            f"No Dask scheduler answers at {address}",
            "Check the address, and that it runs: dask scheduler",
        ) from error


def _forget(client: Client, token: str) -> None:
    """Let workers that go on drop the network."""
    if client.status == "running":
        client.run(recipe.forget, token, on_error="ignore")
