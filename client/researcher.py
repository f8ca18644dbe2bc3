"""Who researches: a model or the keyless rules, behind one protocol."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from client.trajectory import Plan, Trajectory, Usage


@dataclass(frozen=True)
class Draft:
    """What a researcher says in one turn; the agent makes a `Message` of it."""

    text: str = ""
    thought: str = ""
    plan: Plan | None = None
    tool_calls: Sequence[tuple[str, dict[str, object]]] = ()
    """(tool name, arguments with aliases); the agent numbers them."""
    usage: Usage | None = None
    cut_off: bool = False


class Researcher(Protocol):
    """Each method sees the whole run so far, with the verdicts on its earlier attempts."""

    name: str

    async def plan(self, run: Trajectory) -> Draft:
        """A draft with a plan."""
        ...

    async def act(self, run: Trajectory) -> Draft:
        """A draft with tool calls, or without any when there is enough to write."""
        ...

    async def write(self, run: Trajectory) -> Draft:
        """A draft whose text is the report's markup."""
        ...
