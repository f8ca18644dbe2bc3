"""`productresearch research` and `productresearch demo`."""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import platformdirs
import typer
from rich.console import Console
from rich.markdown import Markdown

from client import runs
from client.agent import pursue
from client.budget import Budget
from client.errors import BadQuestion, BadRun
from client.llm import PROMPTS, LLMResearcher
from client.model import ChatModel
from client.progress import Progress, one_line
from client.rules import RulesResearcher
from client.supervisor import CodeSupervisor, Unsupervised
from client.toolbox import (
    configured_servers,
    open_toolbox,
    own_program,
    own_servers,
    running_server,
)
from client.trajectory import Event, StopReason, TaskGiven, Trajectory

app = typer.Typer()

RULES = "rules"
_LONGEST_QUESTION = 4_000
_BUDGET_STOPS = (StopReason.TOOL_CALLS, StopReason.TOKENS, StopReason.COST, StopReason.TIME)
DEMO_QUESTION = "A quiet espresso machine under €400 with a milk frother, rated 4 or better"


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


@app.command()
def research(
    question: Annotated[
        str | None, typer.Argument(help="What you want to buy and what it must do.")
    ] = None,
    index: Annotated[
        str | None, typer.Option(help="The index to search; default: the one in your data folder.")
    ] = None,
    server: Annotated[
        str | None, typer.Option(help="Use running servers at this address, not a subprocess.")
    ] = None,
    mcp: Annotated[
        Path | None, typer.Option(help='More MCP servers: a file {"mcpServers": {...}}.')
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            envvar="PRODUCTRESEARCH_MODEL",
            help='"rules" (no key needed), or a model at OPENAI_BASE_URL with OPENAI_API_KEY.',
        ),
    ] = None,
    supervise: Annotated[bool, typer.Option(help="Check each step and send faults back.")] = True,
    max_tool_calls: Annotated[int, typer.Option(min=1, max=1000)] = Budget().tool_calls,
    max_minutes: Annotated[float | None, typer.Option(min=0)] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the run; default: a new one in your data folder.")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Go on with the run in this folder, as it was started.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="report.json on stdout.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")] = False,
) -> None:
    """Plans, searches, reads and writes a cited report.

    The report goes to stdout; the run folder keeps every step. Exit codes: 0 done, 1 failed,
    2 bad usage, 3 stopped by a budget with a partial report.
    """
    if resume and question:
        raise typer.BadParameter("--resume goes on with its own question; leave QUESTION out")
    if resume:
        raise typer.Exit(_shown(resume, resumed(resume, quiet), as_json))
    settings = Settings(
        model=model or RULES,
        index=_absolute(index),
        server=server,
        mcp=str(mcp.absolute()) if mcp else None,
        supervise=supervise,
        max_tool_calls=max_tool_calls,
        max_minutes=max_minutes,
    )
    asked = _question(question)
    folder = out or new_folder(asked)
    raise typer.Exit(_shown(folder, started(folder, asked, settings, quiet), as_json))


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Where the demo shop and the run go.")] = Path(".demo"),
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")] = False,
) -> None:
    """Makes a demo shop, researches a question in it, and shows the report. Needs no key."""
    index = out / "index"
    for arguments in (["demo-shop", str(out / "shop")], ["index", str(out / "shop")]):
        where = ["--index", str(index)] if arguments[0] == "index" else []
        _ours(*arguments, *where)
    folder = next_folder(out / "runs", "demo")
    settings = Settings(index=str(index.absolute()))
    code = _shown(folder, started(folder, DEMO_QUESTION, settings, quiet), as_json=False)
    console = Console(stderr=True, highlight=False)
    console.print(f"\nThe run is in {folder}. Next:", soft_wrap=True, markup=False)
    for line in (
        f'productresearch research "..." --index {index}',
        "productresearch index YOUR.csv",
        "productresearch install claude-code",
    ):
        console.print(f"  {line}", soft_wrap=True, markup=False)
    raise typer.Exit(code)


def _ours(*arguments: str) -> None:
    """Runs another command of this program; its own error text is what the user reads."""
    done = subprocess.run([*own_program(), *arguments], stdout=sys.stderr, check=False)
    if done.returncode:
        raise typer.Exit(done.returncode)


# Runs


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
    with Progress(settings.max_tool_calls, quiet) as progress:

        def record(after: Trajectory, event: Event) -> None:
            folder.append(after, event)
            progress(after, event)

        try:
            run = asyncio.run(_pursued(folder, start, settings, record))
        except KeyboardInterrupt:
            progress.say(f"Stopped. Go on with: research --resume {folder.path}")
            raise typer.Exit(1) from None
    folder.finish(run, PROMPTS if settings.model != RULES else {})
    return run


async def _pursued(
    folder: runs.RunFolder,
    start: Trajectory | str,
    settings: Settings,
    record: Callable[[Trajectory, Event], None],
) -> Trajectory:
    log = folder.path / "servers.log"
    ours = running_server(settings.server) if settings.server else own_servers(settings.index, log)
    others = configured_servers(Path(settings.mcp)) if settings.mcp else {}
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


# What goes in and out


def _question(text: str | None) -> str:
    try:
        return question_of(text or "")
    except BadQuestion as error:
        raise typer.BadParameter(str(error), param_hint="QUESTION") from error


def question_of(text: str) -> str:
    """The question in one line. Raises BadQuestion for what none can be read from."""
    text = " ".join(one_line(text).split())
    if not text:
        raise BadQuestion('ask something: productresearch research "a quiet kettle under £40"')
    if len(text) > _LONGEST_QUESTION:
        raise BadQuestion(f"it has {len(text)} characters; {_LONGEST_QUESTION} are read at most")
    if not any(letter.isalpha() for letter in text):
        raise BadQuestion("it has no words; say what you want to buy and what it must do")
    return text


def _absolute(index: str | None) -> str | None:
    """A folder as the subprocess finds it from anywhere; an address stays as it is."""
    if index is None or re.match(r"[a-z]+:", index):
        return index
    return str(Path(index).absolute())


def new_folder(question: str) -> Path:
    words = "-".join(re.findall(r"[a-z0-9]+", question.casefold()))[:40].strip("-")
    kept = Path(platformdirs.user_data_dir("productresearch", appauthor=False)) / "runs"
    return next_folder(kept, f"{datetime.now():%Y%m%d-%H%M%S}-{words}".rstrip("-"))


def next_folder(parent: Path, name: str) -> Path:
    """One that holds no run yet."""
    taken = sum(1 for found in parent.glob(f"{name}*") if found.is_dir())
    return parent / (f"{name}-{taken + 1}" if taken else name)


def _shown(folder: Path, run: Trajectory, as_json: bool) -> int:
    """Puts the report on stdout; the exit code."""
    report = folder / ("report.json" if as_json else "report.md")
    if runs.final_markup(run) is not None:
        _print(report.read_text(encoding="utf-8"), as_json)
    ended = run.ended
    if ended and ended.stop_reason is StopReason.MODEL_FAILED:
        print(f"productresearch: {ended.detail}", file=sys.stderr)
        print(f"Nothing is lost: research --resume {folder}", file=sys.stderr)
        return 1
    return 3 if ended and ended.stop_reason in _BUDGET_STOPS else 0


def _print(text: str, as_json: bool) -> None:
    console = Console()
    if console.is_terminal and not as_json:
        console.print(Markdown(text, hyperlinks=False))
    else:
        sys.stdout.write(text)
