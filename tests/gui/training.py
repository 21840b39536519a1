"""What a Train dock asks, and what it refuses."""

from __future__ import annotations


def question(dock):
    """The plan of a dock, and the question that it asks of files of plain names."""
    plan = dock.plan()
    return plan, plan.ask({name: f"{name}.tif" for name in plan.inputs})


def refuses(dock, *words):
    """See that nothing can be started, and that all words are said of why."""
    assert not dock.run.controls.start.isEnabled()
    assert all(word in dock.said for word in words), dock.said
