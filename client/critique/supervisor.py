"""The supervisor with both layers: the checks in code, and a model's critique of what they let
through.

The calls of one turn are judged with one request, since they belong together (each is cheap, and
what one of them asks is why another need not); each call has its own verdict of it. The first
carries the request's thought and usage.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import Field

from client.chat.model import Chat, ChatModel
from client.critique import casefile
from client.critique.discretion import Discretion
from client.critique.reasons import CallReason, EnoughReason, PlanReason, Reason, ReportReason
from client.critique.rubrics import rubric_drawn
from client.critique.structured import Shape, answered
from client.llm.conversation import plan_text
from client.prompting import filled
from client.supervisor import CodeSupervisor, Judgement
from client.toolbox import Toolbox
from client.trajectory import Check, Message, RubricDrawn, StopReason, ToolCall, Trajectory

UNREADABLE = "critique_unreadable"
FAILED = "critique_failed"
_GIVES_UP_AFTER = 3
"""Failures in a row: a dead endpoint would hold up every step with its retries."""
_NOTHING_LEFT = frozenset(
    (StopReason.TIME, StopReason.TOKENS, StopReason.COST, StopReason.INTERRUPTED)
)
"""A report that is written for these has what was left; a critique could not be paid, or heeded."""
_ANSWER_TOKENS = 1_000
_CHARACTERS_PER_TOKEN = 3
_PIECE = 200
"""Characters of a draft that a check may refer to."""
_PROMPTS: dict[type[Reason], str] = {
    PlanReason: "critique_plan",
    CallReason: "critique_calls",
    EnoughReason: "critique_enough",
    ReportReason: "critique_report",
}

R = TypeVar("R", bound=Reason)


class Finding(Shape, Generic[R]):
    code: R
    severity: Literal["refuse", "remark"]
    refers_to: str | None = None
    message: Annotated[str, Field(min_length=1, max_length=600)]


class Critique(Shape, Generic[R]):
    thought: str = ""
    """Asked for first: a model that does not think by itself does it here."""
    findings: Annotated[tuple[Finding[R], ...], Field(max_length=8)]


@dataclass(frozen=True)
class _Turn:
    """The critique of one message's calls."""

    message: Message
    by_call: dict[str, tuple[Check, ...]]


class CritiquingSupervisor:
    """Of one run. `model` is the supervising one; it is asked where code refuses nothing."""

    def __init__(self, toolbox: Toolbox, model: ChatModel) -> None:
        self._code = CodeSupervisor(toolbox)
        self._model = model
        self._turn: _Turn | None = None
        self._failures = 0

    async def rubric(self, run: Trajectory) -> RubricDrawn | None:
        if run.task.rubric:
            return None
        return await rubric_drawn(self._model, run.task.question)

    async def plan(self, run: Trajectory, message: Message) -> Judgement:
        code = await self._code.plan(run, message)
        tools = ", ".join(str(tool.get("name")) for tool in run.task.tools) or "(not said)"
        return await self._second_layer(code, run, message, PlanReason, tools=tools)

    async def call(self, run: Trajectory, message: Message, call: ToolCall) -> Judgement:
        code = await self._code.call(run, message, call)
        if _refuses(code):
            return code
        if self._turn and self._turn.message is message:
            return _both(code, Judgement(self._turn.by_call.get(call.id, ())))
        calls = await self._open_calls(run, message)
        draft = casefile.call_lines(calls)
        judged = await self._critique(run, message, CallReason, draft)
        self._turn = _Turn(message, _by_call(judged.checks, calls))
        own = self._turn.by_call.get(call.id, ())
        return _both(code, Judgement(own, judged.thought, judged.usage))

    async def enough(self, run: Trajectory, message: Message) -> Judgement:
        code = await self._code.enough(run, message)
        return await self._second_layer(code, run, message, EnoughReason)

    async def report(self, run: Trajectory, message: Message) -> Judgement:
        code = await self._code.report(run, message)
        if message.because in _NOTHING_LEFT:
            return code
        return await self._second_layer(code, run, message, ReportReason, why=_why(message))

    async def _open_calls(self, run: Trajectory, message: Message) -> tuple[ToolCall, ...]:
        """Those without a verdict that code lets through."""
        judged = {v.call_id for v in run.verdicts if v.message_id == message.id}
        waiting = [call for call in message.tool_calls if call.id not in judged]
        refused = [_refuses(await self._code.call(run, message, call)) for call in waiting]
        return tuple(call for call, no in zip(waiting, refused, strict=True) if not no)

    async def _second_layer(
        self,
        code: Judgement,
        run: Trajectory,
        message: Message,
        reasons: type[R],
        **more: str,
    ) -> Judgement:
        # A plan that a person gave is theirs; code looks whether it can be followed.
        if _refuses(code) or message.author == "user":
            return code
        draft = casefile.draft_text(message)
        return _both(code, await self._critique(run, message, reasons, draft, **more))

    async def _critique(
        self, run: Trajectory, message: Message, reasons: type[R], draft: str, **more: str
    ) -> Judgement:
        if self._failures >= _GIVES_UP_AFTER:
            text = f"Not asked: the supervising model failed {_GIVES_UP_AFTER} times in a row."
            return Judgement((_remark(FAILED, text),))
        ask = filled(
            _PROMPTS[reasons],
            draft=casefile.escaped(draft),
            earlier=casefile.escaped(casefile.earlier_lines(run, message)),
            reasons="\n".join(f"- {reason.value}: {reason.when}" for reason in reasons),
            **more,
        )
        chat = self._chat(run, draft, ask)
        answer = await answered(self._model, chat, Critique[reasons])
        self._failures = self._failures + 1 if answer.failed else 0
        if answer.value is None:
            remark = _remark(FAILED if answer.failed else UNREADABLE, answer.fault)
            return Judgement((remark,), answer.thought, answer.usage)
        checks, kept_back = _checks(run, draft, answer.value)
        thoughts = [answer.thought, answer.value.thought, *kept_back]
        return Judgement(checks, "\n\n".join(filter(None, thoughts)), answer.usage)

    def _chat(self, run: Trajectory, draft: str, ask: str) -> Chat:
        system = filled("critique_system")
        given = {
            "question": run.task.question,
            "rubric": casefile.rubric_lines(run),
            "plan": plan_text(run.plan) if run.plan else "(none yet)",
        }
        room = self._room(len(system) + len(ask) + sum(map(len, given.values())))
        case = filled("critique_case", observed=casefile.observed_text(run, draft, room), **given)
        return [
            {"role": "system", "content": system},
            {"role": "user", "content": f"{case}\n\n{ask}"},
        ]

    def _room(self, taken: int) -> int:
        """Characters for the evidence, so that a known context window holds the answer too."""
        window = self._model.context_tokens
        left = (window - _ANSWER_TOKENS) * _CHARACTERS_PER_TOKEN - taken if window else None
        return (
            casefile.EVIDENCE_LIMIT if left is None else max(0, min(casefile.EVIDENCE_LIMIT, left))
        )


