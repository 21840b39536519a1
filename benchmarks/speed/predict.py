"""What does it cost to predict in exact tiles, and what do others cost?

An image like electron microscopy is segmented by a random `unet-bn` of four poolings in
float32: in tiles, whole, and by MONAI's sliding windows as documented, with our memory
settings, and as nnU-Net uses them (half overlapping, Gaussian weights, four mirrors);
also in bfloat16 where the processor multiplies it.
The unit is the CPU second of all threads. Ours and the whole image are run by one
process, peers as documented by another; they take turns. Where torch finds CUDA, the
GPU is measured too.

    python benchmarks/speed/predict.py [--base 16 64] [--size 2048] [--repeats 5]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from inputs import CLASSES, em_image, random_model
from report import report

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Answer = dict[str, Any]

DEPTH = 4
WINDOW = 512
# Waiting is not work: threads that wait must not spin.
QUIET = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}
TILES, WHOLE, PEAK = "tiles", "whole", "convolution"
BF16 = "tiles in bfloat16"


class Sliding(NamedTuple):
    """How MONAI slides its windows."""

    overlap: float
    mode: str
    batch: int
    mirrors: bool = False
    is_like_ours: bool = False


PEERS = {
    "MONAI, overlap 0.25, 4 at once": Sliding(0.25, "constant", 4),
    "MONAI, overlap 0.25, 1 at once": Sliding(0.25, "constant", 1),
    "MONAI, overlap 0.5 gaussian, 4 at once": Sliding(0.5, "gaussian", 4),
    "MONAI, overlap 0.5 gaussian, 1 at once": Sliding(0.5, "gaussian", 1),
    "nnU-Net's way": Sliding(0.5, "gaussian", 1, mirrors=True),
}
LIKE_OURS = {
    f"MONAI with our memory settings, overlap {overlap} {mode}": Sliding(
        overlap, mode, 1, is_like_ours=True
    )
    for overlap, mode in ((0.25, "constant"), (0.5, "gaussian"))
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=int, nargs="+", default=[16, 64])
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--peer-repeats", type=int, default=1)
    parser.add_argument("--note", help="what else is to be known of this machine")
    parser.add_argument("--part", choices=["ours", "peers", "gpu"])
    options = parser.parse_args()
    if options.part:
        answer(options.part, options.base[0], options.size)
        return
    figures: dict[str, object] = {"load average before": round(os.getloadavg()[0], 2)}
    if options.note:
        figures["note"] = options.note
    figures["MONAI"] = version("monai") if find_spec("monai") else "absent"
    ratios: dict[str, float] = {}
    for base in options.base:
        found = compare(base, options.size, options.repeats, options.peer_repeats)
        figures |= {f"base {base}: {name}": value for name, value in found[0].items()}
        ratios |= {f"base {base}: {name}": value for name, value in found[1].items()}
    with tempfile.TemporaryDirectory() as scratch:
        gpu = Part("gpu", max(options.base), options.size, scratch)
        figures |= gpu.ask("all")
        gpu.end()
    figures["load average after"] = round(os.getloadavg()[0], 2)
    report(figures, ratios)


def compare(
    base: int, size: int, repeats: int, peer_repeats: int
) -> tuple[dict[str, object], dict[str, float]]:
    """Let everybody segment the same image in turns."""
    from napari_unetseg.core.device import choose_precision

    there = bool(find_spec("monai"))
    rounded = [BF16] if choose_precision("auto", "cpu") == "bf16" else []
    seconds: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as scratch:
        ours = Part("ours", base, size, scratch)
        others = Part("peers", base, size, scratch)
        flops: dict[str, float] = {}
        for turn in range(repeats):
            for name in (PEAK, TILES, WHOLE, *rounded):
                told = ours.ask(name)
                seconds[name].append(told["seconds"])
                flops[name] = told["flops"]
            if there and turn < peer_repeats:
                for part, names in ((ours, LIKE_OURS), (others, PEERS)):
                    for name in names:
                        seconds[name].append(part.ask(name)["seconds"])
        ours.end()
        others.end()
        peers = [*LIKE_OURS, *PEERS] if there else []
        names = [TILES, *rounded, *peers]
        figures = differences(Path(scratch), names)
    spent = {name: median(values) for name, values in seconds.items()}
    for name in [WHOLE, *names]:
        figures[f"{name}: CPU seconds"] = _short(spent[name])
    # The best of all is what this processor can do.
    peak = flops[PEAK] / min(seconds[PEAK]) / 1e9
    speed = flops[TILES] / spent[TILES] / 1e9
    figures["tiles: CPU seconds, each time"] = [_short(s) for s in seconds[TILES]]
    figures["whole: CPU seconds, each time"] = [_short(s) for s in seconds[WHOLE]]
    figures["tiles / whole: CPU seconds"] = _short(spent[TILES] / spent[WHOLE])
    figures["tiles / whole: multiply-adds"] = _short(flops[TILES] / flops[WHOLE])
    figures["largest convolution (GFLOP / CPU second)"] = _short(peak)
    figures["tiles (GFLOP / CPU second)"] = _short(speed)
    figures["tiles: share of the largest convolution's speed"] = _short(speed / peak)
    ratios = {name: _short(spent[name] / spent[TILES]) for name in (WHOLE, *names[1:])}
    return figures, ratios


def differences(scratch: Path, names: list[str]) -> dict[str, object]:
    """How far probabilities are from those of the whole image.

    The image's border is left out: there others see zeros in place of a mirrored image,
    which has nothing to do with tiles. So are mirrors: an untrained network says
    something else of each.
    """
    border = 96
    inside = (slice(None), slice(border, -border), slice(border, -border))
    whole = np.load(scratch / f"{WHOLE}.npy")[inside]
    figures: dict[str, object] = {}
    for name in names:
        if name in PEERS and PEERS[name].mirrors:
            continue
        found = np.load(scratch / f"{name}.npy")[inside]
        far = np.abs(found - whole).max(axis=0)
        same = found.argmax(axis=0) == whole.argmax(axis=0)
        figures[f"{name}: largest difference of probabilities"] = _short(far.max())
        figures[f"{name}: pixels that differ by more than 1e-3"] = _short(
            (far > 1e-3).mean()
        )
        figures[f"{name}: pixels of the same class"] = round(float(same.mean()), 7)
    return figures


class Part:
    """A process that does one thing after the other, and says what it took."""

    def __init__(self, name: str, base: int, size: int, scratch: str) -> None:
        command = [sys.executable, __file__, "--part", name]
        command += ["--base", str(base), "--size", str(size)]
        self._process = subprocess.Popen(
            command,
            cwd=scratch,
            env={**os.environ, **QUIET},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, name: str) -> Answer:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{name}\n")
        self._process.stdin.flush()
        return dict(json.loads(self._process.stdout.readline()))

    def end(self) -> None:
        self._process.communicate()


def answer(part: str, base: int, size: int) -> None:
    """Do what is asked for, in the process of a part."""
    told, sys.stdout = sys.stdout, sys.stderr
    if part == "gpu":
        from gpu import gpu_figures

        asked: Callable[[str], Answer] = lambda _: gpu_figures(base, size)  # noqa: E731
    else:
        if part == "ours":
            from napari_unetseg.core.device import import_torch

            import_torch()  # Also sets the allocator.
        asked = Bench(base, size).run
    for line in sys.stdin:
        print(json.dumps(asked(line.strip())), file=told, flush=True)


class Bench:
    """An image, a network, and the ways to bring them together."""

    def __init__(self, base: int, size: int) -> None:
        from napari_unetseg.core.image import Image

        self.image = Image(array=em_image(size), axes="YX", name="em")
        self.model = random_model(base, DEPTH)
        self.network = self.model.network()

    def run(self, name: str) -> Answer:
        """Do something once; the first time also keep the probabilities."""
        if name == PEAK:
            return convolution()
        kept = Path(f"{name}.npy")
        if name == TILES:
            segment, flops = self.tiles("auto")
        elif name == WHOLE:
            segment, flops = self.tiles("whole")
        elif name == BF16:
            segment, flops = self.tiles("auto", "bf16")
        else:
            segment, flops = self.sliding({**PEERS, **LIKE_OURS}[name]), 0.0
        if not kept.exists() and name in (TILES, WHOLE, BF16):
            np.save(kept, segment(True))
        begun = time.process_time()
        found = segment(False)
        seconds = time.process_time() - begun
        if not kept.exists():
            np.save(kept, found)
        return {"seconds": seconds, "flops": flops}

    def tiles(
        self, tile: str, precision: str = "fp32"
    ) -> tuple[Callable[[bool], NDArray[np.float32]], float]:
        """The work on tiles of a segmentation, without statistics and forecast."""
        from napari_unetseg.core.config import SegmentConfig
        from napari_unetseg.core.frames import Frames
        from napari_unetseg.core.network.geometry import axis_geometries
        from napari_unetseg.core.network.member import Member
        from napari_unetseg.core.predict.planning import make_plan
        from napari_unetseg.core.predict.result import Wanted
        from napari_unetseg.core.predict.whole import Local

        frames = Frames(self.image)
        members = [Member.of(self.model.card, self.network)]
        plan = make_plan(
            frames,
            members,
            SegmentConfig(tile=tile),
            device="cpu",
            precision=precision,
        ).measured(frames)
        work = plan.work(frames)
        tasks = [work[number] for number in range(len(work))]

        def segment(scores: bool) -> NDArray[np.float32]:
            wanted = Wanted(CLASSES, {}, scores=scores)
            local = Local.of(self.image, members, plan, wanted)
            labels = np.empty(frames.shape, np.uint8)
            found = np.empty((len(CLASSES), *frames.shape), np.float32)
            for finish in local.results(tasks):
                result = finish()
                place = tuple(slice(*ends) for ends in result.task.box)
                labels[place] = result.arrays["labels"]
                if scores:
                    found[(slice(None), *place)] = result.arrays["scores"]
            return found

        return segment, sum(
            flops(self.network, axis_geometries(self.network), task.box)
            for task in tasks
        )

    def sliding(self, how: Sliding) -> Callable[[bool], NDArray[np.float32]]:
        """MONAI's sliding windows over the network as it was trained."""
        import torch
        from monai.inferers import sliding_window_inference

        from napari_unetseg.core.network.twin import channels_last
        from napari_unetseg.core.prepare.normalise import normalisers

        network = self.model.network()
        if how.is_like_ours:
            channels_last(network)
        [normalise] = normalisers(self.image).values()
        flips = [(), (2,), (3,), (2, 3)] if how.mirrors else [()]

        def look(window: torch.Tensor) -> torch.Tensor:
            found = [network(window.flip(axes)).flip(axes) for axes in flips]
            return sum(found[1:], start=found[0]) / len(flips)

        def segment(_: bool) -> NDArray[np.float32]:
            x = torch.from_numpy(normalise(np.asarray(self.image.array)[None]))[None]
            if how.is_like_ours:
                x = x.contiguous(memory_format=torch.channels_last)
            with torch.no_grad():
                logits = sliding_window_inference(
                    x,
                    (WINDOW, WINDOW),
                    how.batch,
                    look if how.mirrors else network,
                    overlap=how.overlap,
                    mode=how.mode,
                )
                scores = torch.softmax(logits, dim=1)
                scores.argmax(dim=1).to(torch.uint8).numpy()
            return scores[0].numpy()

        return segment


def flops(network: Any, geometries: Any, box: Any) -> float:
    """Floating-point operations of the tile that writes a box."""
    from napari_unetseg.core.network.measure import network_geometry
    from napari_unetseg.core.predict.tiling import tile_of

    reads = tile_of(box, geometries).read
    output = [
        stop - start - axis.before - axis.after
        for (start, stop), axis in zip(reads, geometries, strict=True)
    ]
    return 2.0 * network_geometry(network, output).multiply_adds


def convolution() -> Answer:
    """The convolution that this processor does best; the best of some."""
    import torch

    channels, side = 256, 128
    layer = torch.nn.Conv2d(channels, channels, 3, padding=1)
    layer.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    x = torch.randn(1, channels, side, side)
    x = x.contiguous(memory_format=torch.channels_last)
    seconds = []
    with torch.inference_mode():
        for _ in range(12):
            begun = time.process_time()
            layer(x)
            seconds.append(time.process_time() - begun)
    return {"seconds": min(seconds), "flops": 2.0 * channels**2 * 9 * side**2}


def _short(value: float) -> float:
    return float(f"{float(value):.3g}")


if __name__ == "__main__":
    main()
