"""What a report says in words: can it be believed, and how was it computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.evaluate.seen import WORDS
from napari_unetseg.core.evaluate.uncertain import headline, intervals_of, units_of

if TYPE_CHECKING:
    from napari_unetseg.core.evaluate.report import Report
    from napari_unetseg.core.evaluate.seen import SeenName

ORDER: tuple[SeenName, ...] = ("unseen", "validation", "train", "beside")
MAIN = {"classes": "mean_iou", "instances": "f1", "neurites": "v_rand"}
TITLES = {
    "mean_iou": "mean IoU",
    "mean_dice": "mean Dice",
    "pixel_error": "pixel error",
    "seg": "SEG",
    "det": "DET",
    "f1": "F1 (IoU > 0.5)",
    "ap": "AP (IoU > 0.5)",
    "mean_ap": "mean AP (0.5 to 0.95)",
    "pq": "panoptic quality",
    "precision": "precision (IoU > 0.5)",
    "recall": "recall (IoU > 0.5)",
    "v_rand": "V-Rand",
    "v_rand_split": "V-Rand, split",
    "v_rand_merge": "V-Rand, merge",
    "v_rand_threshold": "threshold of V-Rand",
    "v_info": "V-Info",
    "v_info_split": "V-Info, split",
    "v_info_merge": "V-Info, merge",
    "v_info_threshold": "threshold of V-Info",
    "adapted_rand_error": "adapted Rand error",
    "vi_split": "variation of information, split (bits)",
    "vi_merge": "variation of information, merge (bits)",
    "rand_error": "Rand error",
    "warping_error": "warping error",
}
"""How scores are called, in the order of a table."""


def lead(report: Report) -> str:
    """Whether the scores can be believed: the first line of a report."""
    parts = {name: report.parts[name] for name in ORDER if name in report.parts}
    if not report.known_use:
        return (
            "It is not known which of these pixels the model was trained on: on those, "
            "scores are too good."
        )
    if set(parts) == {"unseen"}:
        return (
            "The model was neither trained nor validated on any of these planes, as "
            "far as their pixels tell: of a cropped or changed copy it is not known."
        )
    if set(parts) == {"train"}:
        return (
            "All of these pixels are what the model was trained on: the scores do not "
            "tell how good it is on others."
        )
    main = MAIN[report.task]
    told = []
    for name, part in parts.items():
        value = headline(part).get(main)
        words = "nothing to score" if value is None else f"{TITLES[main]} {value:.3f}"
        told.append(f"{words} on {part.overlap.total:,} {WORDS[name]}")
    text = "; ".join(told)
    if "unseen" not in parts:
        text += ". None of the pixels is unseen"
    return f"{text[0].upper()}{text[1:]}."


def shown(report: Report) -> Report:
    """The report to lead with: that of unseen pixels where there are any."""
    return report.parts.get("unseen", report)


def which(report: Report) -> str:
    """Which pixels `shown` is of, for a title."""
    if "unseen" not in report.parts:
        return "all pixels"
    return "unseen pixels"


def methods(report: Report) -> str:
    """Sentences for the methods section of a paper."""
    sentences = [_what(report)]
    if report.ignored:
        ids = ", ".join(map(str, report.ignored))
        sentences.append(
            f"Pixels with the label {ids} on either side were taken as not annotated "
            "and left out."
        )
    what, units = units_of(report)
    if intervals_of(report):
        sentences.append(
            "Intervals are the 2.5th and 97.5th percentile of 1000 bootstrap "
            f"resamples of the {len(units)} {what}."
        )
    if report.known_use and report.parts:
        sentences.append(
            "Pixels on which the model was trained, pixels on which it was validated, "
            "and pixels unseen by it were scored apart."
        )
    return " ".join(sentences)


def _what(report: Report) -> str:
    from importlib.metadata import version

    program = f"napari-unetseg {version('napari-unetseg')}"
    if report.objects is not None:
        where = "volumes" if report.objects.dimensions == 3 else "planes"
        return (
            f"Objects were compared in {where} with {program}: SEG and DET as in the "
            "Cell Tracking Challenge (Maška et al. 2014, doi:10.1093/bioinformatics/"
            "btu080; Matula et al. 2015, doi:10.1371/journal.pone.0144959); F1, AP, "
            "precision and recall of one-to-one pairs with an IoU larger than the "
            "threshold, counted over all objects; panoptic quality after Kirillov et "
            "al. 2019 (doi:10.1109/CVPR.2019.00963)."
        )
    if report.neurites is not None:
        return (
            f"Neurites were compared slice by slice with {program}: "
            "foreground-restricted V-Rand and V-Info after thinning the borders, the "
            "mean over slices at the best threshold (Arganda-Carreras et al. 2015, "
            "doi:10.3389/fnana.2015.00142), and warping error (Jain et al. 2010, "
            "doi:10.1109/CVPR.2010.5539950)."
        )
    text = (
        f"Classes were compared pixel by pixel with {program}: IoU and Dice per class "
        "from one confusion matrix pooled over all pixels, and their mean over the "
        "classes that occur."
    )
    if report.boundaries:
        text += (
            " Boundary IoU is that of Cheng et al. 2021 "
            "(doi:10.1109/CVPR46437.2021.01508); the Hausdorff distance is the larger "
            "95th percentile of both directions, averaged over frames."
        )
    return text
