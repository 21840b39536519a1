"""What `unetseg evaluate` reads, judges and draws."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError, UnetsegError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from napari_unetseg.core.evaluate.judge import Asked
    from napari_unetseg.core.evaluate.page import Shot
    from napari_unetseg.core.evaluate.report import Report
    from napari_unetseg.core.evaluate.seen import Seen
    from napari_unetseg.core.image import Image


@dataclass(frozen=True, kw_only=True)
class Files:
    """One pair and what goes with it.

    Attributes
    ----------
    prediction, truth : Path
        Labels.
    scores, image : Path or None
        Probabilities, and what was segmented.
    """

    prediction: Path
    truth: Path
    scores: Path | None = None
    image: Path | None = None


def with_others(
    pairs: Sequence[tuple[Path, Path]],
    scores: Sequence[Path],
    images: Sequence[Path],
) -> list[Files]:
    """Give each pair its scores and its image.

    Raises
    ------
    InputError
        If there are as many of them as there are pairs, or none.
    """
    for name, given in (("--scores", scores), ("--image", images)):
        if given and len(given) != len(pairs):
            raise InputError(
                f"{name} names {len(given)} files for {len(pairs)} predictions",
                "Give one for each prediction, in the same order",
            )
    return [
        Files(
            prediction=prediction,
            truth=truth,
            scores=scores[number] if scores else None,
            image=images[number] if images else None,
        )
        for number, (prediction, truth) in enumerate(pairs)
    ]


def judged(files: Files, asked: Asked, model: Path | None) -> Report:
    """Read a pair and judge it."""
    from napari_unetseg.core.evaluate.comparable import check_same_place
    from napari_unetseg.core.evaluate.judge import judge
    from napari_unetseg.core.read import read_image

    scores, channel = None, 0
    if files.scores is not None:
        scores = read_image(files.scores)
        if asked.task == "classes":
            asked = _with_channels(files.scores, scores, asked)
        elif asked.task == "neurites":
            channel = _channel(files.scores, scores, asked)
    sides = read_image(files.prediction), read_image(files.truth)
    check_same_place(*sides, (_origin(files.prediction), _origin(files.truth)))
    return judge(
        *sides,
        asked,
        scores=scores,
        channel=channel,
        seen=_seen(files, model),
    )


def _origin(path: Path) -> Mapping[str, float]:
    """Where the first pixel of a file lies, as far as it tells."""
    from napari_unetseg.core.read.opening import open_images

    try:
        return open_images(path)[0].origin
    except (UnetsegError, IndexError):
        return {}


def _seen(files: Files, model: Path | None) -> Seen | None:
    """What the prediction's file says of the pixels, or the model of its image."""
    from napari_unetseg.core.evaluate.seen import Seen
    from napari_unetseg.core.read.annotations import notes_in

    if model is None:
        return Seen.from_notes(notes_in(files.prediction).get("seen"))
    from napari_unetseg.core.network.card import read_card
    from napari_unetseg.core.predict.fit import fit
    from napari_unetseg.core.prepare.trace import traced
    from napari_unetseg.core.read import read_image

    card = read_card(model)
    if files.image is None:
        raise InputError(
            f"Which pixels of '{files.prediction.name}' the model has seen is found by "
            "its image",
            "Name the image with --image",
        )
    notes = card.training.get("seen")
    if notes is None:
        return None
    return Seen.of(traced(fit(read_image(files.image), card), notes))


def _channel(path: Path, scores: Image, asked: Asked) -> int:
    """Which channel of the scores is the interior of cells."""
    from napari_unetseg.core.read.annotations import notes_in

    if scores.channel_count == 1:
        return 0
    known = notes_in(path).get("classes", "").split(",")
    if str(asked.identity) in known:
        return known.index(str(asked.identity))
    raise InputError(
        f"'{path.name}' has {scores.channel_count} channels, and it is not clear which "
        "is the interior of cells",
        "Name its class with --objects, of scores that segment has written; or give "
        "scores with one channel",
    )


def _with_channels(path: Path, scores: Image, asked: Asked) -> Asked:
    """Say which class each channel is, and the thresholds that classes had."""
    from napari_unetseg.core.config import SegmentConfig
    from napari_unetseg.core.read.annotations import notes_in

    notes = notes_in(path)
    known = [word for word in notes.get("classes", "").split(",") if word.isdecimal()]
    count = scores.channel_count
    ids = tuple(map(int, known)) if len(known) == count else ()
    now: dict[int, float] = {}
    with suppress(ValueError):
        settings = SegmentConfig.model_validate_json(notes.get("settings", "{}"))
        now = settings.thresholds
    return replace(asked, channels=ids, thresholds=now)


def use_best(report: Report, identity: int | None, model: Path | None) -> str:
    """Write the best threshold of a class into a model, and say so.

    Raises
    ------
    InputError
        If it is not clear which, or no scores were given.
    """
    from napari_unetseg.core.evaluate.thresholds import best_thresholds
    from napari_unetseg.core.network.retouch import set_thresholds

    if identity is None or model is None:
        raise InputError(
            "A threshold is written into a model for one class",
            "Say both --use-threshold CLASS and --into MODEL",
        )
    best = best_thresholds(report)
    if identity not in best:
        known = ", ".join(map(str, best)) or "none without --scores"
        raise InputError(
            f"No threshold of class {identity} was found", f"There are: {known}"
        )
    set_thresholds(model, {identity: best[identity]})
    return f"{model.name} chooses class {identity} from {best[identity]:g} on"


def shots(files: Files, report: Report, asked: Asked) -> list[Shot]:
    """Pictures of the worst slices of a pair; none without its image."""
    if files.image is None:
        return []
    from napari_unetseg.core.evaluate.shots import shots_of
    from napari_unetseg.core.read import read_image

    paths = (files.image, files.truth, files.prediction)
    image, truth, found = map(read_image, paths)
    return shots_of(report, asked, image=image, truth=truth, prediction=found)
