"""`productresearch view`: a run as a timeline of attempts, with what was said against each of
them and what changed after it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from client.pages.changes import Piece, changes
from client.pages.facts import facts, usage_of
from client.pages.page import rendered
from client.trajectory import (
    Author,
    Check,
    Constraint,
    Criterion,
    Message,
    Observation,
    Plan,
    RubricDrawn,
    State,
    ToolCall,
    Trajectory,
    Verdict,
)
from client.wording import hits

_LONGEST = 20_000
"""Characters of one text or result; the whole stands in trajectory.jsonl."""
_LINE = 90
_STATES = {
    State.PLANNING: "Plan",
    State.ACTING: "Research",
    State.WRITING: "Report",
}


@dataclass(frozen=True)
class Judged:
    """A verdict, or the rubric that was drawn up."""

    outcome: str
    """accepted, sent back, let pass; of a rubric, where it is from."""
    checks: tuple[Check, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    thought: str = ""
    took: tuple[str, ...] = ()
    then: str = ""
    """What follows from it, or why it failed."""


@dataclass(frozen=True)
class Answer:
    ok: bool
    summary: str
    text: str
    took: tuple[str, ...]


@dataclass(frozen=True)
class Called:
    name: str
    arguments: str
    verdict: Judged | None
    answer: Answer | None


@dataclass(frozen=True)
class Change:
    """How the next attempt differs from this one."""

    to: str
    author: Author
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Attempt:
    id: str
    state: State
    heading: str
    author: Author
    text: str
    thought: str
    took: tuple[str, ...]
    plan: tuple[str, ...]
    """In lines; empty where it makes none."""
    notes: tuple[str, ...]
    calls: tuple[Called, ...]
    verdicts: tuple[Judged, ...]
    change: Change | None
    outcome: str
    codes: tuple[int, ...]
    """Of its checks, as numbers in the page's list of codes."""


def timeline_page(run: Trajectory) -> str:
    """The whole HTML file."""
    codes = _codes(run)
    shown = _Shown(run, codes)
    attempts = [shown.attempt(message) for message in run.messages]
    return rendered(
        "timeline",
        title=run.task.question,
        facts=list(facts(run)),
        attempts=attempts,
        authors=_authors(run),
        codes=codes,
        rubric=_rubric(run),
        ended=run.ended,
    )


def _codes(run: Trajectory) -> list[tuple[str, int]]:
    """(code, in how many attempts), most first."""
    found: dict[str, set[str]] = {}
    for verdict in run.verdicts:
        for check in verdict.checks:
            found.setdefault(check.code, set()).add(verdict.message_id)
    return sorted(((code, len(ids)) for code, ids in found.items()), key=lambda one: -one[1])


def _authors(run: Trajectory) -> list[Author]:
    wrote = {message.author for message in run.messages}
    wrote |= {"supervisor"} if run.verdicts else set()
    wrote |= {"tool"} if run.observations else set()
    order: Sequence[Author] = ("user", "researcher", "supervisor", "corrector", "tool")
    return [author for author in order if author in wrote]


def _rubric(run: Trajectory) -> Judged | None:
    drawn = next((e for e in run.events if isinstance(e, RubricDrawn)), None)
    if drawn:
        return Judged(
            outcome="not drawn up" if drawn.failed else "drawn up from the question",
            criteria=drawn.rubric.criteria,
            thought=_cut(drawn.thought),
            took=tuple(usage_of(drawn.usage)),
            then=drawn.failed,
        )
    given = run.task.rubric
    return Judged("given with the task", criteria=given.criteria) if given else None


