"""The loop of one research run, and nothing else.

    Planning → CheckPlan → Acting → CheckToolCalls → Calling → Acting … → Writing → CheckReport
        ↺ revise              ↺ revise                            ↺ revise (or Acting, for a gap)

A draft that is refused at its cap goes on with what stands against it, or, where there is a
corrector, the corrector makes the next one. A person may be asked before the first call.

One `match` over frozen states; each arm records what happened and returns the next state.
`state_of` computes the state from what is recorded, so a run can be taken up after any event.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import assert_never

from client.budget import Budget, Limits, Spent, stalled
from client.errors import ModelFailed
from client.researcher import Draft, Researcher
from client.states import (
    Acting,
    Approving,
    By,
    Calling,
    CheckPlan,
    CheckReport,
    CheckToolCalls,
    Finished,
    Planning,
    Writing,
    accepted,
    after_calls,
    after_plan,
    after_report,
    last_step,
    state_of,
    writer,
)
from client.supervisor import Judgement, Supervisor
from client.toolbox import Toolbox
from client.trajectory import (
    Author,
    Check,
    Ended,
    Event,
    Message,
    Plan,
    State,
    StopReason,
    ToolCall,
    Trajectory,
    Verdict,
)


@dataclass(frozen=True)
class Caps:
    """How often a draft may be sent back; then the run goes on with what stands against it."""

    plan: int = 2
    calls: int = 2
    report: int = 6


Approve = Callable[[Plan], Awaitable[Plan | None]]
"""A person's word on a plan: the plan as they want it, or None to stop."""


async def pursue(
    run: Trajectory,
    *,
    researcher: Researcher,
    supervisor: Supervisor,
    toolbox: Toolbox,
    record: Callable[[Trajectory, Event], None],
    budget: Limits | None = None,
    caps: Caps | None = None,
    corrector: Researcher | None = None,
    approve: Approve | None = None,
    stop: asyncio.Event | None = None,
    settle: Callable[[], Awaitable[None]] | None = None,
) -> Trajectory:
    """The run taken to its end. `record` is called with the run after each event, before anything
    else happens: what it has kept is what a resumed run starts from. `settle` is waited for before
    anyone is asked (a model, a tool, the supervisor): what was recorded is safe then, whatever
    becomes of the machine. Once `stop` is set, the report is written with what there is; a
    cancelled run is recorded as interrupted."""
    loop = _Loop(
        run,
        researcher,
        supervisor,
        toolbox,
        record,
        budget or Budget(),
        caps or Caps(),
        corrector,
        approve,
        stop or asyncio.Event(),
        settle or _settled,
    )
    try:
        return await loop.to_the_end()
    except asyncio.CancelledError:
        loop.append(Ended(stop_reason=StopReason.INTERRUPTED))
        raise


