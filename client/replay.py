"""A recorded run gone through again without any network: tool results, a model's answers and the
clock come from the record; states, checks, aliases and the keyless researcher run anew.
"""

import json
from collections.abc import Sequence
from typing import Any

from client.agent import Approve, Caps, pursue
from client.budget import Budget
from client.errors import Diverged, ModelFailed
from client.researcher import Draft, Researcher
from client.rules.researcher import RulesResearcher
from client.supervisor import CodeSupervisor, Judgement, Supervisor, Unsupervised
from client.toolbox import Answer, Toolbox
from client.trajectory import (
    Ended,
    Event,
    Message,
    Observation,
    Plan,
    RubricDrawn,
    State,
    StopReason,
    ToolCall,
    Trajectory,
    Verdict,
)

_SHOWN = 300
"""Characters of each side of a divergence."""


async def replay(recorded: Trajectory, caps: Caps | None = None) -> Trajectory:
    """The run as it comes out today, which equals the record as far as that goes. `caps`: those
    that the run had.

    Raises Diverged at the first event that does not."""
    record = _Record(recorded)
    settings = recorded.task.settings
    tools = _RecordedTools(record)
    supervised = settings.get("supervise", True)
    supervisor: Supervisor = _RecordedSupervisor(record, tools) if supervised else Unsupervised()
    reached = Trajectory(events=record.events[:1])

    def compared(run: Trajectory, event: Event) -> None:
        nonlocal reached
        record.compare(len(run.events) - 1, event)
        reached = run

    try:
        await pursue(
            reached,
            researcher=record.researcher(settings.get("model")),
            supervisor=supervisor,
            toolbox=tools,
            record=compared,
            budget=_RecordedLimits(record),
            caps=caps,
            corrector=record.researcher(settings["corrector"])
            if settings.get("corrector")
            else None,
            approve=record.approver(),
        )
    except* _RecordEnds:
        pass
    return reached


class _RecordEnds(Exception):
    """The recorded run was cut off here."""


class _Record:
    def __init__(self, recorded: Trajectory) -> None:
        # Where a run was stopped and taken up again, nothing of that is left in what it did.
        last = len(recorded.events) - 1
        kept = [e for n, e in enumerate(recorded.events) if n == last or not isinstance(e, Ended)]
        self.events: tuple[Event, ...] = tuple(kept)

    def after(self, run: Trajectory) -> Event:
        """What the record has next. Raises _RecordEnds where it has nothing."""
        if len(run.events) < len(self.events):
            return self.events[len(run.events)]
        raise _RecordEnds

    def compare(self, place: int, event: Event) -> None:
        if place >= len(self.events):
            raise _RecordEnds
        before = self.events[place]
        cut = isinstance(before, Ended) and before.stop_reason is StopReason.INTERRUPTED
        if cut and event != before:
            raise _RecordEnds
        if event != before:
            raise Diverged(f"event {place + 1} is another than recorded: {_sides(before, event)}")

    def researcher(self, name: str | None) -> Researcher:
        return RulesResearcher() if name in (None, "rules") else _Answers(self)

    def approver(self) -> Approve:
        asked = iter([m for m in self.events if isinstance(m, Message) and m.author == "user"])

        async def approve(plan: Plan) -> Plan | None:
            answer = next(asked, None)
            return answer.plan if answer else None

        return approve


def _sides(before: Event, now: Event) -> str:
    old, new = before.model_dump(mode="json"), now.model_dump(mode="json")
    if old["event"] != new["event"]:
        return f"recorded {_short(old)}; now {_short(new)}"
    differing = [name for name in old if old[name] != new.get(name)]
    parts = (f"{n}: recorded {_short(old[n])}; now {_short(new[n])}" for n in differing)
    return f"{before.event}: {' | '.join(parts)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


