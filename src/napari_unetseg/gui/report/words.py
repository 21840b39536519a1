"""What was compared, and how it came out, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.evaluate.sentences import MAIN, TITLES, shown, which
from napari_unetseg.core.evaluate.uncertain import headline

if TYPE_CHECKING:
    from napari_unetseg.core.evaluate.object_errors import Fate, ObjectReport
    from napari_unetseg.core.evaluate.report import Report
    from napari_unetseg.gui.report.question import Answer

WRONG: tuple[Fate, ...] = ("missed", "split", "merged", "spurious")


def compared(report: Report) -> str:
    """Which two layers were compared."""
    return f"'{report.prediction}' against '{report.truth}'"


def outcome(answer: Answer) -> str:
    """The score to quote, and what can be done next."""
    report = shown(answer.report)
    where = f" on {which(answer.report)}" if report is not answer.report else ""
    if report.objects is None:
        name = MAIN[report.task]
        value = headline(report).get(name)
        told = "n/a" if value is None else f"{value:.3f}"
        title = f"{TITLES[name][0].upper()}{TITLES[name][1:]}"
        told += where + _against(answer, name)
        return f"{title} {told}. Click a slice to go to its largest error."
    f1 = report.objects.scores.f1[0.5]
    if f1 is None:
        return "No objects are compared. Click an object to go there."
    told = f"F1 {f1:.3f}{where}{_against(answer, 'f1')}"
    return f"{told}. Click an object to go there."


def _against(answer: Answer, name: str) -> str:
    """How far the score to quote is from that of the other prediction."""
    part = "unseen" if "unseen" in answer.report.parts else ""
    found = answer.against.get(part, {}).get(name)
    if found is None:
        return ""
    gap, span = found.first - found.second, found.interval
    word = "behind" if gap < 0 else "ahead of"
    ends = sorted((abs(span.low), abs(span.high))) if span else []
    sure = f"95 %: {ends[0]:.3f} to {ends[1]:.3f}" if span else ""
    if span and span.low < 0 < span.high:
        sure = f"95 %: {span.low:+.3f} to {span.high:+.3f}"
    told = f", {word} '{answer.rival}' by {abs(gap):.3f}"
    return f"{told} ({sure})" if sure else told


def in_words(answer: Answer, report: Report) -> str:
    """How many pixels are wrong, which were left out, and how they were matched.

    Parameters
    ----------
    answer : Answer
        What was found.
    report : Report
        That of it, or of some of its pixels.
    """
    pooled = report.overlap
    share = _percent(pooled.pixel_error or 0)
    sentences = [f"{share} of {pooled.total:,} pixels have the wrong class."]
    if report.objects is not None:
        sentences.insert(0, _of_objects(report.objects))
    if report.ignored:
        ids = ", ".join(map(str, report.ignored))
        sentences.append(
            f"Label {ids} is not annotated and does not count."
            if len(report.ignored) == 1
            else f"Labels {ids} are not annotated and do not count."
        )
    return " ".join([*sentences, answer.note]).strip()


def _of_objects(found: ObjectReport) -> str:
    """Scores of objects, and how many were missed, split, merged, or are spurious."""
    scores = (("SEG", found.score.seg), ("F1", found.score.f1))
    told = ", ".join(f"{name} {v:.3f}" for name, v in scores if v is not None)
    fates = ", ".join(f"{found.count(fate)} {fate}" for fate in WRONG)
    start = f"{told}: of" if told else "Of"
    return f"{start} {found.score.references:,} true objects, {fates}."


def _percent(share: float) -> str:
    """A share in percent; a small one is not rounded to nothing."""
    return "Less than 0.01 %" if 0 < share < 0.00005 else f"{100 * share:.2f} %"