class _Shown:
    def __init__(self, run: Trajectory, codes: Sequence[tuple[str, int]]) -> None:
        self._run = run
        self._codes = {code: n for n, (code, _) in enumerate(codes)}
        self._answers = {o.call_id: o for o in run.observations}
        self._verdicts: dict[str, list[Verdict]] = {}
        for verdict in run.verdicts:
            self._verdicts.setdefault(verdict.message_id, []).append(verdict)

    def attempt(self, message: Message) -> Attempt:
        verdicts = self._verdicts.get(message.id, [])
        of_call = {v.call_id: v for v in verdicts if v.call_id}
        codes = {self._codes[check.code] for v in verdicts for check in v.checks}
        return Attempt(
            id=message.id,
            state=message.state,
            heading=_heading(message),
            author=message.author,
            text=_cut(message.text),
            thought=_cut(message.thought),
            took=tuple(usage_of(message.usage)),
            plan=tuple(_plan_lines(message.plan)) if message.plan else (),
            notes=tuple(_notes(message)),
            calls=tuple(self._called(call, of_call.get(call.id)) for call in message.tool_calls),
            verdicts=tuple(_judged(v) for v in verdicts if not v.call_id),
            change=self._change(message, verdicts),
            outcome=_outcome(verdicts),
            codes=tuple(sorted(codes)),
        )

    def _called(self, call: ToolCall, verdict: Verdict | None) -> Called:
        answer = self._answers.get(call.id)
        return Called(
            name=call.name,
            arguments=_pretty(call.arguments),
            verdict=_judged(verdict) if verdict else None,
            answer=_answer(answer) if answer else None,
        )

    def _change(self, message: Message, verdicts: Sequence[Verdict]) -> Change | None:
        """From a refused draft to the one after it; of a turn that went on in part, the refused
        calls alone, against the next turn's calls of those tools."""
        refused = {v.call_id for v in verdicts if v.decision == "revise"}
        after = self._next(message)
        if not refused or after is None:
            return None
        calls, next_calls = message.tool_calls, after.tool_calls
        if after.supersedes != message.id and message.state is State.ACTING:
            calls = tuple(call for call in calls if call.id in refused)
            names = {call.name for call in calls}
            next_calls = tuple(call for call in next_calls if call.name in names)
        before, now = _wording(message, calls), _wording(after, next_calls)
        return Change(after.id, after.author, changes(before, now))

    def _next(self, message: Message) -> Message | None:
        later = self._run.messages[self._run.messages.index(message) + 1 :]
        follows = (m for m in later if m.supersedes == message.id)
        return next(follows, next((m for m in later if m.state is message.state), None))


def _heading(message: Message) -> str:
    again = f", attempt {message.attempt}" if message.attempt > 1 else ""
    step = f" · step {message.step}" if message.state is State.ACTING else ""
    return f"{_STATES[message.state]}{step}{again}"


def _notes(message: Message) -> Iterator[str]:
    if message.cut_off:
        yield "cut off at the model's length limit"
    if message.because:
        yield f"research ended: {message.because}"
    if message.state is State.ACTING and not message.tool_calls:
        yield "no further tool call: ready to write"


def _outcome(verdicts: Sequence[Verdict]) -> str:
    if not verdicts:
        return "not judged"
    if any(v.forced for v in verdicts):
        return "let pass"
    back = sum(v.decision == "revise" for v in verdicts)
    if not back:
        return "accepted"
    return "sent back" if back == len(verdicts) else "sent back in part"


def _judged(verdict: Verdict) -> Judged:
    outcome = {"accept": "accepted", "revise": "sent back"}[verdict.decision]
    return Judged(
        outcome="let pass" if verdict.forced else outcome,
        checks=verdict.checks,
        thought=_cut(verdict.thought),
        took=tuple(usage_of(verdict.usage)),
        then="the corrector goes on" if verdict.next_author == "corrector" else "",
    )


def _answer(seen: Observation) -> Answer:
    text = _pretty(seen.result) if seen.ok else seen.error or ""
    size = f"≈ {len(json.dumps(seen.result, ensure_ascii=False)) // 4:,} tokens"
    return Answer(
        ok=seen.ok,
        summary=hits(seen) if seen.ok else "failed",
        text=text,
        took=(f"{seen.seconds:.2f} s", *([size] if seen.ok else [])),
    )


def _plan_lines(plan: Plan) -> Iterator[str]:
    yield f"Looking for: {plan.looking_for}; {plan.wanted} wanted"
    for need in plan.needs:
        checked = f" ({_constraint(need.constraint)})" if need.constraint else ""
        yield f"{need.id} {'must' if need.hard else 'wish'}: {need.text}{checked}"
    for step in plan.steps:
        named = [*([step.tool] if step.tool else []), *step.needs]
        yield f"step: {step.text}" + (f" [{', '.join(named)}]" if named else "")


def _constraint(constraint: Constraint) -> str:
    value = json.dumps(constraint.value, ensure_ascii=False)
    return f"{constraint.field} {constraint.op} {value} {constraint.unit or ''}".strip()


def _wording(message: Message, calls: Sequence[ToolCall]) -> str:
    lines = list(_plan_lines(message.plan)) if message.plan else []
    if message.text and (message.state is State.WRITING or not (lines or calls)):
        lines += message.text.splitlines()
    for call in calls:
        lines += f"{call.name} {_pretty(call.arguments)}".splitlines()
    return "\n".join(lines)


def _pretty(value: Any) -> str:
    line = json.dumps(value, ensure_ascii=False)
    return line if len(line) <= _LINE else _cut(json.dumps(value, ensure_ascii=False, indent=2))


def _cut(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]}\n… {len(text) - _LONGEST:,} more characters in trajectory.jsonl"
