"""The one door to torch: which device, which precision, how much memory, which seed.

torch is imported here and in the modules that build or run networks, never before a
job needs it.
"""

from __future__ import annotations

import ctypes
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from napari_unetseg.core.errors import DeviceError

if TYPE_CHECKING:
    from types import ModuleType

# glibc gives large blocks back to the system at once, and every large activation then
# costs its page faults again: 1.1 to 1.6 times the processor time of a prediction.
_MMAP_THRESHOLD, _TRIM_THRESHOLD, _ARENA_MAX = -3, -1, -8
_GIB = 1 << 30


def import_torch() -> ModuleType:
    """Import torch, set up for exact and fast work.

    TF32 is switched off, so that float32 means float32 on every device.

    Raises
    ------
    DeviceError
        If torch cannot be loaded, with the reason.
    """
    try:
        _preload_windows_library()
        import torch
    except (ImportError, OSError) as error:
        raise DeviceError(
            f"PyTorch cannot be loaded: {error}",
            "Install it anew as https://pytorch.org/get-started says",
        ) from error
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    _keep_large_blocks()
    return torch


def choose_device(wish: str) -> str:
    """Find the device to work on.

    Parameters
    ----------
    wish : {"auto", "cpu", "cuda", "mps"}
        "auto" takes CUDA, then MPS, then the CPU.

    Raises
    ------
    DeviceError
        If the wished device is not there, with the reason.
    """
    torch = import_torch()
    found = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if wish == "auto":
        return next(name for name, available in found.items() if available)
    if not found[wish]:
        available = [name for name, there in found.items() if there]
        raise DeviceError(
            f"The device '{wish}' is not available ({why_not(wish)})",
            f"Choose one of: auto, {', '.join(available)}",
        )
    return wish


def why_not(device: str) -> str:
    """Say in a few words why an accelerator cannot be used."""
    torch = import_torch()
    if device == "mps":
        return "it needs a Mac with Apple silicon"
    if torch.version.cuda is None:
        return f"this PyTorch, {torch.__version__}, was built without CUDA"
    return "PyTorch sees no NVIDIA card or driver"


def choose_precision(wish: str, device: str) -> str:
    """Find the precision to train in.

    Parameters
    ----------
    wish : {"auto", "fp32", "bf16"}
        "auto" takes bfloat16 where the hardware multiplies it, which is two to three
        times faster and trains as well, and float32 elsewhere.
    device : str
        As `choose_device` returned it.
    """
    if wish != "auto":
        return wish
    torch = import_torch()
    if device == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported() else "fp32"
    if device == "cpu" and _multiplies_bf16():
        return "bf16"
    return "fp32"


def free_memory(device: str) -> int:
    """Bytes that are free on the device (for the CPU and MPS: in the computer)."""
    if device == "cuda":
        torch = import_torch()
        return int(torch.cuda.mem_get_info()[0])
    return int(psutil.virtual_memory().available)


def _multiplies_bf16() -> bool:
    """Whether this CPU has instructions for bfloat16 products."""
    torch = import_torch()
    capability = torch.backends.cpu.get_cpu_capability()
    if not capability.startswith("AVX512"):
        return False
    flags = Path("/proc/cpuinfo")
    return flags.exists() and "avx512_bf16" in flags.read_text(errors="ignore")


def _keep_large_blocks() -> None:
    """Let glibc keep freed blocks for the next activation of the same size."""
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _GIB)
        mallopt(_TRIM_THRESHOLD, 2 * _GIB - 1)
        mallopt(_ARENA_MAX, 1)


def _preload_windows_library() -> None:
    """Load torch's own library before Qt's older runtime can get in its way.

    See https://github.com/pytorch/pytorch/issues/166628.
    """
    spec = find_spec("torch") if sys.platform == "win32" else None
    if spec and spec.origin and "torch" not in sys.modules:
        library = Path(spec.origin).parent / "lib" / "c10.dll"
        if library.exists():
            ctypes.CDLL(str(library))
