"""Connect with a Dask cluster, or start one on this computer."""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.errors import DeviceError
from napari_unetseg.core.predict import recipe
from napari_unetseg.core.predict.address import Address
from napari_unetseg.core.predict.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from distributed import Client

# Seconds to reach a scheduler.
_CONNECT = 10.0


@contextmanager
def cluster_of(text: str) -> Iterator[Workers]:
    """Connect with a cluster.

    Parameters
    ----------
    text : str
        As for `Address`. Processes of this computer are started, and end with the
        context.

    Raises
    ------
    InputError
        If it is no address.
    DeviceError
        If Dask is not installed, or nobody answers.
    """
    address = Address.check(text)
    with ExitStack() as stack:
        if address.processes:
            local = stack.enter_context(_processes(address.processes))
            scheduler = local.scheduler_address
        else:
            scheduler = address.scheduler()
        client = stack.enter_context(_connected(scheduler))
        yield Workers(client, address.name, processes=address.processes)


def _processes(count: int) -> Any:
    """Begin to start workers of this computer."""
    from distributed import LocalCluster

    cluster = LocalCluster(
        n_workers=0,
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
    cluster.scale(count)
    return cluster


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
    except (TypeError, RuntimeError, ImportError) as error:
        # What Dask says of an encryption that it is not set up for.
        raise DeviceError(
            f"Dask cannot connect with {address}: {error}",
            "Check Dask's own configuration: https://docs.dask.org (comm.tls)",
        ) from error
