"""Who judges: what stands against a plan, a tool call or a report.

The agent makes a verdict of it. The checks in code (`client.checks.code`) are the first layer; a
model's critique may be the second.
"""

from dataclasses import dataclass
from typing import Protocol

from client.checks import code as checks
from client.checks.checking import refused
from client.toolbox import Toolbox
from client.trajectory import Check, Message, RubricDrawn, ToolCall, Trajectory, Usage


@dataclass(frozen=True)
class Judgement:
    """What was found, and, where a model looked as well, what it thought and took."""

    checks: tuple[Check, ...] = ()
    thought: str = ""
    usage: Usage | None = None


class Supervisor(Protocol):
    """Raises nothing: what fails in judging is a remark among the checks."""

    async def rubric(self, run: Trajectory) -> RubricDrawn | None:
        """Asked once, before the first plan is judged; None where none is needed."""
        ...

    async def plan(self, run: Trajectory, message: Message) -> Judgement: ...

    async def call(self, run: Trajectory, message: Message, call: ToolCall) -> Judgement:
        """Of one tool call; the calls before it in the message are judged already."""
        ...

    async def enough(self, run: Trajectory, message: Message) -> Judgement:
        """Of a message without tool calls: whether there is enough to write."""
        ...

    async def report(self, run: Trajectory, message: Message) -> Judgement: ...


class CodeSupervisor:
    """The checks made in code."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox

    async def rubric(self, run: Trajectory) -> RubricDrawn | None:
        return None

    async def plan(self, run: Trajectory, message: Message) -> Judgement:
        tools = [tool.name for tool in self._toolbox.tools]
        return Judgement(tuple(checks.of_plan(run.task.question, message.plan, tools)))

    async def call(self, run: Trajectory, message: Message, call: ToolCall) -> Judgement:
        refusal = self._toolbox.refusal(run, call)
        return Judgement(tuple(checks.of_call(run, message, call, refusal)))

    async def enough(self, run: Trajectory, message: Message) -> Judgement:
        return Judgement(tuple(checks.of_enough(run)))

    async def report(self, run: Trajectory, message: Message) -> Judgement:
        found = tuple(checks.of_report(run, message.text))
        if message.cut_off:
            text = "The report was cut off at the length limit. Write a shorter one, whole."
            return Judgement((*found, refused("cut_off", text)))
        return Judgement(found)


class Unsupervised:
    """Accepts everything: what `--no-supervise` compares with."""

    async def rubric(self, run: Trajectory) -> RubricDrawn | None:
        return None

    async def plan(self, run: Trajectory, message: Message) -> Judgement:
        return Judgement()

    async def call(self, run: Trajectory, message: Message, call: ToolCall) -> Judgement:
        return Judgement()

    async def enough(self, run: Trajectory, message: Message) -> Judgement:
        return Judgement()

    async def report(self, run: Trajectory, message: Message) -> Judgement:
        return Judgement()
