"""Draw every network from the list of its layers, as SVG.

    python docs/drawings.py [FOLDER]

Each layer is a bar: as high as the side of its map, on a root scale, as wide as the
logarithm of its channels. Arcs show what goes over to the way up: features that are
concatenated, scores that are added, switches that unpool.
"""

from __future__ import annotations

import sys
from math import log2, sqrt
from pathlib import Path
from typing import NamedTuple

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.network.family import channels_down, channels_up
from napari_unetseg.core.network.plans import lesson, steps

DRAWN = ("fcn-32s", "fcn-16s", "fcn-8s", "segnet", "deconvnet", "patch")
SIDE, HEIGHT, GAP, MARGIN = 224, 120, 3, 8
# Okabe and Ito's colours, which everybody tells apart, on light and dark grounds.
COLOURS = {
    "conv": "#0072b2",
    "deconv": "#e69f00",
    "pool": "#d55e00",
    "unpool": "#009e73",
    "linear": "#56b4e9",
    "concatenate": "#cc79a7",
    "add": "#cc79a7",
    "crop": "#999999",
}
NAMES = {
    "conv": "convolution",
    "deconv": "transposed convolution",
    "pool": "max pooling",
    "unpool": "unpooling",
    "linear": "linear upsampling",
    "concatenate": "concatenation",
    "add": "sum of scores",
    "crop": "crop to the image",
}


class Bar(NamedTuple):
    """One layer of a drawing."""

    kind: str
    channels: int
    side: float
    level: int


def main() -> None:
    """Write a drawing for each network."""
    folder = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent / "images"
    drawings = {"unet": unet()} | {name: history(name) for name in DRAWN}
    for name, bars in drawings.items():
        (folder / f"network-{name}.svg").write_text(drawn(bars), encoding="utf-8")


def unet() -> list[Bar]:
    """Layers of the padded U-Net of four poolings and 64 channels."""
    config, found = NetworkConfig(), []
    for level in range(config.depth + 1):
        side = SIDE / 2**level
        before, *after = channels_down(config, level)
        found += [Bar("pool", before, side, level)] if level else []
        found += [Bar("conv", width, side, level) for width in after]
    for level in reversed(range(config.depth)):
        side, (_, up, out) = SIDE / 2**level, channels_up(config, level)
        found.append(Bar("deconv", up, side, level))
        found.append(Bar("concatenate", up + out, side, level))
        found += [Bar("conv", out, side, level)] * 2
    return [*found, Bar("conv", config.classes, SIDE, 0)]


def history(name: str) -> list[Bar]:
    """Layers of another network, at its paper's width."""
    base, classes = (48, 2) if name == "patch" else (64, 21)
    config = NetworkConfig(name=name, base=base, classes=classes)
    fixed = lesson(config)
    side = float(fixed[0] if fixed else SIDE)
    found, image, before = [], side, []
    for step in steps(config):
        if step.kind == "pool":
            before.append(side)
            side = -((step.kernel - side) // step.stride) + 1  # as in ceil_mode
        elif step.kind == "crop":
            side = image
        elif step.kind in ("unpool", "linear") or (step.kernel, step.stride) == (2, 2):
            side = before[step.level]
        elif step.kind == "deconv":
            side = (side - 1) * step.stride + step.kernel - 2 * step.padding
        elif step.kind == "conv":
            side = side + 2 * step.padding - step.kernel + 1
        found.append(Bar(step.kind, step.channels, side, step.level))
    return found


def drawn(bars: list[Bar]) -> str:
    """A drawing with its legend."""
    parts, places, x = [], {}, float(MARGIN)
    largest = max(bar.side for bar in bars)
    middle = MARGIN + HEIGHT / 2 + 30
    for bar in bars:
        width, height = (
            2 + 1.2 * log2(bar.channels + 1),
            HEIGHT * sqrt(bar.side / largest),
        )
        top = middle - height / 2
        title = f"{NAMES[bar.kind]}: {bar.channels} channels, side {bar.side:.0f}"
        parts.append(
            f'<rect x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" '
            f'height="{height:.1f}" fill="{COLOURS[bar.kind]}">'
            f"<title>{title}</title></rect>"
        )
        centre = x + width / 2
        if bar.kind == "pool":
            # Switches and skips leave what is pooled, scores what has been.
            places[bar.level - 1] = top_of(parts[-2])
            places[f"pooled {bar.level}"] = (centre, top)
        if bar.kind in ("concatenate", "unpool"):
            parts.append(arc(places[bar.level], (centre, top)))
        if bar.kind == "add":
            parts.append(arc(places[f"pooled {bar.level}"], (centre, top)))
        x += width + GAP
    kinds = [kind for kind in NAMES if any(bar.kind == kind for bar in bars)]
    y, left = middle + HEIGHT / 2 + 22, float(MARGIN)
    for kind in kinds:
        parts.append(
            f'<rect x="{left:.0f}" y="{y - 9:.0f}" width="10" height="10" '
            f'fill="{COLOURS[kind]}"/>'
            f'<text x="{left + 14:.0f}" y="{y:.0f}">{NAMES[kind]}</text>'
        )
        left += 30 + 6.2 * len(NAMES[kind])
    width = max(x, left) + MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" '
        f'height="{y + MARGIN:.0f}" font-family="sans-serif" font-size="11" '
        f'fill="#808080">' + "".join(parts) + "</svg>\n"
    )


def top_of(drawn_bar: str) -> tuple[float, float]:
    """Middle of the upper edge of a bar that is drawn already."""
    _, x, _, y, _, width, *_ = drawn_bar.split('"')
    return float(x) + float(width) / 2, float(y)


def arc(start: tuple[float, float], stop: tuple[float, float]) -> str:
    """A line over the bars from one to another."""
    top = min(start[1], stop[1]) - min(28.0, 6 + abs(stop[0] - start[0]) / 14)
    return (
        f'<path d="M{start[0]:.1f} {start[1]:.1f} C{start[0]:.1f} {top:.1f} '
        f'{stop[0]:.1f} {top:.1f} {stop[0]:.1f} {stop[1]:.1f}" fill="none" '
        f'stroke="#808080"/>'
    )


if __name__ == "__main__":
    main()
