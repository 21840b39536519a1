"""Tiles that Dask's workers compute: the same bytes, whoever of them dies."""

import json
import logging
import os
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from functools import partial
from types import SimpleNamespace

import distributed
import numpy as np
import psutil
import pytest
import torch
import zarr
from hypothesis import given
from hypothesis import strategies as st

import napari_unetseg as us
from napari_unetseg.core import jobs
from napari_unetseg.core.device import choose_device
from napari_unetseg.core.errors import DeviceError, InputError, ReadError
from napari_unetseg.core.events import Tile, Waiting
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.core.network.modelfile import Model
from napari_unetseg.core.predict import address as addresses
from napari_unetseg.core.predict import cluster as clusters
from napari_unetseg.core.predict import remote as remotes
from napari_unetseg.core.predict import workers
from napari_unetseg.core.predict.address import Address
from napari_unetseg.core.predict.cluster import cluster_of
from napari_unetseg.core.predict.plan import Plan
from napari_unetseg.core.predict.recipe import Answer, Room, device_of
from napari_unetseg.core.predict.remote import Remote, group_size
from napari_unetseg.core.predict.result import Result
from napari_unetseg.core.predict.work import Task
from napari_unetseg.core.read import read_image

SHAPE = (2, 90, 120)
CONFIG = us.SegmentConfig(tile=16, scores=True, device="cpu")
TILES = 2 * 6 * 8


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("image") / "noise.zarr"
    array = zarr.create_array(
        folder,
        shape=SHAPE,
        chunks=(1, 45, 60),
        dtype="uint8",
        dimension_names=["z", "y", "x"],
    )
    array[:] = np.random.default_rng(0).integers(0, 255, SHAPE, np.uint8)
    return folder


@pytest.fixture(scope="module")
def model():
    network = us.NetworkConfig(base=4, depth=1, classes=2)
    card = ModelCard(network=network, classes=(1, 7), halo=(8, 8))
    return Model(card, network_of(network).state_dict())


