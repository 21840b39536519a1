"""What is painted in labels: which classes there are, and what 0 means where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from napari_unetseg.core.draining import result_of
from napari_unetseg.core.errors import InputError, listed
from napari_unetseg.core.prepare.counting import count_steps
from napari_unetseg.core.prepare.coverage import ObjectCounts, judge_instances
from napari_unetseg.core.prepare.strokes import judge_classes, verdict

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from napari_unetseg.core.config import InstancesConfig
    from napari_unetseg.core.frames import Index
    from napari_unetseg.core.image import Image

    Unannotated = Literal["auto", "0", "none"]
    Counts = dict[Index, dict[int, int]]
    Flags = tuple[dict[Index, bool], ...]

_MOST_CLASSES = 255


@dataclass(frozen=True, slots=True)
class Annotation:
    """What is painted in a set of labels.

    Attributes
    ----------
    ids : tuple of int
        Painted ids that are classes, ascending; with 0 when 0 is background. Of single
        objects the classes that are derived from them.
    zero_unknown : tuple of dict
        Per labels image: plane index to whether its zeros are "not annotated", but for
        those inside a region.
    annotated : tuple of dict
        Per labels image: plane index to whether any of its pixels is annotated.
    verdict : str
        The sentence that tells the user how 0 was understood.
    pixels : tuple of dict
        Per labels image: plane index to the number of pixels of each painted id.
    """

    ids: tuple[int, ...]
    zero_unknown: Flags
    annotated: Flags
    verdict: str
    pixels: tuple[Counts, ...] = ()

    @property
    def counts(self) -> dict[int, int]:
        """Annotated pixels of each painted id, and of 0 where it is background."""
        found = dict.fromkeys(self.ids, 0)
        for image, unknown in zip(self.pixels, self.zero_unknown, strict=True):
            for index, plane in image.items():
                for identity, count in plane.items():
                    if identity or not unknown[index]:
                        found[identity] = found.get(identity, 0) + count
        return found


def annotation(
    labels: list[Image],
    unannotated: Unannotated = "auto",
    *,
    instances: InstancesConfig | None = None,
    regions: Sequence[Image] = (),
) -> Annotation:
    """Find the classes, and what 0 means in each plane.

    Parameters
    ----------
    labels : list of Image
        Integers without a channel axis.
    unannotated : {"auto", "0", "none"}
        "0": zeros are not annotated; "none": zeros are background. "auto" decides per
        plane. Of classes: zeros are not annotated in an empty plane of a painted stack,
        and where at least two classes are painted in strokes (under 15 % of the pixels,
        and far fewer than in the other planes, unless these are strokes too), but not
        if almost all of ten or more planes are painted. Of single
        objects: where far fewer of them are painted than in the other planes. Of labels
        in whose file it is noted it is not decided but taken from there.
    instances : InstancesConfig, optional
        Given where each object has an id of its own.
    regions : sequence of Image, optional
        Masks, one per labels image, inside which zeros are background whatever is said,
        and outside of which they are not annotated.

    Raises
    ------
    InputError
        If nothing is painted, an id is negative or not whole, there are too many ids
        for classes, or only one class is left.
    """
    steps = annotation_steps(labels, unannotated, instances=instances, regions=regions)
    return result_of(steps)


def annotation_steps(
    labels: list[Image],
    unannotated: Unannotated = "auto",
    *,
    instances: InstancesConfig | None = None,
    regions: Sequence[Image] = (),
) -> Generator[None, None, Annotation]:
    """Find the same plane by plane, so that it can be given up in between.

    Parameters
    ----------
    labels, unannotated, instances, regions
        As for `annotation`.

    Yields
    ------
    None
        After each plane.

    Raises
    ------
    InputError
        As `annotation`.
    """
    counts = []
    masks: list[Image | None] = [*regions] or [None] * len(labels)
    for image, mask in zip(labels, masks, strict=True):
        counts.append((yield from count_steps(image, mask)))
    return judged(
        counts,
        [image.name for image in labels],
        unannotated,
        instances=instances,
        inside=bool(regions),
        noted=[image.unannotated for image in labels],
    )


def judged(
    counts: Sequence[Counts],
    names: Sequence[str],
    unannotated: Unannotated = "auto",
    *,
    instances: InstancesConfig | None = None,
    inside: bool = False,
    noted: Sequence[str] = (),
) -> Annotation:
    """Find the same of labels that were counted before.

    Parameters
    ----------
    counts : sequence of dict
        As `count_steps` returned them, for each labels image.
    names : sequence of str
        Of the labels images.
    unannotated, instances
        As for `annotation`.
    inside : bool
        Whether zeros were counted inside regions alone.
    noted : sequence of {"", "0", "none"}
        Per labels image, what its file notes of 0; counts for "auto".

    Raises
    ------
    InputError
        As `annotation`.
    """
    called = listed(names)
    if inside:
        # The mask decides pixel by pixel; here only the zeros inside are counted.
        hidden = tuple(dict.fromkeys(planes, False) for planes in counts)
        found = _named(counts, hidden, _region_verdict(counts), called, instances)
        everywhere = tuple(dict.fromkeys(planes, True) for planes in counts)
        return replace(found, zero_unknown=everywhere)
    wishes, source = _wishes(names, unannotated, noted)
    if instances is not None:
        objects = [_objects(planes) for planes in counts]
        by_image = judge_instances(objects, wishes, source)
        told = " ".join(by_image.verdict)
        return _named(counts, by_image.zero_unknown, told, called, instances)
    unknown = judge_classes(counts, wishes)
    told = verdict(counts, unknown, wishes, source)
    return _named(counts, unknown, told, called, instances)


def _wishes(
    names: Sequence[str], unannotated: Unannotated, noted: Sequence[str]
) -> tuple[list[str], str]:
    """What 0 is to mean in each labels image, and in whose files that is noted."""
    if unannotated != "auto" or not any(noted):
        return [unannotated] * len(names), ""
    files = [name for name, note in zip(names, noted, strict=True) if note]
    said = f"as is noted in {listed(files)}"
    return [note or unannotated for note in noted], said


def _named(
    counts: Sequence[Counts],
    unknown: Flags,
    told: str,
    names: str,
    instances: InstancesConfig | None,
) -> Annotation:
    """Find the classes, or refuse what is painted."""
    planes = [
        (plane, flags[index])
        for image, flags in zip(counts, unknown, strict=True)
        for index, plane in image.items()
    ]
    painted = {label for plane, _ in planes for label in plane} - {0}
    _check_painted(painted, names, instances)
    # Of regions only the zeros inside are counted.
    background = any(0 in plane and not hidden for plane, hidden in planes)
    if instances is not None:
        ids = tuple(range(instances.class_count))
    else:
        ids = (0, *sorted(painted)) if background else tuple(sorted(painted))
    if len(ids) < 2:
        raise _one_class(ids[0], names, zeros=any(0 in plane for plane, _ in planes))
    annotated = tuple(
        {
            index: bool(plane.keys() - {0}) or (0 in plane and not flags[index])
            for index, plane in image.items()
        }
        for image, flags in zip(counts, unknown, strict=True)
    )
    return Annotation(ids, unknown, annotated, told, tuple(counts))


def _objects(planes: Counts) -> dict[Index, ObjectCounts]:
    """How many objects there are in each plane, and how large."""
    return {
        index: ObjectCounts(
            objects=len(plane.keys() - {0}),
            area=sum(plane.values()) - plane.get(0, 0),
            pixels=sum(plane.values()),
        )
        for index, plane in planes.items()
    }


def _check_painted(
    painted: set[int], names: str, instances: InstancesConfig | None
) -> None:
    if not painted:
        raise InputError(
            f"The labels {names} have no painted pixel",
            "Paint at least two classes, or one class on a background of 0"
            if instances is None
            else "Paint some objects, each with an id of its own",
        )
    if len(painted) > _MOST_CLASSES and instances is None:
        raise InputError(
            f"The labels {names} hold {len(painted)} different ids, which look like "
            "single objects rather than classes",
            "Learn single objects, or give all objects of a class the same id",
        )


def _one_class(label: int, names: str, *, zeros: bool) -> InputError:
    if zeros:
        return InputError(
            f"Only class {label} is painted in {names}, and 0 means 'not annotated'",
            "Paint a second class too, or say that 0 is background "
            "(on the command line: --unannotated none)",
        )
    return InputError(
        f"Only class {label} is painted in {names}, and it fills them",
        "Paint a second class too",
    )


def _region_verdict(counts: Sequence[Counts]) -> str:
    inside = sum(0 in plane for image in counts for plane in image.values())
    total = sum(map(len, counts))
    return (
        f"In {inside} of {total} slices 0 is background inside the region; outside, 0 "
        "is not annotated."
    )
