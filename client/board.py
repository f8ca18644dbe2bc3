"""What stands below the lines of a run in a terminal: the plan with ticks, what is under way,
and what was seen, judged and spent so far."""

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Group
from rich.text import Text

from client.budget import Spent
from client.states import (
    Acting,
    Calling,
    CheckPlan,
    CheckReport,
    CheckToolCalls,
    Planning,
    RunState,
    Writing,
    state_of,
)
from client.trajectory import Plan, State, Trajectory
from client.wording import call_in_words, one_line

_MOST_STEPS = 8
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_DOING: dict[type[RunState], str] = {
    Planning: "Planning",
    CheckPlan: "Checking the plan",
    Acting: "Deciding what to look up",
    CheckToolCalls: "Checking the calls",
    Writing: "Writing the report",
    CheckReport: "Checking the report",
}


class Board:
    """The part of the view that follows from the run as recorded; made anew after each event."""

    def __init__(self, run: Trajectory, limit: int) -> None:
        """`limit`: the most tool calls that the run may make."""
        state = state_of(run)
        self._steps = tuple(_steps(run))
        self._calls = _calls(state)
        self._doing = _DOING.get(type(state))
        self._found = "  ·  ".join(_found(run))
        self._spent = "  ·  ".join(_spent(run, limit))

    def at(self, seconds: float, since: float, said: int) -> Group:
        """The view after `seconds` of the run, of them `since` since the last event; `said`:
        characters that a model has written in that time."""
        turning = _SPINNER[int(seconds * 8) % len(_SPINNER)]
        lines = [_line(""), *self._steps]
        for call in self._calls:
            lines.append(_line(f"{turning} {since:.0f} s  {call}", "cyan"))
        if self._doing:
            so_far = f", {said:,} characters so far" if said else ""
            lines.append(_line(f"{turning} {self._doing}{so_far}  {since:.0f} s", "cyan"))
        lines.append(_line(self._found, "dim"))
        lines.append(_line(f"{self._spent}  ·  {_clock(seconds)}", "dim"))
        return Group(*lines)


def ticked(run: Trajectory, plan: Plan) -> list[bool]:
    """Of each step, whether it is done: its tool has answered, once for each step that names it;
    a step without a tool when the report is begun."""
    answered = Counter(seen.name for seen in run.observations if seen.ok)
    writing = any(message.state is State.WRITING for message in run.messages)
    done: list[bool] = []
    for step in plan.steps:
        if step.tool is None:
            done.append(writing)
            continue
        done.append(answered[step.tool] > 0)
        answered[step.tool] -= 1
    return done


def _steps(run: Trajectory) -> Iterator[Text]:
    plan = run.plan
    if plan is None:
        return
    pairs = list(zip(plan.steps, ticked(run, plan), strict=True))
    for step, done in pairs[:_MOST_STEPS]:
        yield _line(f"{'✓' if done else '·'} {step.text}", "green" if done else "")
    if len(pairs) > _MOST_STEPS:
        rest = pairs[_MOST_STEPS:]
        yield _line(f"  and {len(rest)} more, {sum(done for _, done in rest)} done", "dim")


def _calls(state: RunState) -> Sequence[str]:
    if not isinstance(state, Calling):
        return ()
    return [call_in_words(call.name, call.arguments) for call in state.calls]


def _found(run: Trajectory) -> Iterator[str]:
    kinds = Counter(e.kind for e in run.evidence.values() if e.fields)
    seen = [f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in kinds.items()]
    yield f"seen: {', '.join(seen) or 'nothing yet'}"
    back = sum(verdict.decision == "revise" for verdict in run.verdicts)
    yield f"judged: {len(run.verdicts) - back} accepted, {back} sent back"


def _spent(run: Trajectory, limit: int) -> Iterator[str]:
    spent = Spent.by(run)
    yield f"{spent.tool_calls}/{limit} calls"
    if spent.tokens:
        yield f"{spent.tokens:,} tokens"
    if spent.cost:
        yield f"cost {spent.cost:.4f} {spent.currency}".strip()


def _line(text: str, style: str = "") -> Text:
    return Text(one_line(text), style=style, no_wrap=True, overflow="ellipsis")


def _clock(seconds: float) -> str:
    return f"{seconds // 60:.0f}:{seconds % 60:02.0f}"
