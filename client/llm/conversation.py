"""A run as the turns of a chat: what the researcher said, and what came back.

A pure function of the run: a resumed or replayed run has the same conversation.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from client.budget import Budget
from client.chat.calls import UNREADABLE
from client.chat.model import Chat
from client.llm.drafts import plan_of
from client.prompting import filled
from client.trajectory import Message, Plan, State, ToolCall, Trajectory, Verdict

Turn = dict[str, Any]

_SENT_BACK = "A reviewer sent this back:"
_CUT_OFF = (
    "- Your answer was cut off at the length limit before its end. Think and write more briefly."
)
_LONGEST_DRAFT = 16_000
"""Characters of a draft, or of a call's arguments, that are shown again; a quarter where steps
are left out."""
_MOST_CHECKS = 20


def conversation(
    run: Trajectory, tools: str, answers: Mapping[str, str], closing: str = "", since: int = 0
) -> Chat:
    """`tools`: their names. `answers`: by call, what the tools returned. `closing`: what is said
    last, by the user. `since`: the first step of tool calls to be shown; from 1 on the
    instructions for the plan are left out once there is one.

    After the system's turn the user and the assistant take turns, as many chat templates want
    it, and each tool call is answered right behind it, once."""
    task = filled("plan", question=run.task.question, tools=tools)
    if since and run.plan:
        task = f"The question:\n\n{run.task.question}"
    chat: Chat = [{"role": "system", "content": filled("system")}, _user(task)]
    limit = _LONGEST_DRAFT // 4 if since else _LONGEST_DRAFT
    superseded = {message.supersedes for message in run.messages}
    for message in run.messages:
        left_out = message.state is State.ACTING and message.step < since
        # Of the refused attempts only the last shows what is to be mended.
        if left_out or message.id in superseded:
            continue
        for turn in _turns(run, message, answers, limit):
            _say(chat, turn)
    if closing:
        _say(chat, _user(closing))
    return chat


def _say(chat: Chat, turn: Turn) -> None:
    before = chat[-1]
    if turn["role"] == before["role"] == "user":
        chat[-1] = _user(f"{before['content']}\n\n{turn['content']}")
    elif turn["role"] == before["role"] == "assistant":
        # "I have enough", before a report that another has replaced.
        chat[-1] = turn
    else:
        chat.append(turn)


def _turns(
    run: Trajectory, message: Message, answers: Mapping[str, str], limit: int
) -> Iterator[Turn]:
    verdicts = [v for v in run.verdicts if v.message_id == message.id]
    if message.state is State.WRITING:
        yield _user("Write the report.")
    yield _said(message, limit)
    for call in message.tool_calls:
        refused = [v for v in verdicts if v.call_id == call.id and v.decision == "revise"]
        answer = answers.get(call.id) or _critique(message, refused) or "Not sent."
        yield {"role": "tool", "tool_call_id": call.id, "content": answer}
    refused = [v for v in verdicts if v.call_id is None and v.decision == "revise"]
    if refused:
        yield _user(_critique(message, refused))
    elif message.state is State.PLANNING and verdicts:
        yield _user(filled("act", left=str(_tool_calls_allowed(run))))


def _said(message: Message, limit: int) -> Turn:
    """A plan as JSON, whoever made it: the researcher goes on from it as from its own."""
    text = plan_text(message.plan) if message.plan else message.text
    if len(text) > limit and not message.plan:
        text = f"{text[:limit]} […]"
    said: Turn = {"role": "assistant", "content": text}
    if message.tool_calls:
        said["tool_calls"] = [_sent(call, limit) for call in message.tool_calls]
    elif not text:
        said["content"] = "I have enough." if message.state is State.ACTING else "(empty)"
    return said


def plan_text(plan: Plan) -> str:
    return json.dumps(plan.model_dump(mode="json", exclude_none=True), ensure_ascii=False)


def _sent(call: ToolCall, limit: int) -> Turn:
    # What could not be read is quoted in the answer: as arguments it would be an example.
    arguments = {} if UNREADABLE in call.arguments else call.arguments
    text = json.dumps(arguments, ensure_ascii=False)
    text = text if len(text) <= limit else "{}"
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": text}}


def _critique(message: Message, refused: list[Verdict]) -> str:
    """Empty where nothing is held against the message."""
    if not refused:
        return ""
    checks = [c for verdict in refused for c in verdict.checks if c.severity == "refuse"]
    lines = [f"- {check.message}" for check in checks[:_MOST_CHECKS]]
    if len(checks) > _MOST_CHECKS:
        lines.append(f"- and {len(checks) - _MOST_CHECKS} faults more of these kinds")
    if message.state is State.PLANNING and message.plan is None:
        lines = [f"- {plan_of(message.text)[1]}"]
    unsaid = message.cut_off and all(check.code != "cut_off" for check in checks)
    return "\n".join([_SENT_BACK, *lines, *([_CUT_OFF] if unsaid else [])])


def _user(text: str) -> Turn:
    return {"role": "user", "content": text}


def _tool_calls_allowed(run: Trajectory) -> int:
    return run.task.settings.get("max_tool_calls", Budget().tool_calls)