def _refuses(found: Judgement) -> bool:
    return any(check.severity == "refuse" for check in found.checks)


def _both(code: Judgement, model: Judgement) -> Judgement:
    return Judgement((*code.checks, *model.checks), model.thought, model.usage)


def _why(message: Message) -> str:
    if message.because in (None, StopReason.DONE):
        return ""
    return f"The research was cut short ({message.because}): more of it cannot be asked for."


def _remark(code: str, text: str) -> Check:
    return Check(code=code, severity="remark", message=text, by="model")


# From findings to checks


def _checks(
    run: Trajectory, draft: str, critique: Critique[R]
) -> tuple[tuple[Check, ...], list[str]]:
    """The checks, and what of the model's words is not passed on, with why."""
    discretion = Discretion(run)
    checks: list[Check] = []
    kept_back: list[str] = []
    for finding in critique.findings:
        about = _real(run, draft, finding.refers_to)
        text = " ".join(finding.message.split())
        if why := discretion.against(text):
            kept_back.append(f"Not passed on, since it {why}: {finding.code}: {text}")
            text = f"{about}: {finding.code.plain}" if about else finding.code.plain
        checks.append(
            Check(
                code=finding.code.value,
                severity=finding.severity,
                message=text,
                refers_to=about,
                by="model",
            )
        )
    # Small models say the same thing again and again.
    return tuple(dict.fromkeys(checks)), kept_back


def _real(run: Trajectory, draft: str, named: str | None) -> str | None:
    """What a finding refers to, where that is a call, a need, an alias or a piece of the draft."""
    named = (named or "").strip()
    calls = [call.id for message in run.messages for call in message.tool_calls]
    needs = [need.id for need in run.plan.needs] if run.plan else []
    known = {*calls, *needs, *run.evidence}
    if named in known or (2 < len(named) <= _PIECE and named in draft):
        return named
    return next((word for word in re.findall(r"\w+", named) if word in known), None)


def _by_call(checks: Sequence[Check], calls: Sequence[ToolCall]) -> dict[str, tuple[Check, ...]]:
    ids = [call.id for call in calls]
    placed = [_placed(check, ids) for check in checks]
    return {id: tuple(check for check in placed if check.refers_to == id) for id in ids}


def _placed(check: Check, ids: Sequence[str]) -> Check:
    """What names none of several calls refuses none: it stays as a remark."""
    if check.refers_to in ids:
        return check
    severity = check.severity if len(ids) == 1 else "remark"
    return check.model_copy(update={"refers_to": ids[0], "severity": severity})
