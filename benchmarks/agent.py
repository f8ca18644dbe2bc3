"""What the research loop itself costs over the calls it makes.

A scripted model that takes 200 ms to answer and a small shop stand in processes of their own. The
same run is made in turns by our loop (supervised by code, each event on disk before the next step)
and bare: its very requests posted in the same order and the answers read but not parsed, its tool
calls sent through an MCP session. Then many runs at once, which share one model client and one
session, against the ideal of so many steps of that latency. Reports are drafted and checked, but
their pages are not written.

    python benchmarks/agent.py [--runs 200] [--latency 0.2]
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

import httpx2
from fastmcp import Client
from fastmcp.client.transports import StdioTransport

from benchmarks.measure import in_fresh_process, parser, peak_megabytes, show, table
from client import runs
from client.agent import pursue
from client.chat.model import Chat, ChatModel, Reply
from client.chat.models import ModelSettings
from client.chat.requests import Asked, body_of
from client.llm.researcher import LLMResearcher
from client.supervisor import CodeSupervisor
from client.toolbox import Toolbox, open_toolbox
from client.trajectory import Event, StopReason, TaskGiven, Trajectory
from tests.client import shop
from tests.client.scripted import CALLS, PLAN, REPORT
from tests.fakes import scripted_model

_OVER_BARE, _OVER_IDEAL = 1.05, 1.15
_AT_ONCE = (10, 25, 50)
_PARTS = ("cpu", "disk")
_MODEL = "scripted"
_QUESTION = "Which quiet kettle under £40?"
_STEPS = (
    *CALLS,
    [("summarize_reviews", {"product_id": "p1"}), ("summarize_reviews", {"product_id": "p2"})],
    [("compare_products", {"ids": ["p1", "p2", "p3"]})],
    [("get_product", {"ids": ["p3", "p4"]}), ("search_reviews", {"product_ids": ["p3", "p4"]})],
    [("summarize_reviews", {"product_id": "p3"}), ("summarize_reviews", {"product_id": "p4"})],
)
"""The tool calls of each turn, between the plan and the report."""


@dataclass(frozen=True)
class Place:
    """What a measurement needs to know, also in another process."""

    url: str
    folder: Path


@dataclass
class Took:
    """Seconds."""

    wall: float = 0.0
    cpu: float = 0.0
    """Of this process alone."""
    disk: float = 0.0
    """Until events were on disk, which is within `wall`."""


@dataclass(frozen=True)
class OneRun:
    steps: int
    """Requests to the model."""
    ours: Took
    bare: Took


@dataclass(frozen=True)
class ManyRuns:
    count: int
    at_once: int
    steps: int
    """Of one run."""
    took: Took
    ideal: float
    """Seconds."""

    @property
    def ratio(self) -> float:
        return self.took.wall / self.ideal


@contextmanager
def timed() -> Generator[Took]:
    took = Took()
    wall, cpu = time.perf_counter(), time.process_time()
    yield took
    took.wall, took.cpu = time.perf_counter() - wall, time.process_time() - cpu


# The model, in a process of its own


@contextmanager
def model_after(latency: float) -> Generator[str]:
    """The address of a model that answers after so many seconds."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, latency), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("stop")
        process.join()


def _serve(connection: Connection, latency: float) -> None:
    with scripted_model(_next, latency=latency) as model:
        connection.send(model.url)
        connection.recv()


def _next(request: dict[str, Any]) -> Any:
    """By what the conversation holds already: any number of runs may ask."""
    turn = sum(said["role"] == "assistant" for said in request["messages"])
    if turn == 0:
        return json.dumps(PLAN.model_dump(mode="json", exclude_none=True))
    if turn <= len(_STEPS):
        return _STEPS[turn - 1]
    return "" if turn == len(_STEPS) + 1 else REPORT


# Runs


