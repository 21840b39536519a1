"""``unetseg train``: from images and painted labels to a model file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_unetseg.cli import network_options, options, training_options
from napari_unetseg.cli.following import follow
from napari_unetseg.cli.pairs import with_folder
from napari_unetseg.cli.settings import check_pairs, training_config
from napari_unetseg.cli.starting import (
    check_resumable,
    check_resume,
    errors_as_events,
    how_to_resume,
    run_folder,
    tell_unused,
)
from napari_unetseg.core.config import (
    CENTRES,
    CLASS_WEIGHTS,
    LOSSES,
    NETWORKS,
    OPTIMISERS,
    SCHEDULES,
    UPSAMPLINGS,
)
from napari_unetseg.core.events import Finished, to_json
from napari_unetseg.core.network.pretrained import check_vgg16
from napari_unetseg.core.presets import PRESETS
from napari_unetseg.runs import client
from napari_unetseg.runs.folder import read_question
from napari_unetseg.runs.questions import TrainQuestion

if TYPE_CHECKING:
    from collections.abc import Mapping

_TRAINING = training_options.TRAINING


def train(
    context: typer.Context,
    image: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="IMG ...",
            help="Images to learn from.",
            rich_help_panel=options.DATA,
        ),
    ] = None,
    labels: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="LAB ...",
            help="Their painted labels, in the same order.",
            rich_help_panel=options.DATA,
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT",
            help="Model file to write, best NAME.unetseg.safetensors.",
            rich_help_panel=options.DATA,
        ),
    ] = None,
    pairs: training_options.Pairs = None,
    task: training_options.Task = None,
    unannotated: training_options.Unannotated = None,
    annotated: training_options.Annotated_ = None,
    axes: options.Axes = None,
    pixel_size: Annotated[
        str | None,
        typer.Option(
            metavar="Z,Y,X",
            help="Pixel size in micrometres or with a unit, as in 50,4,4nm, if the "
            "file does not say it or is wrong.",
            rich_help_panel=options.DATA,
        ),
    ] = None,
    channels: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Channels to learn from, with commas between them.",
            rich_help_panel=options.DATA,
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(PRESETS),
            help="Settings to start from: fast for a first look, paper for the U-Net "
            "of 2015.",
            rich_help_panel=_TRAINING,
        ),
    ] = None,
    start_from: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="MODEL",
            help="Model whose weights to start from.",
            rich_help_panel=_TRAINING,
        ),
    ] = None,
    validation: Annotated[
        str | None,
        typer.Option(
            metavar="FRACTION|SLICES|BOXES",
            help="What is only scored: a fraction of the slices, or slices as in "
            "15-19, counted from 0, both included, or boxes of the first image as in "
            "z=3:5,y=0:100;z=9:10.",
            rich_help_panel=_TRAINING,
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            metavar="M",
            help="How long to train (5 if nothing is said); the first steps measure "
            "how many that are.",
            rich_help_panel=_TRAINING,
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="How many steps instead.", rich_help_panel=_TRAINING
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="S",
            help="Start of all random numbers (0).",
            rich_help_panel=_TRAINING,
        ),
    ] = None,
    learning_rate: training_options.LearningRate = None,
    schedule: training_options.Schedule = None,
    optimiser: training_options.Optimiser = None,
    weight_decay: training_options.WeightDecay = None,
    clip: training_options.Clip = None,
    averaging: training_options.Averaging = None,
    augment: training_options.Augment = None,
    patience: training_options.Patience = None,
    freeze: training_options.Freeze = None,
    apart: training_options.Apart = None,
    border: training_options.Border = None,
    object_weights: training_options.ObjectWeights = None,
    ring: training_options.Ring = None,
    network: network_options.Network = None,
    dimensions: network_options.Dimensions = None,
    base: network_options.Base = None,
    depth: network_options.Depth = None,
    upsampling: network_options.Up = None,
    deep_supervision: network_options.DeepSupervision = None,
    vgg16: network_options.Vgg16 = None,
    patch: network_options.Patch = None,
    batch: network_options.Batch = None,
    centres: network_options.Centres = None,
    loss: network_options.Loss = None,
    class_weights: network_options.ClassWeights = None,
    device: options.Device = None,
    precision: options.Precision = None,
    memory: options.Memory = None,
    run: options.Run = None,
    resume: options.Resume = False,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Train a network and write the model."""
    with errors_as_events(as_json):
        check_resume(resume=resume, overwrite=overwrite)
        if resume:
            folder = run_folder(run, model, "--model")
            status = check_resumable(folder, "train")
            tell_unused(context.params, {"model"})
            if status.state == "finished":
                _already_finished(folder, status.result, as_json)
                return
        else:
            needed: dict[str, object] = {"image": image, "labels": labels}
            needed = {} if pairs else needed
            options.required("train", **needed, model=model)
            assert model is not None
            image, labels, found = with_folder(image or [], labels or [], pairs)
            check_pairs(image, labels, annotated)
            config = training_config(
                preset,
                task=options.one_of("task", task, training_options.TASKS),
                unannotated=options.one_of(
                    "--unannotated", unannotated, training_options.UNANNOTATED
                ),
                instances=training_options.instances(
                    apart, border, object_weights, ring
                ),
                network=options.one_of("network", network, NETWORKS),
                dimensions=dimensions,
                base=base,
                depth=depth,
                upsampling=options.one_of("upsampling", upsampling, UPSAMPLINGS),
                deep_supervision=deep_supervision,
                patch=patch,
                batch=batch,
                centres=options.one_of("centres", centres, CENTRES),
                loss=options.one_of("loss", loss, LOSSES),
                class_weights=options.one_of(
                    "class weights", class_weights, CLASS_WEIGHTS
                ),
                learning_rate=learning_rate,
                schedule=options.one_of("schedule", schedule, SCHEDULES),
                optimiser=options.one_of("optimiser", optimiser, OPTIMISERS),
                weight_decay=weight_decay,
                clip=clip,
                averaging=averaging,
                augment=training_options.augmentation(augment, preset, dimensions),
                patience=patience,
                freeze=freeze,
                validation=validation,
                minutes=minutes,
                steps=steps,
                seed=seed,
                device=options.one_of("device", device, options.DEVICES),
                precision=options.one_of("precision", precision, options.PRECISIONS),
                memory=memory,
            )
            training_options.check_objects(config, apart, border, object_weights, ring)
            size = None if pixel_size is None else options.pixel_size(pixel_size)
            images, painted = options.inputs(image), options.inputs(labels)
            old = [options.model_file(start_from)] if start_from else []
            regions = options.inputs(annotated or [])
            pretrained = options.inputs([vgg16] if vgg16 else [])
            if vgg16:
                check_vgg16(vgg16, config.network, also=start_from)
            read = [*images, *painted, *regions, *old, *pretrained]
            (out,) = options.outputs([model], read, overwrite=overwrite)
            question = TrainQuestion(
                images=images,
                labels=painted,
                regions=regions,
                model=out,
                start_from=old[0] if old else None,
                vgg16=pretrained[0] if pretrained else None,
                axes=options.axes_of(axes),
                pixel_size=size,
                channels=options.names(channels),
                pairs=found,
                overwrite=overwrite,
                config=config,
            )
            folder = run_folder(run, model, "--model")
            client.create(folder, question, overwrite=overwrite)
        again = how_to_resume("train", run, model, "--model")
        result = follow(folder, again=again, fresh=not resume, as_json=as_json)
    if not as_json:
        tell_trained(result, trained_model(folder, result), folder)


def trained_model(folder: Path, result: Mapping[str, Any]) -> Path:
    """Path of the model that a run has made: as asked for, unless it says otherwise."""
    question = read_question(folder)
    assert isinstance(question, TrainQuestion)
    asked = folder / question.model
    return asked.with_name(result.get("model", asked.name))


def tell_trained(result: Mapping[str, Any], model: Path, folder: Path) -> None:
    """Print how the validation slices were scored, and where the model is."""
    from napari_unetseg.cli.tables import show, validation_table

    validation = result.get("validation") or {}
    if validation:
        show(validation_table(validation), validation.get("pixel_error"))
        typer.echo(
            "These slices also chose the weights that were kept: expect a little less "
            "on others."
        )
    typer.echo(f"Model: {model}")
    typer.echo(f"Run: {folder}")


def _already_finished(folder: Path, result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(to_json(Finished(result=result)))
        return
    typer.echo("This training is finished.", err=True)
    tell_trained(result, trained_model(folder, result), folder)
