"""Who judges: what stands against a plan, a tool call or a report.

The agent makes a verdict of it. The checks in code (`client.checks`) are the first layer.
"""

from typing import Protocol

from client import checks
from client.toolbox import Toolbox
from client.trajectory import Check, Message, ToolCall, Trajectory


class Supervisor(Protocol):
    async def plan(self, run: Trajectory, message: Message) -> list[Check]: ...

    async def call(self, run: Trajectory, message: Message, call: ToolCall) -> list[Check]:
        """Of one tool call; the calls before it in the message are judged already."""
        ...

    async def enough(self, run: Trajectory, message: Message) -> list[Check]:
        """Of a message without tool calls: whether there is enough to write."""
        ...

    async def report(self, run: Trajectory, message: Message) -> list[Check]: ...


class CodeSupervisor:
    """The checks made in code."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox

    async def plan(self, run: Trajectory, message: Message) -> list[Check]:
        tools = [tool.name for tool in self._toolbox.tools]
        return list(checks.of_plan(run.task.question, message.plan, tools))

    async def call(self, run: Trajectory, message: Message, call: ToolCall) -> list[Check]:
        return list(checks.of_call(run, message, call, self._toolbox.refusal(run, call)))

    async def enough(self, run: Trajectory, message: Message) -> list[Check]:
        return list(checks.of_enough(run))

    async def report(self, run: Trajectory, message: Message) -> list[Check]:
        return list(checks.of_report(run, message.text))


class Unsupervised:
    """Accepts everything: what `--no-supervise` compares with."""

    async def plan(self, run: Trajectory, message: Message) -> list[Check]:
        return []

    async def call(self, run: Trajectory, message: Message, call: ToolCall) -> list[Check]:
        return []

    async def enough(self, run: Trajectory, message: Message) -> list[Check]:
        return []

    async def report(self, run: Trajectory, message: Message) -> list[Check]:
        return []