@dataclass
class _Loop:
    run: Trajectory
    researcher: Researcher
    supervisor: Supervisor
    toolbox: Toolbox
    record: Callable[[Trajectory, Event], None]
    budget: Limits
    caps: Caps
    corrector: Researcher | None
    approve: Approve | None
    stop: asyncio.Event
    settle: Callable[[], Awaitable[None]]
    started: float = field(default_factory=time.monotonic)
    before: float = field(init=False)
    """Seconds spent before a resumed run was taken up."""

    def __post_init__(self) -> None:
        self.before = Spent.by(self.run).seconds

    @property
    def seconds(self) -> float:
        return self.before + time.monotonic() - self.started

    def append(self, event: Event) -> None:
        after = self.run.with_(event)
        self.record(after, event)
        self.run = after

    async def to_the_end(self) -> Trajectory:
        state = state_of(self.run)
        while True:
            match state:
                case Planning():
                    state = await self.plan(state)
                case CheckPlan():
                    state = await self.check_plan(state)
                case Approving():
                    state = await self.ask_person(state)
                case Acting():
                    state = await self.act(state)
                case CheckToolCalls():
                    state = await self.check_tool_calls(state)
                case Calling():
                    state = await self.call(state)
                case Writing():
                    state = await self.write(state)
                case CheckReport():
                    state = await self.check_report(state)
                case Finished():
                    return self.finish(state)
                case _:
                    assert_never(state)

    # Arms

    async def plan(self, state: Planning) -> CheckPlan | Finished:
        draft = await self.drafted(self.drafter(state.by).plan)
        if isinstance(draft, Finished):
            return draft
        message = self.message(draft, state.by, State.PLANNING, 0, state.attempt, state.supersedes)
        self.append(message)
        return CheckPlan(message)

    async def check_plan(self, state: CheckPlan) -> Acting | Approving | Planning:
        if not self.run.verdicts and self.run.rubric is None:
            await self.settle()
            drawn = await self.supervisor.rubric(self.run)
            if drawn:
                self.append(drawn)
        await self.settle()
        found = await self.supervisor.plan(self.run, state.message)
        verdict = self.judged(state.message, found)
        return after_plan(self.run, state.message, verdict)

    async def ask_person(self, state: Approving) -> CheckPlan | Acting | Finished:
        plan = state.message.plan
        if self.approve is None or plan is None:
            return Acting(1)
        approved = await self.approve(plan)
        if approved is None:
            return Finished(StopReason.INTERRUPTED, "the plan was not approved")
        draft = Draft(plan=approved)
        asked = state.message
        message = self.message(draft, "user", State.PLANNING, 0, asked.attempt + 1, asked.id)
        self.append(message)
        return CheckPlan(message)

    async def act(self, state: Acting) -> CheckToolCalls | Writing | Finished:
        if because := self.why_stop():
            return Writing(because, writer(self.run))
        draft = await self.drafted(self.drafter(state.by).act)
        if isinstance(draft, Finished):
            interrupted = draft.stop_reason is StopReason.INTERRUPTED
            return Writing(draft.stop_reason, writer(self.run)) if interrupted else draft
        message = self.message(
            draft, state.by, State.ACTING, state.step, state.attempt, state.supersedes
        )
        self.append(message)
        return CheckToolCalls(message)

    async def check_tool_calls(self, state: CheckToolCalls) -> Calling | Acting | Writing:
        message = state.message
        await self.settle()
        judged = {v.call_id for v in self.run.verdicts if v.message_id == message.id}
        if not message.tool_calls and not judged:
            found = await self.supervisor.enough(self.run, message)
            self.judged(message, found)
        for call in message.tool_calls:
            if call.id not in judged:
                await self.check_tool_call(message, call)
        return after_calls(self.run, message)

    async def check_tool_call(self, message: Message, call: ToolCall) -> None:
        if len(self.run.observations) + len(accepted(self.run, message)) >= self.budget.tool_calls:
            over = Judgement((_over_budget(call, self.budget.tool_calls),))
            self.judged(message, over, call_id=call.id, final=True)
            return
        found = await self.supervisor.call(self.run, message, call)
        self.judged(message, found, call_id=call.id)

    async def call(self, state: Calling) -> Acting:
        before = self.run
        await self.settle()
        async with asyncio.TaskGroup() as group:
            sent = [group.create_task(self.toolbox.send(before, call)) for call in state.calls]
            # Recorded in the order of the calls, not of the answers: aliases follow from it.
            for call, answer in zip(state.calls, sent, strict=True):
                answered = await answer
                self.append(self.toolbox.observed(self.run, call, answered, state.message.step))
        return Acting(state.message.step + 1)

    async def write(self, state: Writing) -> CheckReport | Finished:
        draft = await self.drafted(self.drafter(state.by).write, to_the_end=True)
        if isinstance(draft, Finished):
            return draft
        earlier = _reports(self.run)
        message = self.message(
            draft,
            state.by,
            State.WRITING,
            last_step(self.run) + 1,
            len(earlier) + 1,
            earlier[-1].id if earlier else None,
        ).model_copy(update={"because": state.because, "tool_calls": ()})
        self.append(message)
        return CheckReport(message)

    async def check_report(self, state: CheckReport) -> Writing | Acting | Finished:
        await self.settle()
        found = await self.supervisor.report(self.run, state.message)
        verdict = self.judged(state.message, found)
        return after_report(self.run, state.message, verdict)

    def finish(self, state: Finished) -> Trajectory:
        ended = Ended(stop_reason=state.stop_reason, detail=state.detail)
        if self.run.ended != ended:
            self.append(ended)
        return self.run

    # What the arms share

    def drafter(self, by: By) -> Researcher:
        """A resumed run may have no corrector any more."""
        return self.corrector if by == "corrector" and self.corrector else self.researcher

    async def drafted(
        self, ask: Callable[[Trajectory], Awaitable[Draft]], *, to_the_end: bool = False
    ) -> Draft | Finished:
        """What was asked for; interrupted by `stop` unless it is to be waited for."""
        await self.settle()
        asked = asyncio.ensure_future(ask(self.run))
        stopped = asyncio.ensure_future(self.stop.wait())
        try:
            if not to_the_end:
                await asyncio.wait({asked, stopped}, return_when=asyncio.FIRST_COMPLETED)
                if not asked.done():
                    return Finished(StopReason.INTERRUPTED)
            return await asked
        except ModelFailed as error:
            return Finished(StopReason.MODEL_FAILED, str(error))
        finally:
            asked.cancel()
            stopped.cancel()

    def message(
        self,
        draft: Draft,
        author: Author,
        state: State,
        step: int,
        attempt: int,
        supersedes: str | None,
    ) -> Message:
        first = 1 + sum(len(m.tool_calls) for m in self.run.messages)
        calls = enumerate(draft.tool_calls, first)
        return Message(
            id=f"m{len(self.run.messages) + 1}",
            author=author,
            state=state,
            step=step,
            attempt=attempt,
            text=draft.text,
            thought=draft.thought,
            plan=draft.plan,
            tool_calls=tuple(
                ToolCall(id=f"c{n}", name=name, arguments=a) for n, (name, a) in calls
            ),
            supersedes=supersedes,
            usage=draft.usage,
            cut_off=draft.cut_off,
        )

    def judged(
        self,
        message: Message,
        found: Judgement,
        *,
        call_id: str | None = None,
        final: bool = False,
    ) -> Verdict:
        """The verdict, recorded. `final`: refused, whatever the cap."""
        refused = any(check.severity == "refuse" for check in found.checks)
        over = not final and self.no_more_attempts(message)
        hand_over = refused and over and self.may_correct(message)
        forced = refused and over and not hand_over
        verdict = Verdict(
            message_id=message.id,
            state=message.state,
            step=message.step,
            attempt=message.attempt,
            decision="revise" if refused and not forced else "accept",
            checks=found.checks,
            forced=forced,
            next_author="corrector" if hand_over else "researcher",
            call_id=call_id,
            thought=found.thought,
            usage=found.usage,
        )
        self.append(verdict)
        return verdict

    def no_more_attempts(self, message: Message) -> bool:
        """Whether sending it back is over: too often, nothing left to spend on it, it came back
        as it was, or it is not the researcher's own."""
        caps = {
            State.PLANNING: self.caps.plan,
            State.ACTING: self.caps.calls,
            State.WRITING: self.caps.report,
        }
        return (
            message.author != "researcher"
            or message.attempt > caps[message.state]
            or self.stop.is_set()
            or self.budget.out_of_time(self.run, self.seconds) is not None
            or _unchanged(self.run, message)
        )

    def may_correct(self, message: Message) -> bool:
        return self.corrector is not None and message.author == "researcher"

    def why_stop(self) -> StopReason | None:
        """The one place where budgets, loops and the person end the research."""
        if self.stop.is_set():
            return StopReason.INTERRUPTED
        if reason := self.budget.exhausted(self.run, self.seconds):
            return reason
        return StopReason.NO_PROGRESS if stalled(self.run) else None


async def _settled() -> None:
    """For a run that is kept in memory."""


def _unchanged(run: Trajectory, message: Message) -> bool:
    before = next((m for m in run.messages if m.id == message.supersedes), None)
    return before is not None and _said(before) == _said(message)


def _said(message: Message) -> tuple[object, ...]:
    calls = [(call.name, call.arguments) for call in message.tool_calls]
    return message.state, message.plan, message.text, calls


def _reports(run: Trajectory) -> list[Message]:
    return [m for m in run.messages if m.state is State.WRITING]


def _over_budget(call: ToolCall, limit: int) -> Check:
    return Check(
        code="budget",
        severity="refuse",
        message=f"Not sent: the run's limit of tool calls ({limit}) is reached.",
        refers_to=call.id,
    )
