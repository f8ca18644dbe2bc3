"""What a person sees on stderr while a run is under way."""

import json
import re
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.status import Status

from client.aliases import objects
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

_WAITING = {
    State.PLANNING: "Planning",
    State.ACTING: "Looking things up",
    State.WRITING: "Writing the report",
}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LIMIT = 160


class Progress:
    """Called with each event of a run; `quiet` says nothing."""

    def __init__(self, tool_calls: int, quiet: bool = False) -> None:
        self._limit = tool_calls
        self._console = Console(stderr=True, quiet=quiet, highlight=False)
        self._status: Status | None = None
        self._snapshot: object = None

    def __enter__(self) -> "Progress":
        if self._console.is_terminal and not self._console.quiet:
            self._status = self._console.status(_WAITING[State.PLANNING])
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._status:
            self._status.stop()

    def going_on(self, run: Trajectory) -> None:
        """A run that was stopped is taken up."""
        self.say(f"Going on: {run.task.question}; {len(run.observations)} tool calls made")
        stated = ((o.result or {}).get("snapshot") for o in reversed(run.observations))
        self._snapshot = next((snapshot for snapshot in stated if snapshot), None)

    def __call__(self, run: Trajectory, event: Event) -> None:
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
        self._console.print(one_line(text), style=style, markup=False, soft_wrap=True)

    def _message(self, message: Message) -> None:
        again = f", attempt {message.attempt}" if message.attempt > 1 else ""
        match message.state:
            case State.PLANNING if message.plan:
                self._plan(message.plan, again)
            case State.WRITING:
                self.say(f"Report written{again}")
            case _:
                pass
        self._wait_for(message.state)

    def _plan(self, plan: Plan, again: str) -> None:
        self.say(f"Plan{again}: {plan.looking_for or 'what the question asks'}", "bold")
        for need in plan.needs:
            self.say(f"  {'must' if need.hard else 'wish'}: {need.text}")

    def _verdict(self, verdict: Verdict) -> None:
        refusals = [check for check in verdict.checks if check.severity == "refuse"]
        mark = "went on, open" if verdict.forced else "sent back"
        for check in refusals:
            self.say(f"  {mark}: {check.code}: {check.message}", "yellow")
        if verdict.decision == "accept" and verdict.state is State.PLANNING:
            self._wait_for(State.ACTING)

    def _observation(self, run: Trajectory, seen: Observation) -> None:
        written = {c.id: c.arguments for m in run.messages for c in m.tool_calls}
        call = f"{seen.name} {_arguments(written.get(seen.call_id, seen.arguments))}"
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

    def _wait_for(self, state: State) -> None:
        if self._status:
            self._status.update(_WAITING[state])


def hits(seen: Observation) -> str:
    """How much came back, in words."""
    result = seen.result or {}
    near, open_ = len(objects(result.get("near_misses"))), len(objects(result.get("unverified")))
    beside = [f"{near} near miss{'' if near == 1 else 'es'}"] if near else []
    beside += [f"{open_} unverified"] if open_ else []
    if "total" in result:
        total = result["total"]
        return ", ".join([f"{total} hit{'' if total == 1 else 's'}", *beside])
    shown = [e for e in seen.evidence if e.fields]
    return f"{len(shown)} shown" if shown else "a text"


def harmless(text: str) -> str:
    """Without what a terminal would obey."""
    return _CONTROL.sub("", text)


def one_line(text: str) -> str:
    return harmless(text).replace("\n", " ")


def _arguments(arguments: dict[str, Any]) -> str:
    shown = " ".join(
        f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items()
    )
    return shown if len(shown) <= _LIMIT else f"{shown[: _LIMIT - 1]}…"
