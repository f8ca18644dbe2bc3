"""The states of a run, and what follows from what is recorded."""

from dataclasses import dataclass
from typing import assert_never

from client.checks import GAPS
from client.trajectory import (
    Message,
    State,
    StopReason,
    ToolCall,
    Trajectory,
    Verdict,
)


@dataclass(frozen=True)
class Planning:
    attempt: int = 1
    supersedes: str | None = None


@dataclass(frozen=True)
class CheckPlan:
    message: Message


@dataclass(frozen=True)
class Acting:
    step: int
    attempt: int = 1
    supersedes: str | None = None


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


@dataclass(frozen=True)
class CheckReport:
    message: Message


@dataclass(frozen=True)
class Finished:
    stop_reason: StopReason
    detail: str = ""


RunState = (
    Planning | CheckPlan | Acting | CheckToolCalls | Calling | Writing | CheckReport | Finished
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
            return after_plan(message, verdicts[0]) if verdicts else CheckPlan(message)
        case State.ACTING:
            complete = len(verdicts) >= max(1, len(message.tool_calls))
            return after_calls(run, message) if complete else CheckToolCalls(message)
        case State.WRITING:
            return after_report(run, message, verdicts[0]) if verdicts else CheckReport(message)
        case _:
            assert_never(message.state)


def after_plan(message: Message, verdict: Verdict) -> Acting | Planning:
    if verdict.decision == "accept":
        return Acting(1)
    return Planning(message.attempt + 1, message.id)


def after_calls(run: Trajectory, message: Message) -> Calling | Acting | Writing:
    again = Acting(message.step, message.attempt + 1, message.id)
    if not message.tool_calls:
        verdict = next(v for v in run.verdicts if v.message_id == message.id)
        return Writing(StopReason.DONE) if verdict.decision == "accept" else again
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
        return Acting(last_step(run) + 1)
    return Writing(because)


def accepted(run: Trajectory, message: Message) -> tuple[ToolCall, ...]:
    ids = {v.call_id for v in run.verdicts if v.message_id == message.id and v.decision == "accept"}
    return tuple(call for call in message.tool_calls if call.id in ids)


def last_step(run: Trajectory) -> int:
    return max((m.step for m in run.messages), default=0)