@pytest.fixture(scope="module")
def alone(path, model):
    """The segmentation that this process makes with one thread, as a worker has."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    _, result = drained(jobs.segment(read_image(path), model, CONFIG))
    yield result
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def two_processes():
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            memory_limit=0,
            dashboard_address=":0",
            silence_logs=logging.CRITICAL,
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield cluster, client


@pytest.fixture
def address(two_processes):
    """Both workers are there, also after a test that has killed one."""
    cluster, client = two_processes
    client.wait_for_workers(2, timeout=60)
    return cluster.scheduler_address


@contextmanager
def in_this_process(count):
    """A scheduler that is there at once, and its workers."""
    with distributed.LocalCluster(
        n_workers=count,
        processes=False,
        protocol="tcp://",
        dashboard_address=":0",
        silence_logs=logging.CRITICAL,
    ) as cluster:
        yield cluster


def drained(job, after=None):
    """Return the events of a job and its result; do something after the first tile."""
    events = []
    while True:
        try:
            events.append(next(job))
        except StopIteration as end:
            return events, end.value
        if after and isinstance(events[-1], Tile):
            after()
            after = None


@contextmanager
def job_of(address, path, model, open_image=None):
    with cluster_of(address) as found:
        there = found.reading(open_image or partial(read_image, path))
        with closing(
            jobs.segment(read_image(path), model, CONFIG, computer=there)
        ) as job:
            yield job


def segmented(address, path, model, after=None, open_image=None):
    with job_of(address, path, model, open_image) as job:
        return drained(job, after)


def assert_complete_and_equal(events, result, expected):
    numbers = [event.number for event in events if isinstance(event, Tile)]
    assert sorted(numbers) == list(range(TILES))
    for name in ("labels", "scores"):
        found, wanted = getattr(result, name).array, getattr(expected, name).array
        assert found.tobytes() == wanted.tobytes()


def test_leaving_in_the_middle_leaves_no_process(path, model):
    before = set(psutil.Process().children(recursive=True))
    events = []
    with job_of("local:1", path, model) as job:
        while not (events and isinstance(events[-1], Tile)):
            events.append(next(job))
        started = set(psutil.Process().children(recursive=True)) - before
        workers = [one for one in started if "spawn_main" in " ".join(one.cmdline())]
        assert len(workers) == 1
    assert not any(one.is_running() for one in workers)


def test_two_processes_make_the_same_bytes_as_one(
    two_processes, address, path, model, alone
):
    _, client = two_processes
    events, result = segmented(address, path, model)
    assert_complete_and_equal(events, result, alone)
    done = client.run(lambda dask_worker: dask_worker.state.executed_count)
    assert len(done) == 2
    assert min(done.values()) > 0
    module = "napari_unetseg.core.predict.recipe"
    kept = client.run(lambda: len(sys.modules[module]._kept))
    assert set(kept.values()) == {0}


def test_an_error_that_a_user_can_mend_arrives_as_itself(address, path, model):
    missing = partial(read_image, path.with_name("missing.zarr"))
    with pytest.raises(ReadError, match=r"missing\.zarr"):
        segmented(address, path, model, open_image=missing)


def test_another_error_keeps_its_traceback(address, path, model):
    broken = partial(os.stat, path.with_name("missing.zarr"))
    with pytest.raises(FileNotFoundError, match=r"missing\.zarr") as caught:
        segmented(address, path, model, open_image=broken)
    assert any(entry.name == "_build" for entry in caught.traceback)


def test_a_worker_that_dies_is_not_missed(two_processes, address, path, model, alone):
    _, client = two_processes
    pid, _ = client.run(os.getpid).values()
    kill = psutil.Process(pid).kill
    events, result = segmented(address, path, model, after=kill)
    assert_complete_and_equal(events, result, alone)
    assert pid not in client.run(os.getpid).values()


def test_workers_that_die_of_a_tile_end_it_in_a_sentence(
    two_processes, address, path, model, monkeypatch
):
    cluster, _ = two_processes
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)
    deadly = partial(os._exit, 1)
    with pytest.raises(DeviceError, match=r"died again and again.*tile \d.*--resume"):
        segmented(address, path, model, open_image=deadly)


def test_nobody_answers(path, model, monkeypatch):
    monkeypatch.setattr(clusters, "_CONNECT", 0.2)
    with pytest.raises(DeviceError, match=r"No Dask scheduler answers at tcp://.*:9\."):
        segmented("tcp://127.0.0.1:9", path, model)


def test_a_cluster_without_workers_is_not_waited_for_forever(path, model, monkeypatch):
    monkeypatch.setattr(workers, "_PATIENCE_THERE", 0.1)
    with (
        in_this_process(0) as cluster,
        pytest.raises(DeviceError, match="had no worker for"),
    ):
        segmented(cluster.scheduler_address, path, model)


def test_who_waits_for_workers_can_leave(path, model):
    with (
        in_this_process(0) as cluster,
        job_of(cluster.scheduler_address, path, model) as job,
    ):
        assert next(job) == Waiting(
            what=f"workers of the cluster at {cluster.scheduler_address}"
        )


def test_a_scheduler_that_ends_is_told(path, model, monkeypatch):
    monkeypatch.setattr(clusters, "_CONNECT", 2)
    with (
        in_this_process(0) as cluster,
        job_of(cluster.scheduler_address, path, model) as job,
    ):
        assert isinstance(next(job), Waiting)
        cluster.close()
        with pytest.raises(DeviceError, match=r"connection .* was lost.*--resume"):
            drained(job)


def test_a_scheduler_that_ends_in_the_middle_is_told(path, model):
    with in_this_process(1) as cluster:
        ending = threading.Timer(0, cluster.close).start
        with pytest.raises(DeviceError, match=r"connection .* was lost.*--resume"):
            segmented(cluster.scheduler_address, path, model, after=ending)


def test_a_scheduler_is_found_by_its_file(tmp_path, path, model, monkeypatch):
    monkeypatch.setattr(clusters, "_CONNECT", 0.2)
    file = tmp_path / "scheduler.json"
    with pytest.raises(DeviceError, match=r"'scheduler\.json' is not the file"):
        segmented(str(file), path, model)
    file.write_text(json.dumps({"address": "tcp://127.0.0.1:9"}))
    with pytest.raises(DeviceError, match=r"answers at tcp://127\.0\.0\.1:9\."):
        segmented(str(file), path, model)


@pytest.mark.parametrize(
    "address", ["", "local", "local:0", "local:x", "host", "a.txt"]
)
def test_what_is_no_address_is_refused(address):
    with pytest.raises(InputError, match=r"no address.*local:N"):
        Address.check(address)


@pytest.mark.parametrize(
    "address", ["local:12", "tcp://a:1", "tls://[::1]:8786", "a.json"]
)
def test_what_may_be_an_address_is_taken(address):
    Address.check(address)


def test_a_missing_dask_is_told(monkeypatch):
    monkeypatch.setattr(addresses, "find_spec", lambda name: None)
    with pytest.raises(
        DeviceError, match=r'pip install "napari-unetseg\[distributed\]"'
    ):
        Address.check("local:2")


def test_the_module_loads_neither_dask_nor_torch():
    loaded = (
        "import sys, napari_unetseg.core.predict.cluster as c;"
        "sys.exit(any(m in sys.modules for m in ('dask', 'distributed', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0


@given(
    st.integers(1, 10_000),
    st.floats(0, 1e4, allow_subnormal=False),
    st.floats(0, 1e12),
)
def test_a_group_lasts_some_seconds_and_fits_into_the_memory(before, seconds, size):
    count = group_size(before, seconds, size)
    assert 1 <= count <= 2 * before
    assert count == 1 or (count * seconds <= 2.001 and count * size <= 1 << 26)
    # It grows until one of the three bounds it.
    more = count + 1
    assert more > 2 * before or more * seconds > 2 or more * size > 1 << 26


@pytest.mark.parametrize(
    ("planned", "place", "count", "device"),
    [
        ("cuda", 0, 2, "cuda:0"),
        ("cuda", 3, 2, "cuda:1"),
        ("cuda", 3, 1, "cuda"),
        ("cuda", None, 4, "cuda"),
        ("cuda", "node-7", 4, "cuda"),
        ("cpu", 1, 2, "cpu"),
        ("mps", 1, 0, "mps"),
    ],
)
def test_workers_of_one_computer_share_its_gpus(planned, place, count, device):
    assert device_of(planned, place, count) == device


def workers_with(*rooms):
    """Workers that have certain devices and memories, as they tell."""
    client = SimpleNamespace(run=lambda *_, on_error: dict(enumerate(rooms)))
    return workers.Workers(client, "nowhere")


def test_a_tile_must_fit_where_least_is_free_for_each():
    shared = [Room("cpu", "big", 90, None)] * 3
    assert workers_with(*shared).free("cpu") == 30
    assert workers_with(*shared, Room("cpu", "small", 20, None)).free("cpu") == 20
    assert workers_with(*shared, Room("cpu", "small", 90, 10)).free("cpu") == 10
    assert workers_with(Room("cpu", "filled", 90, 0)).free("cpu") == 0
    gpus = [Room("cuda", f"node GPU-{i}", 80, None) for i in range(2)]
    assert workers_with(*gpus).free("cuda") == 80


def test_all_workers_have_one_kind_of_device():
    cpu, gpu = Room("cpu", "a", 1, None), Room("cuda", "b", 1, None)
    assert workers_with(gpu, gpu).device("auto") == "cuda"
    with pytest.raises(DeviceError, match="different devices: cpu, cuda"):
        workers_with(gpu, cpu).device("auto")
    with pytest.raises(DeviceError, match="no worker"):
        workers_with().device("auto")


def test_a_worker_that_cannot_be_asked_does_not_count():
    room = Room("cpu", "a", 9, None)
    assert workers_with(OSError("gone"), room).free("cpu") == 9
    with pytest.raises(DeviceError, match="no worker"):
        workers_with(OSError("gone")).free("cpu")
    with pytest.raises(DeviceError, match=r"No module.*Install the same version"):
        workers_with(room, ModuleNotFoundError("No module")).free("cpu")
    with pytest.raises(DeviceError, match=r"^it\. Do that\.$"):
        workers_with(room, DeviceError("it", "Do that")).free("cpu")


def test_what_is_there_of_a_computers_processes_is_enough(monkeypatch):
    monkeypatch.setattr(workers, "_PATIENCE_HERE", 0.01)
    client = SimpleNamespace(nthreads=lambda: {"a": 1})
    waited = list(workers.Workers(client, "nowhere", processes=2).ready())
    assert set(waited) == {Waiting(what="workers of the cluster at nowhere")}
    client.nthreads = dict
    with pytest.raises(DeviceError, match="has had no worker for 0 seconds"):
        list(workers.Workers(client, "nowhere", processes=2).ready())


def test_an_encryption_that_dask_does_not_know_is_told(path, model):
    with pytest.raises(DeviceError, match=r"cannot connect with tls://127.*comm\.tls"):
        segmented("tls://127.0.0.1:9", path, model)


def test_workers_are_asked_what_they_have(address, model):
    with cluster_of(address) as found:
        assert found.device("auto") == choose_device("auto")
        # Both share this computer's memory.
        assert 0 < found.free("cpu") < 0.6 * psutil.virtual_memory().total
        plan = Plan(grid=SHAPE[1:], sides=(16, 16))
        assert 0 < found.seconds(model.members(), plan, SHAPE[1:]) < 10
        with pytest.raises(DeviceError, match="'mps' is not available"):
            found.device("mps")


def test_a_worker_that_dask_limits_has_no_more():
    with in_this_process(1) as cluster, cluster_of(cluster.scheduler_address) as found:
        unlimited = found.free("cpu")
        [worker] = cluster.workers.values()
        used = psutil.Process().memory_info().rss
        worker.memory_manager.memory_limit = 2 * used
        assert 0 < found.free("cpu") <= min(unlimited, used)
        worker.memory_manager.memory_limit = used
        assert found.free("cpu") == 0


def test_nobody_waits_long_for_a_trial(model, monkeypatch):
    monkeypatch.setattr(workers, "_TRIAL", 0.1)
    plan = Plan(grid=SHAPE[1:], sides=(16, 16))
    with in_this_process(0) as cluster, cluster_of(cluster.scheduler_address) as found:
        assert found.seconds(model.members(), plan, SHAPE[1:]) == 0


class Immediate:
    """A client of two workers that answer at once, for a tile as `answer` says."""

    status = "running"

    def __init__(self, answer):
        self.answer = answer
        self.groups = []
        self.cancelled = 0

    def nthreads(self):
        return {"a": 1, "b": 1}

    def submit(self, function, *given, pure):
        value = given[0]
        if len(given) == 2:
            self.groups.append(given[1])
            value = self.answer(given[1])
        future = Immediate.Future()
        future.value = value
        return future

    def cancel(self, futures):
        self.cancelled += len(futures)

    class Future:
        status = "finished"

        def add_done_callback(self, done):
            done(self)

        def result(self):
            return self.value

        def release(self):
            pass


def remote_of(answer, parts=None):
    client = Immediate(answer)
    plan = Plan(grid=(8, 8), sides=(8, 8), parts=parts)
    return client, Remote(client, SimpleNamespace(plan=plan), "nowhere", 1)


def answered(tasks, seconds=0.1, parts=None):
    arrays = {"labels": np.zeros((8, 8), np.uint8)}
    results = [Result(task, arrays, 0) for task in tasks]
    return Answer(results, parts, seconds * len(tasks))


TASKS = [Task(number, (number,), ((0, 8), (0, 8))) for number in range(200)]


def test_tasks_are_taken_when_a_worker_has_room_for_them():
    taken = []
    client, remote = remote_of(answered)
    results = remote.results(taken.append(task) or task for task in TASKS)
    assert next(results)().task == TASKS[0]
    assert len(taken) == 4  # Two for each worker.
    results.close()
    assert client.cancelled == 4  # Three groups and the recipe.


def test_who_waits_long_for_a_tile_is_told_and_can_leave(monkeypatch):
    monkeypatch.setattr(remotes, "_LONG", 0.01)
    _, remote = remote_of(answered)
    slow = threading.Event()

    class Slow(Immediate.Future):
        def result(self):
            assert slow.wait(20)
            return self.value

    monkeypatch.setattr(Immediate, "Future", Slow)
    with closing(remote.results(iter(TASKS))) as results:
        assert next(results) == Waiting(what="a tile of the cluster at nowhere")
        slow.set()
        result = next(one for one in results if not isinstance(one, Waiting))
        assert result().task == TASKS[0]


def test_groups_grow_until_they_last_two_seconds():
    client, remote = remote_of(answered)
    found = [result().task for result in remote.results(iter(TASKS))]
    assert found == TASKS
    sizes = [len(group) for group in client.groups]
    assert sizes[:4] == [1, 1, 1, 1]
    assert sizes[-2] == max(sizes) == 20
    assert sizes[:-1] == sorted(sizes[:-1])


def test_the_smallest_memory_decides_what_is_computed_at_once():
    parts = iter([None, (64, 32), (32, 64), None])
    _, remote = remote_of(lambda tasks: answered(tasks, 9, next(parts)), (99, 99))
    assert remote.parts == (99, 99)
    seen = [remote.parts for _ in remote.results(TASKS[:4])]
    assert seen == [(99, 99), (64, 32), (32, 32), (32, 32)]
