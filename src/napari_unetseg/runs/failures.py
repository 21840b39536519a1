"""An exception that ended a run, in words for the user."""

from __future__ import annotations

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.events import Failed
from napari_unetseg.core.write.disk import is_full
from napari_unetseg.runs.folder import LOG

_LESS_MEMORY = {
    "train": "Resuming does not help; train with a smaller patch, batch or base.",
    "segment": "Segment with a smaller tile.",
}


def failed(error: Exception, job: str) -> Failed:
    """Return the event that says why the run ended.

    torch is not asked for its exceptions' classes: it need not even be there.
    """
    name = type(error).__name__
    if isinstance(error, UnetsegError):
        return Failed(message=str(error), mendable=True, error=name)
    return Failed(message=_sentence(error, job), mendable=False, error=name)


def _sentence(error: Exception, job: str) -> str:
    if _is_memory(error):
        where = "graphics card" if "CUDA" in str(error) else "computer"
        return f"The {where} has not enough free memory. {_LESS_MEMORY.get(job, '')}"
    if is_full(error):
        return (
            "The disk is full. What was saved is kept: free some space and go "
            "on (on the command line: --resume)."
        )
    return (
        f"An unexpected error ended the run ({type(error).__name__}: {error}). "
        f"{LOG} in the run folder tells more."
    )


def _is_memory(error: Exception) -> bool:
    """Whether memory ran out; torch says it on the CPU with a bare RuntimeError."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or (isinstance(error, RuntimeError) and "can't allocate memory" in str(error))
    )
