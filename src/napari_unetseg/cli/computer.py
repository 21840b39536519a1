"""Facts about this computer that a bug report needs, and none that tell who it is."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_unetseg.cli.info_facts import byte_size

if TYPE_CHECKING:
    Facts = list[tuple[str, str]]

PACKAGES = ("numpy", "scipy", "tifffile", "zarr", "napari")
CUDA_TORCH = (
    "pip install --force-reinstall torch "
    "--index-url https://download.pytorch.org/whl/cu126"
)


def computer_facts() -> Facts:
    """Program, system, processor, memory and disk; loads no torch."""
    import psutil

    memory = psutil.virtual_memory()
    cores = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    disk = shutil.disk_usage(Path.cwd())
    packages = ((name, installed(name)) for name in PACKAGES)
    return [
        ("napari-unetseg", installed("napari-unetseg")),
        ("Python", f"{platform.python_version()} ({platform.python_implementation()})"),
        ("system", f"{platform.system()} {platform.release()} {platform.machine()}"),
        ("processor", f"{processor_name()}, {cores} cores, {_usable()} to be used"),
        ("memory", f"{byte_size(memory.total)}, {byte_size(memory.available)} free"),
        ("disk here", f"{byte_size(disk.free)} free"),
        *packages,
    ]


def torch_facts(wish: str = "auto") -> Facts:
    """Which torch, which devices it sees or why not, and which of them is wished for.

    Raises
    ------
    DeviceError
        If torch cannot be loaded.
    """
    from napari_unetseg.core.device import (
        choose_device,
        choose_precision,
        import_torch,
        why_not,
    )

    torch = import_torch()
    build = f"CUDA {torch.version.cuda}" if torch.version.cuda else "no CUDA"
    facts = [
        ("torch", f"{torch.__version__} (built with {build})"),
        ("instructions", torch.backends.cpu.get_cpu_capability()),
        ("threads", str(torch.get_num_threads())),
    ]
    if torch.cuda.is_available():
        for number in range(torch.cuda.device_count()):
            card = torch.cuda.get_device_properties(number)
            text = f"{card.name}, {byte_size(card.total_memory)}"
            facts.append((f"CUDA {number}", text))
    else:
        facts.append(("CUDA", f"not used: {why_not('cuda')}"))
        if has_nvidia_card():
            facts.append(
                ("NVIDIA card", _advice(built_with_cuda=bool(torch.version.cuda)))
            )
    mps = torch.backends.mps.is_available()
    facts.append(("MPS", "seen" if mps else f"not used: {why_not('mps')}"))
    device = choose_device(wish)
    how = f"{device} in {choose_precision('auto', device)}"
    return [*facts, ("trains on", how)]


def engine_facts(wish: str = "auto") -> dict[str, Any]:
    """Where and how a training computes on the device that is wished for.

    Returns
    -------
    dict
        "device", "precision", "threads", and "memory_bytes": all memory of the card
        for CUDA, else of the computer.

    Raises
    ------
    DeviceError
        If torch cannot be loaded.
    """
    import psutil

    from napari_unetseg.core.device import (
        choose_device,
        choose_precision,
        import_torch,
    )

    torch = import_torch()
    device = choose_device(wish)
    if device == "cuda":
        memory = torch.cuda.get_device_properties(0).total_memory
    else:
        memory = psutil.virtual_memory().total
    return {
        "device": device,
        "precision": choose_precision("auto", device),
        "threads": torch.get_num_threads(),
        "memory_bytes": memory,
    }


def has_nvidia_card() -> bool:
    """Whether the system's own tools know an NVIDIA card; torch is not asked."""
    driver = Path("/proc/driver/nvidia/version")
    return shutil.which("nvidia-smi") is not None or driver.exists()


def processor_name() -> str:
    """Name of the processor, as its maker calls it."""
    try:
        text = Path("/proc/cpuinfo").read_text(errors="ignore")
    except OSError:
        text = ""
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def installed(package: str) -> str:
    """Version of an installed package, or "not installed"."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _usable() -> int:
    """Number of logical processors that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _advice(*, built_with_cuda: bool) -> str:
    """What to do about a card that torch does not see."""
    if built_with_cuda:
        return "there is one, but its driver does not fit this torch: update the driver"
    return f"there is one, but this torch cannot use it. Install: {CUDA_TORCH}"
