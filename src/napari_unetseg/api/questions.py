"""The three questions: train, segment, evaluate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from napari_unetseg.api.given import images_of, mask_of, regions_of
from napari_unetseg.core import jobs
from napari_unetseg.core.config import SegmentConfig, TrainConfig
from napari_unetseg.core.evaluate.judge import Asked
from napari_unetseg.core.evaluate.several import judge_all
from napari_unetseg.core.image import Image, as_image
from napari_unetseg.core.network.modelfile import Model, known_model
from napari_unetseg.core.presets import train_config

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
    from pathlib import Path

    from napari_unetseg.core.evaluate.judge import Task
    from napari_unetseg.core.evaluate.report import Report
    from napari_unetseg.core.events import Event

    Listener = Callable[[Event], object]

T = TypeVar("T")


def train(
    images: Any,
    labels: Any,
    *,
    regions: Any = (),
    preset: str = "default",
    config: TrainConfig | None = None,
    axes: str | None = None,
    start_from: Model | None = None,
    vgg16: str | Path | None = None,
    class_names: Mapping[Any, str] | None = None,
    class_colors: Mapping[Any, str] | None = None,
    listen: Listener | None = None,
    **wishes: Any,
) -> Model:
    """Train a network on annotated images.

    Parameters
    ----------
    images, labels : Image, array, or list of them
        Pairs. Arrays are (Y, X) or (Z, Y, X) unless `axes` says otherwise; labels have
        the image's shape without its channels.
    regions : Image, array, or list of them
        Masks of the labels' shapes, one per pair: inside, what is not painted is
        background; outside, it is not annotated.
    preset : {"fast", "default", "paper"}
        Starting point of the settings.
    config : TrainConfig, optional
        All settings at once, in place of a preset.
    axes : str, optional
        Axes of the images if they are arrays, out of "TZCYX".
    start_from : Model, optional
        Continue from its weights.
    vgg16 : str or Path, optional
        File of the weights of VGG16, in torchvision's naming, that an FCN, SegNet or
        DeconvNet starts from.
    class_names, class_colors : mapping of id to str, optional
        Names such as ``{1: "membrane"}``, and colours as "#rrggbb", by painted id. The
        model keeps them.
    listen : callable, optional
        Called with every event of the training.
    **wishes
        Fields of `TrainConfig` that differ from the preset, such as
        ``minutes=5``, ``steps=500``, ``validation="15-19"``, ``seed=1``.

    Returns
    -------
    Model

    Raises
    ------
    UnetsegError
        In one sentence, before any work, if something cannot be used.

    Examples
    --------
    >>> import napari_unetseg as us
    >>> image, labels = us.sample_data("em")
    >>> model = us.train(image, labels, minutes=2)  # doctest: +SKIP
    >>> model.save("em.unetseg.safetensors")  # doctest: +SKIP
    """
    image_list = images_of(images, axes, "image")
    label_axes = axes.replace("C", "") if axes else None
    job = jobs.train(
        image_list,
        images_of(labels, label_axes, "labels"),
        config or train_config(preset, **wishes),
        regions=regions_of(regions, label_axes),
        start_from=start_from,
        vgg16=vgg16,
        class_names=class_names,
        class_colors=class_colors,
    )
    return _drain(job, listen).model


def segment(
    image: Any,
    model: Model | str | Path | Sequence[Model | str | Path],
    *,
    axes: str | None = None,
    mask: Any = None,
    scores: bool = False,
    listen: Listener | None = None,
    **wishes: Any,
) -> Any:
    """Apply a model to an image, or the average of several models.

    Parameters
    ----------
    image : Image or array
        An array is (Y, X) or (Z, Y, X) unless `axes` says otherwise.
    model : Model, str, Path, or sequence of them
        A model or its file; of several models of the same classes the probabilities are
        averaged. Each is shown the image as if it were alone: in its own pixel size,
        its own channels by their names, and in planes or volumes.
    axes : str, optional
        Axes of an array, out of "TZCYX".
    mask : Image or array, optional
        0 where nothing is to be segmented, on the image's pixels without its channels,
        or of one plane for all. Only tiles that it touches are computed. Inside, the
        result is that of the whole image; elsewhere it is 0.
    scores : bool
        Whether to return the softmax probabilities too.
    listen : callable, optional
        Called with every event.
    **wishes
        Fields of `SegmentConfig`: ``tile``, ``device``, ``memory``, ``precision``.

    Returns
    -------
    labels : Image or ndarray
        Painted ids, in the image's shape without C; an Image if one was given.
    scores : Image or ndarray
        Only if asked for: (C, ..., Y, X), float32; the classes of the first model, in
        its order.

    Raises
    ------
    UnetsegError
        In one sentence: if a file is no model, the image does not fit a model, models
        cannot be averaged, or the memory is too small.
    """
    known = known_model(model)
    config = SegmentConfig.check(scores=scores, **wishes)
    given = as_image(image, axes=axes)
    job = jobs.segment(given, known, config, mask=mask_of(mask, given))
    result = _drain(job, listen)
    found = [result.labels, result.scores] if scores else [result.labels]
    plain = [x if isinstance(image, Image) else x.array for x in found if x is not None]
    return tuple(plain) if scores else plain[0]


def evaluate(
    prediction: Any,
    truth: Any,
    *,
    task: Task = "classes",
    objects: int | None = None,
    scores: Any = None,
    axes: str | None = None,
    dimensions: int | None = None,
    ignore: Iterable[int] = (),
    partly: Iterable[int] = (),
    borders: bool = False,
) -> Report:
    """Compare labels with the truth.

    Parameters
    ----------
    prediction, truth, scores : Image or array, or list of them
        Whole numbers of the same shape; several pairs are pooled. Scores are optional,
        for curves over thresholds: the probability of each class, axes "C..." of an
        `Image`; or of the interior of neurites.
    task : {"classes", "instances", "neurites"}
        Classes pixel by pixel; single objects; or neurites of EM slices.
    objects : int, optional
        The class whose connected pixels are the objects, or the interior of neurites.
        Without it each id is an object.
    axes, dimensions, ignore, partly, borders
        Axes of arrays, out of "TZYX"; the others as in `judge.Asked`.

    Returns
    -------
    Report
        IoU, Dice, precision and recall per class from one pooled confusion matrix;
        `objects` and `neurites` where asked. ``to_dict()`` has all.
    """
    asked = Asked(
        task=task,
        identity=objects,
        dimensions=dimensions,
        ignore=tuple(ignore),
        boundaries=borders,
        partly=tuple(partly),
    )
    return judge_all(
        images_of(prediction, axes, "prediction"),
        images_of(truth, axes, "truth"),
        asked,
        [] if scores is None else images_of(scores, axes, "scores"),
    )


def _drain(job: Generator[Event, None, T], listen: Listener | None) -> T:
    """Run a job to its end, telling every event."""
    while True:
        try:
            event = next(job)
        except StopIteration as end:
            result: T = end.value
            return result
        if listen is not None:
            listen(event)