class _Answers:
    """A model's answers, as recorded."""

    name = "recorded"

    def __init__(self, record: _Record) -> None:
        self._record = record

    async def plan(self, run: Trajectory) -> Draft:
        return self._draft(run, State.PLANNING)

    async def act(self, run: Trajectory) -> Draft:
        return self._draft(run, State.ACTING)

    async def write(self, run: Trajectory) -> Draft:
        return self._draft(run, State.WRITING)

    def _draft(self, run: Trajectory, state: State) -> Draft:
        said = self._record.after(run)
        if isinstance(said, Ended) and said.stop_reason is StopReason.MODEL_FAILED:
            raise ModelFailed(said.detail)
        if isinstance(said, Ended) and said.stop_reason is StopReason.INTERRUPTED:
            raise _RecordEnds
        if not isinstance(said, Message) or said.state is not state:
            raise Diverged(
                f"event {len(run.events) + 1}: the run asks for a draft ({state}), and the record"
                f" has {_short(said.model_dump(mode='json'))}"
            )
        return Draft(
            text=said.text,
            thought=said.thought,
            plan=said.plan,
            tool_calls=[(call.name, call.arguments) for call in said.tool_calls],
            usage=said.usage,
            cut_off=said.cut_off,
        )


class _RecordedTools(Toolbox):
    """Knows the tools the run had, and answers with what it saw."""

    def __init__(self, record: _Record) -> None:
        task = Trajectory(events=record.events).task
        super().__init__(Toolbox.offline(task.tools))
        self._seen = {e.call_id: e for e in record.events if isinstance(e, Observation)}

    async def send(self, run: Trajectory, call: ToolCall) -> Answer:
        if call.id not in self._seen:
            raise _RecordEnds
        return Answer(call.arguments)

    def observed(self, run: Trajectory, call: ToolCall, answer: Answer, step: int) -> Observation:
        return self._seen[call.id]


class _RecordedSupervisor:
    """The checks in code made anew, and the critique as recorded."""

    def __init__(self, record: _Record, tools: Toolbox) -> None:
        self._record, self._code = record, CodeSupervisor(tools)

    async def rubric(self, run: Trajectory) -> RubricDrawn | None:
        drawn = self._record.after(run)
        return drawn if isinstance(drawn, RubricDrawn) else None

    async def plan(self, run: Trajectory, message: Message) -> Judgement:
        return self._with_critique(run, await self._code.plan(run, message))

    async def call(self, run: Trajectory, message: Message, call: ToolCall) -> Judgement:
        return self._with_critique(run, await self._code.call(run, message, call))

    async def enough(self, run: Trajectory, message: Message) -> Judgement:
        return self._with_critique(run, await self._code.enough(run, message))

    async def report(self, run: Trajectory, message: Message) -> Judgement:
        return self._with_critique(run, await self._code.report(run, message))

    def _with_critique(self, run: Trajectory, found: Judgement) -> Judgement:
        verdict = self._record.after(run)
        if not isinstance(verdict, Verdict):
            return found
        said = tuple(check for check in verdict.checks if check.by == "model")
        return Judgement((*found.checks, *said), verdict.thought, verdict.usage)


class _RecordedLimits:
    """Limits in calls, tokens and money are counted; the clock's word is the record's."""

    def __init__(self, record: _Record) -> None:
        self._record = record
        settings = Trajectory(events=record.events).task.settings
        self._counted = Budget(
            settings.get("max_tool_calls", Budget().tool_calls),
            None,
            settings.get("max_tokens"),
            settings.get("max_cost"),
        )
        self._timed = settings.get("max_minutes") is not None or any(
            isinstance(e, Message) and e.because is StopReason.INTERRUPTED for e in record.events
        )

    @property
    def tool_calls(self) -> int:
        return self._counted.tool_calls

    def exhausted(self, run: Trajectory, seconds: float) -> StopReason | None:
        if reason := self._counted.exhausted(run, 0.0):
            return reason
        said = self._next(run)
        return said.because if isinstance(said, Message) and _by_the_clock(said) else None

    def out_of_time(self, run: Trajectory, seconds: float) -> StopReason | None:
        if reason := self._counted.out_of_time(run, 0.0):
            return reason
        said = self._next(run)
        cut = isinstance(said, Verdict) and (said.forced or said.next_author == "corrector")
        return StopReason.TIME if cut and self._timed else None

    def _next(self, run: Trajectory) -> Event | None:
        events: Sequence[Event] = self._record.events
        return events[len(run.events)] if len(run.events) < len(events) else None


def _by_the_clock(message: Message) -> bool:
    return message.because in (StopReason.TIME, StopReason.INTERRUPTED)
