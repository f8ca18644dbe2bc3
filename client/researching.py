"""A research run from its settings: sessions, researcher, supervisor, loop and run folder."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path

import click

from client import approval, runs
from client.agent import Approve, pursue
from client.budget import Budget
from client.chat.model import ChatModel
from client.chat.models import models_file, settings_of
from client.critique.supervisor import CritiquingSupervisor
from client.errors import BadRun, Diverged, Interrupted, ModelFailed
from client.estimate import estimate
from client.llm.researcher import PROMPTS, LLMResearcher
from client.progress import Progress
from client.replay import replay
from client.report import render
from client.researcher import Researcher
from client.rules.researcher import RulesResearcher
from client.states import Finished, state_of
from client.stopping import as_usual, on_interrupt
from client.supervisor import CodeSupervisor, Supervisor, Unsupervised
from client.toolbox import (
    Source,
    Toolbox,
    configured_servers,
    open_toolbox,
    own_servers,
    running_server,
)
from client.trajectory import Event, Plan, Report, StopReason, TaskGiven, Trajectory

RULES = "rules"
NONE = "none"


@dataclass(frozen=True)
class Settings:
    """What a run was started with, as its folder keeps it: a resumed run takes all of it."""

    model: str = RULES
    supervisor_model: str | None = None
    """None: the researching model; `none`: the checks in code alone."""
    corrector: str | None = None
    """`rules` or a model; takes over at a cap."""
    index: str | None = None
    server: str | None = None
    mcp: str | None = None
    web: str | None = None
    """off, index, live or replay; None: as the servers are set."""
    supervise: bool = True
    approve_plan: bool = False
    max_tool_calls: int = Budget().tool_calls
    max_minutes: float | None = None
    max_tokens: int | None = None
    max_cost: float | None = None

    @staticmethod
    def of(task: TaskGiven) -> "Settings":
        try:
            return Settings(**task.settings)
        except TypeError as error:
            raise BadRun(f"the run's settings are not of this version ({error})") from error

    @property
    def critic(self) -> str | None:
        """The model that criticizes; None where none does."""
        named = self.supervisor_model or self.model
        return named if self.supervise and named not in (RULES, NONE) else None

    @property
    def models(self) -> list[str]:
        """Every model that may be asked, once each."""
        asked = (self.model, self.critic, self.corrector if self.supervise else None)
        return list(dict.fromkeys(name for name in asked if name and name != RULES))

    @property
    def budget(self) -> Budget:
        return Budget(self.max_tool_calls, self.max_minutes, self.max_tokens, self.max_cost)


def started(folder: Path, question: str, settings: Settings, quiet: bool) -> Trajectory:
    with runs.create(folder) as kept:
        return _to_the_end(kept, question, settings, quiet)


def resumed(folder: Path, quiet: bool) -> Trajectory:
    with runs.resume(folder) as (kept, run):
        return _to_the_end(kept, run, Settings.of(run.task), quiet)


def replayed(folder: Path) -> tuple[str, Report] | None:
    """The report that the recorded run gives today; None where the record has no draft of one.

    Raises Diverged where the run, or the report it left, is another than recorded."""
    run = asyncio.run(replay(runs.read(folder)))
    markup = runs.final_markup(run)
    if markup is None:
        return None
    reason = run.ended.stop_reason if run.ended else StopReason.INTERRUPTED
    markdown, report = render(run, markup, reason)
    kept = folder / "report.md"
    if run.ended and kept.is_file():
        _same_report(kept.read_text(encoding="utf-8"), markdown)
    return markdown, report


def _same_report(before: str, now: str) -> None:
    lines = zip_longest(before.splitlines(), now.splitlines(), fillvalue="(nothing)")
    for number, (old, new) in enumerate(lines, 1):
        if old != new:
            raise Diverged(f"report.md, line {number}: recorded {old!r}; now {new!r}")


def _to_the_end(
    folder: runs.RunFolder, start: Trajectory | str, settings: Settings, quiet: bool
) -> Trajectory:
    """`start`: a question, or the run so far."""
    if isinstance(start, Trajectory) and isinstance(state_of(start), Finished):
        folder.finish(start, _prompts(settings))
        return start
    _affordable(settings)
    with Progress(settings.max_tool_calls, quiet) as progress:

        def record(after: Trajectory, event: Event) -> None:
            folder.append(after, event)
            progress(after, event)

        if isinstance(start, Trajectory):
            progress.going_on(start)
        try:
            run = asyncio.run(_pursued(folder, start, settings, record, progress))
        except asyncio.CancelledError:
            raise Interrupted(
                f"stopped; go on with: productresearch research --resume {folder.path}"
            ) from None
    folder.finish(run, _prompts(settings))
    return run


def _affordable(settings: Settings) -> None:
    """Raises ModelFailed where a cost is to be kept that nobody can work out."""
    if settings.max_cost is None:
        return
    known = {name: settings_of(name) for name in settings.models}
    if len({each.currency for each in known.values()}) > 1:
        raise ModelFailed(
            f"--max-cost needs all prices in one currency: {models_file()} has"
            f" {', '.join(f'{name} in {each.currency}' for name, each in known.items())}"
        )
    for name, each in known.items():
        if each.input_price is None:
            raise ModelFailed(
                f"--max-cost needs the prices of {name!r}: give input_price and output_price of"
                f' [models."{name}"] in {models_file()}, or use --max-tokens'
            )


def _prompts(settings: Settings) -> dict[str, str]:
    return PROMPTS if settings.models else {}


async def _pursued(
    folder: runs.RunFolder,
    start: Trajectory | str,
    settings: Settings,
    record: Callable[[Trajectory, Event], None],
    progress: Progress,
) -> Trajectory:
    log = folder.path / "servers.log"
    async with AsyncExitStack() as stack:
        models = {
            name: await stack.enter_async_context(ChatModel(name, on_text=progress.hear))
            for name in settings.models
        }
        toolbox = await stack.enter_async_context(_toolbox(settings, log))
        stop = stack.enter_context(on_interrupt(progress.say))
        if isinstance(start, str):
            tools = tuple(tool.offered for tool in toolbox.tools)
            if settings.models:
                known = {name: settings_of(name) for name in settings.models}
                progress.say(estimate(tools, settings.budget, known))
            start = folder.begin(TaskGiven(question=start, settings=asdict(settings), tools=tools))
        return await pursue(
            start,
            researcher=_researcher(settings.model, models, toolbox),
            supervisor=_supervisor(settings, models, toolbox),
            corrector=_corrector(settings, models, toolbox),
            toolbox=toolbox,
            record=record,
            budget=settings.budget,
            approve=_approve(progress) if settings.approve_plan else None,
            stop=stop,
            settle=folder.settle,
        )


def _researcher(name: str, models: dict[str, ChatModel], toolbox: Toolbox) -> Researcher:
    return RulesResearcher() if name == RULES else LLMResearcher(models[name], toolbox.tools)


def _corrector(
    settings: Settings, models: dict[str, ChatModel], toolbox: Toolbox
) -> Researcher | None:
    if settings.corrector is None or not settings.supervise:
        return None
    return _researcher(settings.corrector, models, toolbox)


def _supervisor(settings: Settings, models: dict[str, ChatModel], toolbox: Toolbox) -> Supervisor:
    if not settings.supervise:
        return Unsupervised()
    if settings.critic is None:
        return CodeSupervisor(toolbox)
    return CritiquingSupervisor(toolbox, models[settings.critic])


@asynccontextmanager
async def _toolbox(settings: Settings, log: Path) -> AsyncGenerator[Toolbox]:
    ours: Source = (
        running_server(settings.server)
        if settings.server
        else own_servers(settings.index, log, settings.web)
    )
    others = configured_servers(Path(settings.mcp), log) if settings.mcp else {}
    async with open_toolbox(ours, others) as toolbox:
        yield toolbox


def _approve(progress: Progress) -> Approve:
    """Asks at the terminal; without one the plan is taken as it is."""

    async def approve(plan: Plan) -> Plan | None:
        if not sys.stdin.isatty():
            progress.say("No terminal to ask: the plan is taken as it is")
            return plan
        with progress.paused(), as_usual():
            try:
                return approval.ask(plan)
            except (click.Abort, KeyboardInterrupt):
                return None

    return approve
