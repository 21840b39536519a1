"""How a run was started, handed to the engine's process through its environment."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import MutableMapping

VARIABLE = "UNETSEG_ENGINE"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What the client wants of the process, beyond the question.

    Attributes
    ----------
    attached : bool
        Whether the run ends with its watcher.
    polite : bool
        Whether the process gives way to others.
    parent : int
        Process id of the client, 0 when unknown.
    asked : int
        When the start was asked for, in nanoseconds since 1970; commands from before
        are stale, 0 when unknown.
    """

    attached: bool = False
    polite: bool = False
    parent: int = 0
    asked: int = 0

    def environment(self) -> dict[str, str]:
        """Return the environment variable that carries these options."""
        return {VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def take(cls, environment: MutableMapping[str, str]) -> Self:
        """Take the options out of an environment; a run started by hand has none.

        They are taken out so that they do not reach a process that the engine starts.
        A name that is not known comes from a client of another version.
        """
        values = json.loads(environment.pop(VARIABLE, "{}"))
        known = {field.name for field in fields(cls)}
        return cls(**{name: values[name] for name in known & values.keys()})
