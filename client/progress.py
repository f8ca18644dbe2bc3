"""What a person sees on stderr while a run is under way: a line for what has happened, and in a
terminal below them a board of where the run stands."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from client.board import Board
from client.trajectory import (
    Ended,
    Event,
    Message,
    Observation,
    Plan,
    RubricDrawn,
    State,
    TaskGiven,
    Trajectory,
    Verdict,
)
from client.wording import call_in_words, hits, one_line


class Progress:
    """Called with each event of a run; `quiet` says nothing."""

    def __init__(
        self, tool_calls: int, quiet: bool = False, console: Console | None = None
    ) -> None:
        """`tool_calls`: the most that the run may make."""
        self._limit = tool_calls
        self._console = console or Console(stderr=True, quiet=quiet, highlight=False)
        self._live: Live | None = None
        self._board: Board | None = None
        self._started = self._last = time.monotonic()
        self._said = 0
        self._snapshot: object = None

    def __enter__(self) -> "Progress":
        terminal = self._console.is_terminal and not self._console.is_dumb_terminal
        if terminal and not self._console.quiet:
            self._live = Live(
                console=self._console,
                get_renderable=self.view,
                refresh_per_second=8,
                redirect_stdout=False,  # the report's, which may go elsewhere
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live:
            self._live.stop()

    @contextmanager
    def paused(self) -> Generator[None]:
        """The board is away, so that a person can be asked something."""
        if self._live is None:
            yield
            return
        self._live.transient = True
        self._live.stop()
        yield
        self._live.transient = False
        self._live.start()

    def hear(self, kind: str, piece: str) -> None:
        """What a model says, as it comes (`ChatModel`'s `on_text`)."""
        self._said = 0 if kind == "again" else self._said + len(piece)

    def view(self) -> Group:
        """The board as it stands now."""
        if self._board is None:
            return Group("Starting")
        now = time.monotonic()
        return self._board.at(now - self._started, now - self._last, self._said)

    def going_on(self, run: Trajectory) -> None:
        """A run that was stopped is taken up."""
        self.say(f"Going on: {run.task.question}; {len(run.observations)} tool calls made")
        stated = ((o.result or {}).get("snapshot") for o in reversed(run.observations))
        self._snapshot = next((snapshot for snapshot in stated if snapshot), None)
        self._board = Board(run, self._limit)

    def __call__(self, run: Trajectory, event: Event) -> None:
        self._board = Board(run, self._limit)
        self._last, self._said = time.monotonic(), 0
        match event:
            case Message():
                self._message(event)
            case Verdict():
                self._verdict(event)
            case Observation():
                self._observation(run, event)
            case Ended():
                self._ended(run, event)
            case TaskGiven() | RubricDrawn():
                pass

    def say(self, text: str, style: str = "") -> None:
        # The style belongs to the text: given to print, the board below would take it on.
        self._console.print(Text(one_line(text), style), soft_wrap=True)

    def _message(self, message: Message) -> None:
        again = f", attempt {message.attempt}" if message.attempt > 1 else ""
        by = "" if message.author == "researcher" else f" by the {message.author}"
        if message.state is State.PLANNING and message.plan:
            self._plan(message.plan, f"{by}{again}")
        elif message.state is State.WRITING:
            self.say(f"Report written{by}{again}")

    def _plan(self, plan: Plan, again: str) -> None:
        self.say(f"Plan{again}: {plan.looking_for or 'what the question asks'}", "bold")
        for need in plan.needs:
            self.say(f"  {'must' if need.hard else 'wish'}: {need.text}")

    def _verdict(self, verdict: Verdict) -> None:
        refusals = [check for check in verdict.checks if check.severity == "refuse"]
        mark = "went on, open" if verdict.forced else "sent back"
        for check in refusals:
            self.say(f"  {mark}: {check.code}: {check.message}", "yellow")

    def _observation(self, run: Trajectory, seen: Observation) -> None:
        written = {c.id: c.arguments for m in run.messages for c in m.tool_calls}
        call = call_in_words(seen.name, written.get(seen.call_id, seen.arguments))
        spent = f"{seen.seconds:.2f} s  [{len(run.observations)}/{self._limit}]"
        if seen.ok:
            self.say(f"  {call} -> {hits(seen)}  {spent}")
        else:
            self.say(f"  {call} -> failed: {seen.error}  {spent}", "red")
        snapshot = (seen.result or {}).get("snapshot")
        if snapshot and self._snapshot not in (None, snapshot):
            self.say("  the index has changed since this run began", "yellow")
        self._snapshot = snapshot or self._snapshot

    def _ended(self, run: Trajectory, ended: Ended) -> None:
        detail = f" ({ended.detail})" if ended.detail else ""
        self.say(f"Ended: {ended.stop_reason}{detail}; {len(run.observations)} tool calls", "bold")
