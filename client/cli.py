"""`productresearch research`, `demo` and `view`."""

import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import platformdirs
import typer

from client.budget import Budget
from client.errors import BadQuestion, BadRun
from client.trajectory import StopReason, Trajectory

app = typer.Typer()

_LONGEST_QUESTION = 4_000
DEMO_QUESTION = (
    "noise cancelling headphones under 200 euros with a microphone and at least 40 h battery life"
    " that are comfortable"
)


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
    web: Annotated[
        Literal["off", "index", "live", "replay"] | None,
        typer.Option(help="Which pages our own servers may read (`serve --help` tells)."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            envvar="PRODUCTRESEARCH_MODEL",
            help='"rules" (no key needed), or a model at OPENAI_BASE_URL with OPENAI_API_KEY.',
        ),
    ] = None,
    supervise: Annotated[bool, typer.Option(help="Check each step and send faults back.")] = True,
    supervisor_model: Annotated[
        str | None,
        typer.Option(
            help='The model that criticizes what the checks in code let pass: "none", or another'
            " than --model."
        ),
    ] = None,
    corrector: Annotated[
        str | None,
        typer.Option(help='Who takes over where a draft stays refused: "rules" or a model.'),
    ] = None,
    approve_plan: Annotated[
        bool, typer.Option("--approve-plan", help="Show the plan first, to be edited.")
    ] = False,
    max_tool_calls: Annotated[int, typer.Option(min=1, max=1000)] = Budget().tool_calls,
    max_minutes: Annotated[float | None, typer.Option(min=0)] = None,
    max_tokens: Annotated[
        int | None, typer.Option(min=1, help="Of all models, what they read and write.")
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(min=0, help="Needs the models' prices in models.toml.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the run; default: a new one in your data folder.")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Go on with the run in this folder, as it was started.")
    ] = None,
    replay: Annotated[
        Path | None,
        typer.Option(help="Go through the run in this folder again, without any network."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="report.json on stdout.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")] = False,
) -> None:
    """Plans, searches, reads and writes a cited report.

    The report goes to stdout; the run folder keeps every step. Exit codes: 0 done, 1 failed,
    2 bad usage, 3 stopped by a budget with a partial report.
    """
    from client import researching  # late: serving and indexing need none of it

    if (resume or replay) and question:
        raise typer.BadParameter("the run in the folder has its own question; leave QUESTION out")
    if server and web:
        raise typer.BadParameter("--web is for our own servers; those at --server have theirs set")
    if resume and replay:
        raise typer.BadParameter("--resume goes on, --replay goes through again: one of them")
    if replay:
        raise typer.Exit(_replayed(replay, as_json))
    if not supervise and (supervisor_model or corrector):
        raise typer.BadParameter("--no-supervise leaves a supervisor and a corrector nothing to do")
    if resume:
        raise typer.Exit(_shown(resume, researching.resumed(resume, quiet), as_json))
    settings = researching.Settings(
        model=model or researching.RULES,
        index=_absolute(index),
        server=server,
        mcp=str(mcp.absolute()) if mcp else None,
        web=web,
        supervise=supervise,
        supervisor_model=supervisor_model,
        corrector=corrector,
        approve_plan=approve_plan,
        max_tool_calls=max_tool_calls,
        max_minutes=max_minutes,
        max_tokens=max_tokens,
        max_cost=max_cost,
    )
    asked = _question(question)
    folder = out or new_folder(asked)
    run = researching.started(folder, asked, settings, quiet)
    raise typer.Exit(_shown(folder, run, as_json))


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Where the demo shop and the run go.")] = Path(".demo"),
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")] = False,
) -> None:
    """Makes a demo shop, researches a question in it, and shows the report. Needs no key."""
    from client import researching

    index, sources = out / "index", out / "shop" / "sources"
    _ours("demo-shop", str(out / "shop"), quiet=quiet)
    files = [str(sources / name) for name in ("products.jsonl", "reviews.jsonl", "pages")]
    _ours("index", *files, "--index", str(index), quiet=quiet)
    folder = next_folder(out / "runs", "demo")
    settings = researching.Settings(index=str(index.absolute()))
    run = researching.started(folder, DEMO_QUESTION, settings, quiet)
    code = _shown(folder, run, as_json=False)
    if not quiet:
        print(_NEXT.format(folder=folder, index=index), file=sys.stderr)
    raise typer.Exit(code)


@app.command()
def view(
    run: Annotated[Path, typer.Argument(help="The folder of a run.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option(help="The file to write; default: view.html in that folder.")
    ] = None,
) -> None:
    """Shows a run as a timeline: each attempt, its tool calls, verdicts and what changed after.

    Writes one HTML file that loads nothing, and prints its path. A run under way can be seen too.
    """
    from client import runs
    from client.pages.timeline import timeline_page

    page = out or run / "view.html"
    text = timeline_page(runs.read(run))
    try:
        page.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadRun(f"{page} cannot be written ({error.strerror}); name another: --out") from None
    print(page)


_NEXT = """
The run is in {folder}: the report as report.html, report.md and report.json, every step in
trajectory.jsonl.

Next:
  productresearch view {folder}   each step as a page: what was asked, found, sent back
  productresearch research "a quiet espresso machine under 300 with a milk frother" --index {index}
  productresearch index YOUR.csv        your own catalog, into your data folder
  productresearch install claude-code   and Claude answers about it
"""


def _ours(*arguments: str, quiet: bool) -> None:
    """Runs another command of this program; its own error text is what the user reads."""
    from client.toolbox import own_program

    shown = subprocess.DEVNULL if quiet else 2  # stdout is the report's
    done = subprocess.run([*own_program(), *arguments], stdout=shown, check=False)
    if done.returncode:
        raise typer.Exit(done.returncode)


# What goes in and out


def _question(text: str | None) -> str:
    try:
        return question_of(text or "")
    except BadQuestion as error:
        raise typer.BadParameter(str(error), param_hint="QUESTION") from error


def question_of(text: str) -> str:
    """The question in one line. Raises BadQuestion for what none can be read from."""
    from client.wording import one_line

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
    from client.runs import final_markup

    if final_markup(run) is not None:
        name = "report.json" if as_json else "report.md"
        _print((folder / name).read_text(encoding="utf-8"), as_json)
    match run.ended.stop_reason if run.ended else None:
        case StopReason.MODEL_FAILED:
            print(f"productresearch: {run.ended.detail if run.ended else ''}", file=sys.stderr)
            print(f"Nothing is lost: productresearch research --resume {folder}", file=sys.stderr)
            return 1
        case (
            StopReason.TOOL_CALLS
            | StopReason.TOKENS
            | StopReason.COST
            | StopReason.TIME
            | StopReason.INTERRUPTED
        ):
            return 3
        case _:
            return 0


def _replayed(folder: Path, as_json: bool) -> int:
    from client import researching

    written = researching.replayed(folder)
    if written is None:
        print(f"productresearch: the run in {folder} came to no report", file=sys.stderr)
        return 1
    markdown, report = written
    _print(report.model_dump_json(indent=2) + "\n" if as_json else markdown, as_json)
    return 0


def _print(text: str, as_json: bool) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    from client.wording import harmless

    console = Console()
    if console.is_terminal and not as_json:
        console.print(Markdown(harmless(text), hyperlinks=False))
    else:
        sys.stdout.write(text)
