"""The states of a run, and what follows from what is recorded."""

from dataclasses import dataclass
from typing import Literal, assert_never

from client.checks.code import GAPS
from client.trajectory import (
    Message,
    State,
    StopReason,
    ToolCall,
    Trajectory,
    Verdict,
)

By = Literal["researcher", "corrector"]
"""Who drafts."""


@dataclass(frozen=True)
class Planning:
    attempt: int = 1
    supersedes: str | None = None
    by: By = "researcher"


@dataclass(frozen=True)
class CheckPlan:
    message: Message


@dataclass(frozen=True)
class Approving:
    """A sound plan waits for the person who asked."""

    message: Message


@dataclass(frozen=True)
class Acting:
    step: int
    attempt: int = 1
    supersedes: str | None = None
    by: By = "researcher"


@dataclass(frozen=True)
class CheckToolCalls:
    message: Message


@dataclass(frozen=True)
class Calling:
    message: Message
    calls: tuple[ToolCall, ...]
    """Accepted, and not yet answered."""


@dataclass(frozen=True)
class Writing:
    because: StopReason
    by: By = "researcher"


@dataclass(frozen=True)
class CheckReport:
    message: Message


@dataclass(frozen=True)
class Finished:
    stop_reason: StopReason
    detail: str = ""


RunState = (
    Planning
    | CheckPlan
    | Approving
    | Acting
    | CheckToolCalls
    | Calling
    | Writing
    | CheckReport
    | Finished
)


def state_of(run: Trajectory) -> RunState:
    """Where the run stands, from its events alone. A run that ended because it was interrupted
    or the model failed stands where it was."""
    ended = run.ended
    if ended and ended.stop_reason not in (StopReason.INTERRUPTED, StopReason.MODEL_FAILED):
        return Finished(ended.stop_reason, ended.detail)
    if not run.messages:
        return Planning()
    message = run.messages[-1]
    verdicts = [v for v in run.verdicts if v.message_id == message.id]
    match message.state:
        case State.PLANNING:
            return after_plan(run, message, verdicts[0]) if verdicts else CheckPlan(message)
        case State.ACTING:
            complete = len(verdicts) >= max(1, len(message.tool_calls))
            return after_calls(run, message) if complete else CheckToolCalls(message)
        case State.WRITING:
            return after_report(run, message, verdicts[0]) if verdicts else CheckReport(message)
        case _:
            assert_never(message.state)


def after_plan(
    run: Trajectory, message: Message, verdict: Verdict
) -> Acting | Approving | Planning:
    if verdict.decision == "revise":
        return Planning(message.attempt + 1, message.id, verdict.next_author)
    if run.task.settings.get("approve_plan") and message.author != "user":
        return Approving(message)
    return Acting(1)


def after_calls(run: Trajectory, message: Message) -> Calling | Acting | Writing:
    verdicts = [v for v in run.verdicts if v.message_id == message.id]
    by: By = "corrector" if any(v.next_author == "corrector" for v in verdicts) else "researcher"
    again = Acting(message.step, message.attempt + 1, message.id, by)
    if not message.tool_calls:
        enough = verdicts[0].decision == "accept"
        return Writing(StopReason.DONE, writer(run)) if enough else again
    sound = accepted(run, message)
    if not sound:
        return again
    answered = {o.call_id for o in run.observations}
    waiting = tuple(call for call in sound if call.id not in answered)
    return Calling(message, waiting) if waiting else Acting(message.step + 1)


def after_report(
    run: Trajectory, message: Message, verdict: Verdict
) -> Writing | Acting | Finished:
    because = message.because or StopReason.DONE
    if verdict.decision == "accept":
        return Finished(because)
    refusals = {check.code for check in verdict.checks if check.severity == "refuse"}
    if because is StopReason.DONE and refusals & GAPS:
        return Acting(last_step(run) + 1, by=verdict.next_author)
    return Writing(because, verdict.next_author)


def accepted(run: Trajectory, message: Message) -> tuple[ToolCall, ...]:
    ids = {v.call_id for v in run.verdicts if v.message_id == message.id and v.decision == "accept"}
    return tuple(call for call in message.tool_calls if call.id in ids)


def writer(run: Trajectory) -> By:
    """Whose turn it is to write: a report that was handed over stays with the corrector."""
    judged = [v for v in run.verdicts if v.state is State.WRITING]
    return judged[-1].next_author if judged else "researcher"


def last_step(run: Trajectory) -> int:
    return max((m.step for m in run.messages), default=0)