class Kept(ChatModel):
    """Remembers what it was asked."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.asked: list[Asked] = []

    async def complete(
        self,
        chat: Chat,
        tools: Sequence[dict[str, Any]] = (),
        may_call: bool = True,
        schema: dict[str, Any] | None = None,
        max_tokens: int | None = None,
    ) -> Reply:
        self.asked.append(Asked(chat, tools, may_call, schema, max_tokens))
        return await super().complete(chat, tools, may_call, schema, max_tokens)


def _shop() -> StdioTransport:
    return StdioTransport(sys.executable, [shop.__file__], keep_alive=False)


@asynccontextmanager
async def _opened(place: Place) -> AsyncGenerator[tuple[Kept, Toolbox]]:
    settings = ModelSettings(base_url=place.url)
    model = Kept(_MODEL, settings)
    async with model, open_toolbox(_shop()) as toolbox:
        yield model, toolbox


async def _run(model: ChatModel, toolbox: Toolbox, folder: Path, took: Took) -> Trajectory:
    with runs.create(folder) as kept:

        def record(after: Trajectory, event: Event) -> None:
            started = time.perf_counter()
            kept.append(after, event)
            took.disk += time.perf_counter() - started

        async def settle() -> None:
            started = time.perf_counter()
            await kept.settle()
            took.disk += time.perf_counter() - started

        tools = tuple(tool.offered for tool in toolbox.tools)
        run = await pursue(
            kept.begin(TaskGiven(question=_QUESTION, tools=tools)),
            researcher=LLMResearcher(model, toolbox.tools),
            supervisor=CodeSupervisor(toolbox),
            toolbox=toolbox,
            record=record,
            settle=settle,
        )
    ended = run.ended
    if ended is None or ended.stop_reason is not StopReason.DONE:
        raise SystemExit(f"the run ended otherwise than planned: {ended}")
    return run


# One run against its bare calls


async def one_run(place: Place, rounds: int) -> list[OneRun]:
    measured: list[OneRun] = []
    async with (
        _opened(place) as (model, toolbox),
        Client(_shop()) as session,
        httpx2.AsyncClient(timeout=None) as http,
    ):
        for number in range(rounds + 1):
            model.asked.clear()
            with timed() as ours:
                run = await _run(model, toolbox, place.folder / f"one-{number}", ours)
            bodies = [_body(asked, place.url) for asked in model.asked]
            with timed() as bare:
                await _bare(run, bodies, http, session, place.url)
            if number:  # the first warms everything up
                measured.append(OneRun(len(bodies), ours, bare))
    return measured


def _body(asked: Asked, url: str) -> bytes:
    settings = ModelSettings(base_url=url)
    return json.dumps(body_of(asked, _MODEL, url, settings, frozenset())).encode()


async def _bare(
    run: Trajectory,
    bodies: Sequence[bytes],
    http: httpx2.AsyncClient,
    session: "Client[Any]",
    url: str,
) -> None:
    for message, body in zip(run.messages, bodies, strict=True):
        answer = await http.post(f"{url}/chat/completions", content=body)
        answer.raise_for_status()
        calls = [o for o in run.observations if o.step == message.step]
        async with asyncio.TaskGroup() as group:
            for call in calls if message.tool_calls else ():
                group.create_task(session.call_tool_mcp(call.name, call.arguments))


# Many runs at once


def many_runs(place: Place, count: int, at_once: int, latency: float) -> ManyRuns:
    return asyncio.run(_many_runs(place, count, at_once, latency))


async def _many_runs(place: Place, count: int, at_once: int, latency: float) -> ManyRuns:
    async with _opened(place) as (model, toolbox):
        await _run(model, toolbox, place.folder / f"{at_once}-warm", Took())
        steps = len(model.asked)
        with timed() as took:
            await _all(model, toolbox, place.folder, count, at_once, took)
    return ManyRuns(count, at_once, steps, took, count * steps * latency / at_once)


async def _all(
    model: ChatModel, toolbox: Toolbox, folder: Path, count: int, at_once: int, took: Took
) -> None:
    waiting = iter(range(count))

    async def work() -> None:
        for number in waiting:
            await _run(model, toolbox, folder / f"{at_once}-{number}", took)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(work())


def memory(place: Place, count: int) -> float:
    """MB that each of `count` open runs adds to the peak of one that was made before."""
    return asyncio.run(_memory(place, count))


async def _memory(place: Place, count: int) -> float:
    async with _opened(place) as (model, toolbox):
        await _run(model, toolbox, place.folder / "first", Took())
        before = peak_megabytes()
        await _all(model, toolbox, place.folder, count, count, Took())
        return (peak_megabytes() - before) / count


# What is printed


def _one_text(measured: Sequence[OneRun]) -> str:
    steps = measured[0].steps
    sides = {"bare": [one.bare for one in measured], "ours": [one.ours for one in measured]}
    rows = [
        [name, *(_a_step(took, what, steps) for what in ("wall", *_PARTS))]
        for name, took in sides.items()
    ]
    return (
        f"{len(measured)} runs of {steps} steps, one at a time, in turns; a step is a request to"
        " the model and its tool calls\n\n"
        f"{table(('a step', 'ms', 'processor ms', 'disk ms'), rows)}\n\n"
        f"ours / bare: {_ratio(measured):.3f} (goal {_OVER_BARE} or less)"
    )


def _a_step(took: Sequence[Took], what: str, steps: int) -> str:
    return f"{median(getattr(one, what) for one in took) / steps * 1000:.1f}"


def _ratio(measured: Sequence[OneRun]) -> float:
    return median(one.ours.wall / one.bare.wall for one in measured)


def _many_text(measured: Sequence[ManyRuns]) -> str:
    rows = [
        [
            one.at_once,
            one.count,
            f"{one.took.wall:.1f}",
            f"{one.ideal:.1f}",
            f"{one.ratio:.2f}",
            *(
                f"{part / one.count / one.steps * 1000:.1f}"
                for part in (one.took.cpu, one.took.disk)
            ),
        ]
        for one in measured
    ]
    header = ("at once", "runs", "s", "ideal s", "ratio", "processor ms a step", "disk ms a step")
    return f"{table(header, rows)}\n\ngoal: a ratio of {_OVER_IDEAL} or less"


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--runs", type=int, default=200, help="in all (default: 200)")
    options.add_argument("--latency", type=float, default=0.2, help="seconds (default: 0.2)")
    options.add_argument("--rounds", type=int, default=7, help="of ours and bare (default: 7)")
    args = options.parse_args()
    with model_after(args.latency) as url, tempfile.TemporaryDirectory(prefix="benchmark-") as at:
        place = Place(url, Path(at))
        one = asyncio.run(one_run(place, args.rounds))
        many = [
            in_fresh_process(many_runs, place, args.runs, at_once, args.latency)
            for at_once in (*(n for n in _AT_ONCE if n < args.runs), args.runs)
        ]
        held = in_fresh_process(memory, Place(url, place.folder / "memory"), args.runs)
    text = (
        f"{_one_text(one)}\n\n{_many_text(many)}\n\n"
        f"memory an open run, {args.runs} at once: {held:.2f} MB"
    )
    figures = {
        "one": {"ratio": _ratio(one), "rounds": [asdict(each) for each in one]},
        "many": [asdict(each) | {"ratio": each.ratio} for each in many],
        "memory_mb": held,
    }
    show(figures, text, as_json=args.json)


if __name__ == "__main__":
    main()
