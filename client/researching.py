"""A research run from its settings: sessions, researcher, supervisor, loop and run folder."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from client import runs
from client.agent import pursue
from client.budget import Budget
from client.errors import BadRun, Interrupted
from client.llm import PROMPTS, LLMResearcher
from client.model import ChatModel
from client.progress import Progress
from client.rules import RulesResearcher
from client.states import Finished, state_of
from client.supervisor import CodeSupervisor, Unsupervised
from client.toolbox import configured_servers, open_toolbox, own_servers, running_server
from client.trajectory import Event, TaskGiven, Trajectory

RULES = "rules"


@dataclass(frozen=True)
class Settings:
    """What a run was started with, as its folder keeps it: a resumed run takes all of it."""

    model: str = RULES
    index: str | None = None
    server: str | None = None
    mcp: str | None = None
    supervise: bool = True
    max_tool_calls: int = Budget().tool_calls
    max_minutes: float | None = None

    @staticmethod
    def of(task: TaskGiven) -> "Settings":
        try:
            return Settings(**task.settings)
        except TypeError as error:
            raise BadRun(f"the run's settings are not of this version ({error})") from error


def started(folder: Path, question: str, settings: Settings, quiet: bool) -> Trajectory:
    with runs.create(folder) as kept:
        return _to_the_end(kept, question, settings, quiet)


def resumed(folder: Path, quiet: bool) -> Trajectory:
    with runs.resume(folder) as (kept, run):
        return _to_the_end(kept, run, Settings.of(run.task), quiet)


def _to_the_end(
    folder: runs.RunFolder, start: Trajectory | str, settings: Settings, quiet: bool
) -> Trajectory:
    """`start`: a question, or the run so far."""
    if isinstance(start, Trajectory) and isinstance(state_of(start), Finished):
        folder.finish(start, _prompts(settings))
        return start
    with Progress(settings.max_tool_calls, quiet) as progress:

        def record(after: Trajectory, event: Event) -> None:
            folder.append(after, event)
            progress(after, event)

        if isinstance(start, Trajectory):
            progress.going_on(start)
        try:
            run = asyncio.run(_pursued(folder, start, settings, record))
        except KeyboardInterrupt:
            raise Interrupted(
                f"stopped; go on with: productresearch research --resume {folder.path}"
            ) from None
    folder.finish(run, _prompts(settings))
    return run


def _prompts(settings: Settings) -> dict[str, str]:
    return {} if settings.model == RULES else PROMPTS


async def _pursued(
    folder: runs.RunFolder,
    start: Trajectory | str,
    settings: Settings,
    record: Callable[[Trajectory, Event], None],
) -> Trajectory:
    log = folder.path / "servers.log"
    ours = running_server(settings.server) if settings.server else own_servers(settings.index, log)
    others = configured_servers(Path(settings.mcp), log) if settings.mcp else {}
    async with _model(settings) as model, open_toolbox(ours, others) as toolbox:
        if isinstance(start, str):
            tools = tuple(tool.offered for tool in toolbox.tools)
            start = folder.begin(TaskGiven(question=start, settings=asdict(settings), tools=tools))
        return await pursue(
            start,
            researcher=LLMResearcher(model, toolbox.tools) if model else RulesResearcher(),
            supervisor=CodeSupervisor(toolbox) if settings.supervise else Unsupervised(),
            toolbox=toolbox,
            record=record,
            budget=Budget(tool_calls=settings.max_tool_calls, minutes=settings.max_minutes),
        )


@asynccontextmanager
async def _model(settings: Settings) -> AsyncGenerator[ChatModel | None]:
    if settings.model == RULES:
        yield None
        return
    async with ChatModel(settings.model) as model:
        yield model
